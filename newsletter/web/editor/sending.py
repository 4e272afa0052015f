"""While an issue is on its way: how far it is, and the buttons that pause it, go on, and stop it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import wake
from newsletter.accounts import log
from newsletter.delivery import launching, progress
from newsletter.delivery.launching import NotNow
from newsletter.delivery.progress import EditionProgress, Progress
from newsletter.issues.models import Issue, State
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.launch import undo_window
from newsletter.web.editor.marks import Marks
from newsletter.web.editor.one_issue import its_publication, the_issue, title_of
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor

SHOWN = 12  # editions
TOLD = {
    "already": ("This issue was sent off before you pressed.", "Nobody gets it twice."),
    "late": ("It was too late to take it back.", "You can pause it or stop it."),
}
LOOKS = {
    "accepted": "s1",
    "posting": "s-post",
    "unknown": "hatch",
    "rejected": "s-bad",
    "failed": "s-warn",
    "pending": "s0",
    "cancelled": "s-wait",
}


class Part(NamedTuple):
    """One status in the bar and in its key."""

    status: str
    words: str
    look: str
    people: int
    share: float
    path: str


class EditionRow(NamedTuple):
    cells: list[bool]
    words: str
    parts: list[tuple[float, str]]
    handed_over: int
    people: int
    path: str
    look_at: list[tuple[str, str]]


@blueprint.get("/issues/<public_id>/sending")
@allow(Who.VIEWER)
def sending(public_id: str) -> Response | str:
    issue = the_issue(public_id)
    if issue.state == State.DRAFT:
        return redirect(url_for("editor.compose", public_id=public_id))
    current = its_publication(issue)
    told = TOLD.get(request.args.get("told", ""))
    return render_template(
        "editor/sending.html", **_live(issue), undo=undo_window(issue, current), told=told, where=where(current, issue)
    )


@blueprint.get("/issues/<public_id>/progress")
@allow(Who.VIEWER)
def show_progress(public_id: str) -> dict[str, str]:
    """The live part of the page, for its script: asked once a second."""
    issue = the_issue(public_id)
    live = _live(issue)
    return {
        "state": issue.state,
        "page": url_for("editor.sending", public_id=public_id),
        "title": live["page_title"],
        "words": live["words"],
        "html": render_template("editor/_progress.html", **live),
    }


def _live(issue: Issue) -> dict[str, Any]:
    """What the live part shows."""
    found = progress.progress(session(), issue, now())
    marks = Marks.of(session(), issue)
    mailed = found.people - found.counts.get("skipped", 0)
    title = title_of(issue)
    shown = parts(issue, found.counts, mailed)
    words = f"{found.handed_over:,} of {mailed:,} handed over"
    return {
        "issue": issue,
        "title": title,
        "state": wording.state_of(issue),
        "found": found,
        "mailed": mailed,
        "words": words,
        "page_title": f"{words} · {title}" if mailed else title,
        "parts": shown,
        "bar_parts": [(part.share, part.look) for part in shown],
        "rest": _rest(found),
        "unknown": found.counts.get("unknown", 0),
        "skipped": found.counts.get("skipped", 0),
        "rows": [edition_row(issue, each, marks) for each in found.editions[:SHOWN]],
        "events": events(issue),
    }


def parts(issue: Issue, counts: Mapping[str, int], of: int) -> list[Part]:
    """The statuses that somebody has, in the order of the bar."""
    return [
        Part(
            status=status,
            words=wording.STATUSES[status],
            look=look,
            people=counts[status],
            share=100 * counts[status] / of,
            path=url_for("editor.report_people", public_id=issue.public_id, status=status),
        )
        for status, look in LOOKS.items()
        if of and counts.get(status)
    ]


def _rest(found: Progress) -> str:
    """The time that is left, and the rate."""
    if found.remaining_s is None or found.rate_per_s is None:
        return ""
    rate = f"{found.rate_per_s:,.0f}" if found.rate_per_s >= 10 else f"{found.rate_per_s:.1f}"
    return f"about {wording.lasting(found.remaining_s)} to go, {rate} a second"


def edition_row(issue: Issue, edition: EditionProgress, marks: Marks) -> EditionRow:
    look_at = [
        (
            f"{edition.counts[status]:,} {wording.STATUSES[status].lower()}",
            url_for("editor.report_people", public_id=issue.public_id, status=status, edition=edition.edition_id),
        )
        for status in ("unknown", "rejected", "failed")
        if edition.counts.get(status)
    ]
    return EditionRow(
        cells=marks.cells(edition.sections),
        words=marks.words(edition.sections),
        parts=[(part.share, part.look) for part in parts(issue, edition.counts, edition.people)],
        handed_over=edition.counts.get("accepted", 0),
        people=edition.people,
        path=url_for("editor.report_people", public_id=issue.public_id, status="accepted", edition=edition.edition_id),
        look_at=look_at,
    )


def events(issue: Issue) -> list[tuple[str, str, str]]:
    """What happened when, newest first: time, words, look."""
    zone = wording.zone_of(session().get(Publication, issue.publication_id))
    happened = [
        (issue.finished_at, "Stopped by hand" if issue.state == State.CANCELLED else "The last answer came", "by"),
        (issue.sending_at, f"{issue.audience:,} people written down; the first mails left", "by"),
        (issue.launched_at, "Sent off; its words and sections were frozen", "by"),
    ]
    return [(wording.clock_time(at, zone), words, look) for at, words, look in happened if at]


def where(current: Publication, issue: Issue) -> dict[str, Any]:
    """Through whom it goes, and when."""
    account = session().get(ProviderAccount, issue.account_id or current.account_id or 0)
    zone = wording.zone_of(current)
    return {
        "provider": account.name if account else "",
        "is_outbox": account is not None and account.kind in launching.STATIC,
        "sender": f"{current.sender_name or current.name} <{current.sender_address}>",
        "due": wording.moment(issue.due_at, zone, now()) if issue.due_at else "",
        "since": wording.clock_time(issue.sending_at, zone) if issue.sending_at else "",
    }


@blueprint.post("/issues/<public_id>/pause")
@allow(Who.PUBLISHER)
def pause(public_id: str) -> Response:
    return _act(public_id, "pause")


@blueprint.post("/issues/<public_id>/resume")
@allow(Who.PUBLISHER)
def resume(public_id: str) -> Response:
    return _act(public_id, "resume")


@blueprint.get("/issues/<public_id>/stop")
@allow(Who.PUBLISHER)
def ask_stop(public_id: str) -> Response | str:
    """Ask once, naming how many would not get it."""
    issue = the_issue(public_id)
    found = progress.progress(session(), issue, now())
    return render_template(
        "editor/stop.html",
        issue=issue,
        title=title_of(issue),
        left=found.counts.get("pending", 0),
        done=found.handed_over,
        is_counted=issue.sending_at is not None,
    )


@blueprint.post("/issues/<public_id>/stop")
@allow(Who.PUBLISHER)
def stop(public_id: str) -> Response:
    return _act(public_id, "stop")


_VERBS = {"pause": launching.pause, "resume": launching.resume, "stop": launching.stop}


def _act(public_id: str, act: str) -> Response:
    """Do it and go back to the page, which then says how things stand; pressed twice, it is done once."""
    issue = the_issue(public_id)
    try:
        _VERBS[act](session(), issue, now())
    except NotNow:
        session().rollback()
    else:
        log.record(session(), the_editor().id, f"issue.{act}", public_id, {}, now())
        session().commit()
        wake.wake(state().settings, "send")
    return redirect(url_for("editor.sending", public_id=public_id), code=303)
