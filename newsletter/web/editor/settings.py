"""A newsletter's own settings: who it is, how it looks. The provider has a page of its own."""

import zoneinfo
from collections.abc import Mapping

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.accounts import log
from newsletter.publications import colours, publications
from newsletter.publications.models import Publication
from newsletter.sample import loading
from newsletter.web.editor import blueprint
from newsletter.web.editor.issues import the_publication
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, publication, session, the_editor

IDENTITY = (
    "name",
    "description",
    "sender_name",
    "sender_address",
    "reply_to",
    "contact",
    "postal_address",
    "locale",
    "zone",
)
ACCENTS = {"accent_light": colours.PAPER_LIGHT, "accent_dark": colours.PAPER_DARK}
OURS = {"accent_light": "#0a5a69", "accent_dark": "#7fcad6"}  # the accents of site.css, where none is set


@blueprint.get("/settings")
@allow(Who.OWNER)
def settings() -> Response:
    return _page(publication(), {})


@blueprint.post("/settings")
@allow(Who.OWNER)
def change_settings() -> Response:
    current = the_publication()
    typed = {column: request.form[column] for column in IDENTITY if column in request.form}
    try:
        changed = publications.change(session(), current, typed)
    except publications.BadSettings as error:
        session().rollback()
        return _page(current, error.faults)
    log.record(session(), the_editor().id, "change settings", current.slug, {"columns": changed}, now())
    session().commit()
    return redirect(url_for("editor.settings", told="saved"), code=303)


@blueprint.post("/settings/new")
@allow(Who.OWNER)
def start_publication() -> Response:
    """Makes a newsletter of one's own, beside the sample; from then on the desk is about it."""
    try:
        made = publications.create(session(), request.form.get("new_name", ""), now())
    except publications.BadSettings as error:
        session().rollback()
        return _page(publication(), {"new_name": error.faults["name"]})
    log.record(session(), the_editor().id, "make publication", made.slug, {}, now())
    session().commit()
    return redirect(url_for("editor.settings", told="made"), code=303)


@blueprint.post("/settings/sample/remove")
@allow(Who.OWNER)
def remove_sample() -> Response:
    """Takes the sample newsletter out, with its people and issues; a second time there is nothing left to take."""
    gone = loading.remove(session())
    log.record(session(), the_editor().id, "remove sample", "sample", {"people": gone}, now())
    session().commit()
    return redirect(url_for("editor.settings", told="removed"), code=303)


@blueprint.get("/settings/theme")
@allow(Who.OWNER)
def theme_settings() -> Response:
    return _theme({})


@blueprint.post("/settings/theme")
@allow(Who.OWNER)
def change_theme() -> Response:
    """Sets the accents; one that cannot be read at 4.5 to 1 is refused, and the page says how it reads."""
    current = the_publication()
    try:
        changed = publications.change(session(), current, {column: request.form.get(column, "") for column in ACCENTS})
    except publications.BadSettings as error:
        session().rollback()
        return _theme(error.faults)
    log.record(session(), the_editor().id, "change theme", current.slug, {"columns": changed}, now())
    session().commit()
    return redirect(url_for("editor.theme_settings", told="saved"), code=303)


def _page(current: Publication | None, errors: Mapping[str, str]) -> Response:
    page = render_template(
        "editor/settings.html",
        current=current,
        typed=request.form if errors and "new_name" not in errors else _values(current),
        has_sample=any(each.is_sample for each in publications.all_of(session())),
        missing=publications.missing(current) if current else [],
        zones=sorted(zoneinfo.available_timezones()),
        locales=list(publications.LOCALES.items()),
        errors=errors,
        told=request.args.get("told", ""),
    )
    return make_response(page, 422 if errors else 200)


def _values(current: Publication | None) -> dict[str, str]:
    return {column: getattr(current, column) for column in IDENTITY} if current else {}


def _theme(errors: Mapping[str, str]) -> Response:
    current = the_publication()
    typed = request.form if errors else {column: getattr(current, column) for column in ACCENTS}
    page = render_template(
        "editor/theme.html",
        typed=typed,
        judged={column: _judged(typed.get(column, ""), column) for column in ACCENTS},
        errors=errors,
        told=request.args.get("told", ""),
    )
    return make_response(page, 422 if errors else 200)


def _judged(typed: str, column: str) -> tuple[str, colours.Contrast]:
    """The colour that is shown, and how it reads: ours where none is set or what was typed is none."""
    try:
        colour = colours.read(typed)
    except colours.BadColour:
        colour = OURS[column]
    return colour, colours.judge(colour, ACCENTS[column])
