"""Addresses that must not be mailed: find one, add one, lift one with a reason, take the list away."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from flask import Response as FlaskResponse
from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import addresses
from newsletter.accounts import log
from newsletter.subscribers import exports, files, suppressing, suppressions
from newsletter.subscribers.models import Suppression, SuppressionKind
from newsletter.web.editor import blueprint, standing, wording
from newsletter.web.editor.issues import the_publication
from newsletter.web.editor.people import csv_response
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor

PAGE = 50
LONGEST_REASON = 500
TOLD = {
    "added": ("All mail to this address is stopped.", "It can be lifted here, with a reason."),
    "there": ("This address was stopped already.", "Nothing has changed."),
    "lifted": ("Lifted.", "Mail may go to this address again, if its person is subscribed."),
}


class Line(NamedTuple):
    """One suppression. `address` is empty when nobody of this address is here, or they were erased."""

    number: int
    address: str
    hash: str
    path: str
    state: tuple[str, str]
    reason: str
    since: str
    lifted: str


@blueprint.get("/people/suppressions", endpoint="suppressions")
@allow(Who.VIEWER)
def show_suppressions() -> Response:
    return _page({})


@blueprint.post("/people/suppressions")
@allow(Who.PUBLISHER)
def add_suppression() -> Response:
    reason = _reason()
    try:
        address = addresses.read(request.form.get("address", ""))
    except addresses.BadAddress as error:
        return _page({"address": str(error)})
    if not reason:
        return _page({"reason": "Say why: whoever looks here later has to understand it."})
    key = addresses.key(address, state().ring.address_key)
    is_new = suppressions.suppress(session(), key, SuppressionKind.MANUAL, reason, now())
    log.record(session(), the_editor().id, "suppress", f"address {key[:12]}", {"reason": reason}, now())
    session().commit()
    return redirect(url_for("editor.suppressions", told="added" if is_new else "there"), code=303)


@blueprint.post("/people/suppressions/<int:number>/lift")
@allow(Who.PUBLISHER)
def lift_suppression(number: int) -> Response:
    found = session().get(Suppression, number) or abort(404, "There is no such entry.")
    reason = _reason()
    if not reason:
        return _page({f"lift-{number}": "Say why mail may go there again: it is kept as evidence."})
    suppressions.lift(session(), found.address_key, {found.kind}, reason, now())
    detail = {"reason": reason, "kind": found.kind.value}
    log.record(session(), the_editor().id, "lift", f"address {found.address_key[:12]}", detail, now())
    session().commit()
    return redirect(url_for("editor.suppressions", told="lifted"), code=303)


@blueprint.post("/people/suppressions/export")
@allow(Who.PUBLISHER)
def export_suppressions() -> FlaskResponse:
    log.record(session(), the_editor().id, "export suppressions", "all", {}, now())
    session().commit()
    database = state().database

    def lines() -> Iterator[str]:
        with database.read() as reading:
            yield from files.write(exports.suppressions(reading))

    return csv_response(lines(), f"not-to-be-mailed-{now():%Y-%m-%d}.csv")


def _reason() -> str:
    return " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]


def _page(errors: dict[str, str]) -> Response:
    if errors:
        session().rollback()
    query, before = request.args.get("q", "").strip(), request.args.get("before", type=int)
    key = addresses.key(query, state().ring.address_key) if "@" in query else query.lower()
    found = suppressing.page(session(), key, before=before, limit=PAGE + 1)
    page = render_template(
        "editor/suppressions.html",
        lines=[_line(entry, address, public_id) for entry, address, public_id in found[:PAGE]],
        older=found[PAGE - 1][0].id if len(found) > PAGE else None,
        query=query,
        typed=request.form,
        errors=errors,
        told=TOLD.get(request.args.get("told", "")),
    )
    return make_response(page, 422 if errors else 200)


def _line(entry: Suppression, address: str | None, public_id: str | None) -> Line:
    return Line(
        number=entry.id,
        address=address or "",
        hash=entry.address_key[:12],
        path=url_for("editor.person", person=public_id) if public_id else "",
        state=(standing.HELD[entry.kind], "" if entry.lifted_at else "bad"),
        reason=entry.reason,
        since=_day(entry.at),
        lifted=f"Lifted {_day(entry.lifted_at)}: {entry.lifted_reason}" if entry.lifted_at else "",
    )


def _day(at: datetime) -> str:
    return standing.day(at, wording.zone_of(the_publication()), now())
