"""The drawer: who gets what, what is to mend, a test copy, and the press itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import addresses, wake
from newsletter.accounts import log
from newsletter.delivery import launching, letters
from newsletter.delivery.launching import AlreadyLaunched, CannotLaunch, EditionCount, Preflight
from newsletter.delivery.rules import UNDO_WINDOW
from newsletter.issues.models import Issue, State
from newsletter.publications.models import Publication
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.look import home
from newsletter.web.editor.marks import Marks
from newsletter.web.editor.one_issue import its_publication, the_issue, title_of
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor

SHOWN = 8  # editions before "more"


class Shown(NamedTuple):
    """One edition of the table."""

    cells: Sequence[bool]
    words: str
    people: int
    share: float
    size_bytes: int
    path: str
    topics: str


class Notice(NamedTuple):
    happened: str
    next: str = ""
    look: str = ""


@blueprint.get("/issues/<public_id>/launch")
@allow(Who.EDITOR)
def launch(public_id: str) -> Response | str:
    issue = the_issue(public_id)
    if issue.state != State.DRAFT:
        return redirect(url_for("editor.sending", public_id=public_id))
    return drawer(issue)


def drawer(issue: Issue, notice: Notice | None = None, faults: dict[str, str] | None = None) -> str:
    current = its_publication(issue)
    found = launching.preflight(session(), issue, home())
    marks = Marks.of(session(), issue)
    zone = wording.zone_of(current)
    return render_template(
        "editor/launch.html",
        issue=issue,
        title=title_of(issue),
        found=found,
        editions=[_shown(issue, marks, edition, found) for edition in found.editions],
        skipped=[
            (wording.reason(word), people) for word, people in sorted(found.skipped.items(), key=lambda one: -one[1])
        ],
        nothing=sum(found.skipped.values()),
        first=SHOWN,
        largest_bytes=max((edition.size_bytes for edition in found.editions), default=0),
        zone=current.zone,
        today=now().astimezone(zone),
        address=request.form.get("address") or the_editor().address,
        asked=request.form,
        notice=notice,
        faults=faults or {},
        at_once=issue.is_sample and found.account is not None and found.account.kind in launching.STATIC,
    )


def _shown(issue: Issue, marks: Marks, edition: EditionCount, found: Preflight) -> Shown:
    most = max((each.people for each in found.editions), default=1)
    topics = ",".join(edition.topics)
    return Shown(
        cells=marks.cells(edition.sections),
        words=marks.words(edition.sections),
        people=edition.people,
        share=100 * edition.people / most,
        size_bytes=edition.size_bytes,
        path=url_for("editor.compose", public_id=issue.public_id, show="some", topics=list(edition.topics)),
        topics=topics,
    )


@blueprint.post("/issues/<public_id>/launch")
@allow(Who.PUBLISHER)
def press_send(public_id: str) -> Response | str | tuple[str, int]:
    """Send, now or at a time. Whoever presses second is told who pressed first."""
    issue = the_issue(public_id)
    try:
        due_at = _due_at(its_publication(issue))
    except ValueError as error:
        return drawer(issue, faults={"when": str(error)}), 422
    try:
        launching.launch(session(), issue, the_editor().id, home(), now(), due_at=due_at)
    except CannotLaunch:
        session().rollback()
        return drawer(the_issue(public_id), Notice("Not sent: something has to be mended first.", look="bad")), 422
    except AlreadyLaunched:
        session().rollback()
        return redirect(url_for("editor.sending", public_id=public_id, told="already"), code=303)
    log.record(session(), the_editor().id, "issue.launch", public_id, {}, now())
    session().commit()
    wake.wake(state().settings, "send")
    return redirect(url_for("editor.sending", public_id=public_id), code=303)


def _due_at(current: Publication) -> datetime | None:
    """The moment that was typed, in the publication's own time; None: now. Raises ValueError with a sentence."""
    if request.form.get("when") != "later":
        return None
    typed = f"{request.form.get('day', '')} {request.form.get('time', '')}"
    try:
        local = datetime.strptime(typed, "%Y-%m-%d %H:%M")  # noqa: DTZ007  # the zone is the publication's
    except ValueError:
        raise ValueError("Type a day and a time, such as 2026-11-26 and 07:00.") from None
    due_at = local.replace(tzinfo=ZoneInfo(current.zone))
    if due_at <= now():
        raise ValueError("That time has passed. Choose a later one, or send now.")
    return due_at


@blueprint.post("/issues/<public_id>/test-copy")
@allow(Who.EDITOR)
def send_test_copy(public_id: str) -> str | tuple[str, int]:
    """One copy of an edition to any address, through the publication's provider."""
    issue = the_issue(public_id)
    try:
        address = addresses.read(request.form.get("address", ""))
    except addresses.BadAddress as error:
        return drawer(issue, faults={"address": str(error)}), 422
    edition = request.form.get("edition", "all")
    topics = None if edition == "all" else [slug for slug in edition.split(",") if slug]
    letters.test_copy(session(), issue, topics, address, now())
    session().commit()
    wake.wake(state().settings, "letters")
    return drawer(issue, Notice(f"A copy is on its way to {address}.", "Its subject begins with “[Test]”.", "ok"))


@blueprint.post("/issues/<public_id>/undo")
@allow(Who.PUBLISHER)
def undo_launch(public_id: str) -> Response:
    """Take a launch back while nothing has left."""
    issue = the_issue(public_id)
    if not launching.undo(session(), issue, now()):
        session().rollback()
        return redirect(url_for("editor.sending", public_id=public_id, told="late"), code=303)
    log.record(session(), the_editor().id, "issue.undo", public_id, {}, now())
    session().commit()
    return redirect(url_for("editor.compose", public_id=public_id, told="back"), code=303)


class Undo(NamedTuple):
    """The window in which a launch can be taken back, for the toast."""

    leaves_in_ms: int
    at: str
    path: str
    people: int = 0


def undo_window(issue: Issue, current: Publication) -> Undo | None:
    """The window, while the issue is about to leave: None for one that is scheduled for later."""
    if issue.state != State.SCHEDULED or issue.due_at is None:
        return None
    left_s = (issue.due_at - now()).total_seconds()
    if left_s > UNDO_WINDOW.total_seconds():
        return None
    return Undo(
        leaves_in_ms=max(0, round(left_s * 1000)),
        at=wording.clock_time(issue.due_at, wording.zone_of(current)),
        path=url_for("editor.undo_launch", public_id=issue.public_id),
    )
