"""The list of issues, and beginning a new one."""

from functools import lru_cache
from typing import NamedTuple

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.delivery import progress
from newsletter.issues import document, drafting, listing
from newsletter.issues.document.plain import plain
from newsletter.issues.models import Issue, State
from newsletter.publications.models import Publication
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.one_issue import OVER, home_of, title_of
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, publication, session, the_editor

PAGE = 20


class Row(NamedTuple):
    """One line of the list. `result` and `result_path` are the next step or what came of it."""

    issue: Issue
    title: str
    path: str
    sections: str
    state: tuple[str, str]
    when: str
    people: int
    result: str
    result_path: str
    line: str = ""


@blueprint.get("/issues")
@allow(Who.VIEWER)
def issues() -> str:
    current = the_publication()
    group, query = request.args.get("state", ""), request.args.get("q", "")
    found = listing.page(
        session(), current.id, group=group, query=query, before=request.args.get("before", type=int), limit=PAGE + 1
    )
    shown = found[:PAGE]
    return render_template(
        "editor/issues.html",
        rows=[_row(issue, current) for issue in shown],
        counts=listing.counts(session(), current.id),
        group=group,
        query=query,
        older=shown[-1].number if len(found) > PAGE else None,
    )


def the_publication() -> Publication:
    """The publication of this desk; 404 before there is one."""
    return publication() or abort(404, "There is no publication yet. Make one in the settings.")


def _row(issue: Issue, current: Publication) -> Row:
    zone = wording.zone_of(current)
    result, path, line, state = _result(issue)
    at = issue.due_at if issue.state == State.SCHEDULED else issue.launched_at
    return Row(
        issue=issue,
        title=title_of(issue),
        path=home_of(issue),
        sections=", ".join(section_titles(issue.text)) or "No section yet",
        state=state,
        when=wording.moment(at, zone, now()) if at else "",
        people=issue.audience,
        result=result,
        result_path=path,
        line=line,
    )


def _result(issue: Issue) -> tuple[str, str, str, tuple[str, str]]:
    """The next step or the outcome: words, where they lead, a second line, and the state mark."""
    state = wording.state_of(issue)
    match issue.state:
        case State.DRAFT:
            words = "Review and send" if issue.text.strip() else "Write it"
            view = "editor.launch" if issue.text.strip() else "editor.compose"
            return words, url_for(view, public_id=issue.public_id), "", state
        case State.SCHEDULED:
            return "Look at it, or take it back", url_for("editor.sending", public_id=issue.public_id), "", state
        case State.BLOCKED:
            return "See what to mend", url_for("editor.sending", public_id=issue.public_id), "", state
        case state_now if state_now in OVER:
            return _outcome(issue, state)
        case _:
            return "See how far it is", url_for("editor.sending", public_id=issue.public_id), "", state


def _outcome(issue: Issue, state: tuple[str, str]) -> tuple[str, str, str, tuple[str, str]]:
    counts = progress.progress(session(), issue, now()).counts
    path = url_for("editor.report", public_id=issue.public_id)
    refused = counts.get("rejected", 0) + counts.get("failed", 0)
    line = ", ".join(
        f"{n:,} {word}" for n, word in ((refused, "refused"), (counts.get("cancelled", 0), "not sent")) if n
    )
    if unknown := counts.get("unknown", 0):
        state = (f"{state[0]}, {unknown:,} unknown", "unk")
    return f"{counts.get('accepted', 0):,} handed over", path, line, state


@lru_cache(maxsize=512)
def section_titles(text: str) -> tuple[str, ...]:
    """The words of an issue's section headings."""
    return tuple(plain(section.title) for section in document.parse(text).sections)


@blueprint.post("/issues")
@allow(Who.EDITOR)
def make_issue() -> Response:
    """A blank issue, or one in the shape of the last."""
    current = the_publication()
    last = listing.newest(session(), current.id) if request.form.get("from") == "last" else None
    text = drafting.skeleton(last.text) if last else drafting.BLANK
    issue = drafting.make(session(), current.id, text, the_editor().id, now())
    session().commit()
    return redirect(url_for("editor.compose", public_id=issue.public_id), code=303)
