"""The outbox: every mail that stayed on this machine, as its reader sees it."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import links
from newsletter.accounts import log
from newsletter.delivery.models import Chunk, Delivery, Edition, Letter
from newsletter.issues.models import Issue
from newsletter.links import Purpose
from newsletter.providers.outbox import Entry, Outbox, Stored
from newsletter.subscribers.models import Subscriber
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.issues import the_publication
from newsletter.web.editor.marks import Marks
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor
from newsletter.web.security import mail_frame_response

PAGE = 40
PARTS = ("mail", "text", "headers", "source")
LETTERS = {
    "confirm": "confirmation",
    "welcome": "welcome",
    "preferences": "preferences link",
    "signin": "sign-in link",
    "test": "test copy",
    "alarm": "alarm",
}


class About(NamedTuple):
    """What a mail is: an edition of an issue to a person, or a letter."""

    words: str
    cells: Sequence[bool] = ()
    sections: str = ""
    issue: Issue | None = None
    person: Subscriber | None = None


class Line(NamedTuple):
    entry: Entry
    time: str
    about: About
    path: str
    is_shown: bool


@blueprint.get("/outbox")
@allow(Who.VIEWER)
def outbox() -> str:
    return _page("")


@blueprint.get("/outbox/<mail_id>")
@allow(Who.VIEWER)
def outbox_mail(mail_id: str) -> str:
    return _page(mail_id)


def _page(mail_id: str) -> str:
    """The list, and beside it the mail that was asked for, else the newest."""
    query, before = request.args.get("q", ""), request.args.get("before", type=int)
    part = request.args.get("part", "mail")
    box = _outbox()
    found = box.list(PAGE, before, query)
    shown = mail_id or (found.entries[0].delivery_id if found.entries else "")
    stored = box.read(shown) if shown else None
    if mail_id and stored is None:
        abort(404, "This mail is not in the outbox any more.")
    return render_template(
        "editor/outbox.html",
        lines=[_line(entry, shown, query, before) for entry in found.entries],
        older=found.before,
        count=box.count(),
        query=query,
        before=before,
        mail=stored,
        is_asked=bool(mail_id),
        about=_about(shown) if stored else None,
        part=part if part in PARTS else "mail",
        sizes=_sizes(stored) if stored else {},
        time=_when(stored) if stored else "",
    )


def _outbox() -> Outbox:
    return Outbox(state().settings.data_dir / "outbox")


def _line(entry: Entry, shown: str, query: str, before: int | None) -> Line:
    return Line(
        entry=entry,
        time=_when(entry),
        about=_about(entry.delivery_id),
        path=url_for("editor.outbox_mail", mail_id=entry.delivery_id, q=query or None, before=before),
        is_shown=entry.delivery_id == shown,
    )


def _when(mail: Entry | Stored) -> str:
    return wording.when(mail.at, wording.zone_of(the_publication()), now())


def _sizes(stored: Stored) -> dict[str, str]:
    return {
        "text": wording.size(len(stored.text.encode())),
        "headers": str(len(stored.headers)),
        "source": wording.size(len(stored.source)),
    }


def _about(mail_id: str) -> About:
    """What the ledger knows of a mail by the token that names it; nothing for one that it does not know."""
    ring = state().ring
    try:
        issue_id, subscriber_id = links.read(ring, Purpose.DELIVERY, mail_id, 2)
    except links.BadToken:
        return _about_letter(mail_id)
    issue, person = session().get(Issue, issue_id), session().get(Subscriber, subscriber_id)
    delivery = session().get(Delivery, (issue_id, subscriber_id))
    chunk = session().get(Chunk, delivery.chunk_id) if delivery and delivery.chunk_id else None
    edition = session().get(Edition, chunk.edition_id) if chunk else None
    if issue is None or edition is None:
        return About("issue", issue=issue, person=person)
    marks = Marks.of(session(), issue)
    return About("issue", marks.cells(edition.sections), marks.words(edition.sections), issue, person)


def _about_letter(mail_id: str) -> About:
    try:
        (letter_id,) = links.read(state().ring, Purpose.LETTER, mail_id, 1)
    except links.BadToken:
        return About("mail")
    letter = session().get(Letter, letter_id)
    return About(LETTERS.get(letter.kind, "letter") if letter else "letter")


@blueprint.get("/outbox/<mail_id>/frame")
@allow(Who.VIEWER)
def outbox_frame(mail_id: str) -> Response:
    """The mail itself, for the sandboxed frame."""
    return mail_frame_response(_stored(mail_id).html)


@blueprint.get("/outbox/<mail_id>/file")
@allow(Who.VIEWER)
def outbox_file(mail_id: str) -> Response:
    """The file as any mail program opens it."""
    stored = _stored(mail_id)
    return Response(
        stored.source,
        mimetype="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{stored.delivery_id}.eml"'},
    )


def _stored(mail_id: str) -> Stored:
    return _outbox().read(mail_id) or abort(404, "This mail is not in the outbox any more.")


@blueprint.get("/outbox/empty")
@allow(Who.OWNER)
def ask_empty_outbox() -> str:
    return render_template("editor/outbox_empty.html", count=_outbox().count())


@blueprint.post("/outbox/empty")
@allow(Who.OWNER)
def empty_outbox() -> Response:
    gone = _outbox().clear()
    log.record(session(), the_editor().id, "outbox.empty", "outbox", {"mails": gone}, now())
    session().commit()
    return redirect(url_for("editor.outbox"), code=303)
