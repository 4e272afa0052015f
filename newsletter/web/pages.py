"""The list of modules with pages. A new page is a module named here."""

from importlib import import_module

from flask import Flask

import newsletter.web.editor
import newsletter.web.public

MODULES = (
    "newsletter.web.assets",
    "newsletter.web.health",
    "newsletter.web.public.signup",
    "newsletter.web.public.confirm",
    "newsletter.web.public.preferences",
    "newsletter.web.public.leave",
    "newsletter.web.public.archive",
    "newsletter.web.public.privacy",
    "newsletter.web.editor.signin",
    "newsletter.web.editor.account",
    "newsletter.web.editor.team",
    "newsletter.web.editor.first_run",
    "newsletter.web.editor.issues",
    "newsletter.web.editor.issue_import",
    "newsletter.web.editor.compose",
    "newsletter.web.editor.issue_versions",
    "newsletter.web.editor.media",
    "newsletter.web.editor.launch",
    "newsletter.web.editor.sending",
    "newsletter.web.editor.report",
    "newsletter.web.editor.outbox",
    "newsletter.web.editor.people",
    "newsletter.web.editor.person",
    "newsletter.web.editor.importing",
    "newsletter.web.editor.suppressions",
    "newsletter.web.editor.topics",
    "newsletter.web.editor.settings",
    "newsletter.web.editor.provider",
)


def init(app: Flask) -> None:
    for module in MODULES:
        import_module(module)
    app.register_blueprint(newsletter.web.public.blueprint)
    app.register_blueprint(newsletter.web.editor.blueprint)
