"""The web application."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from newsletter import clock, keys
from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.keys import KeyRing
from newsletter.web import assets, errors, forms, pages, policy, request, security, shell


def create_app(
    settings: Settings,
    *,
    database: Database | None = None,
    ring: KeyRing | None = None,
    clock: Callable[[], datetime] = clock.now,
) -> Flask:
    """The application for these settings. It opens the database and the key ring unless they are handed in.

    Raises SettingsError when the key ring cannot be used, UndeclaredRoute when a view does not say who may ask
    for it.
    """
    app = Flask("newsletter.web", static_folder=None)
    shared = request.State(
        settings=settings,
        database=database or open_database(settings.database),
        ring=ring or keys.load(settings),
        clock=clock,
    )
    request.init(app, shared)
    policy.init(app)
    security.init(app, settings)
    for part in (assets, forms, shell, errors, pages):
        part.init(app)
    policy.check(app)
    return app
