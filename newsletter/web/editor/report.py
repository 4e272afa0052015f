"""Afterwards: what became of each address. Every number leads to the people it counts."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import abort, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from newsletter.delivery import progress, reports
from newsletter.delivery.models import Edition
from newsletter.issues.models import Issue
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.marks import Marks
from newsletter.web.editor.one_issue import its_publication, the_issue, title_of
from newsletter.web.editor.sending import edition_row, events, parts, where
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session

PAGE = 50
EDITIONS = 60


class SectionRow(NamedTuple):
    number: int
    title: str
    got: int
    share: float


class Reason(NamedTuple):
    words: str
    people: int
    path: str


class Person(NamedTuple):
    public_id: str
    address: str
    name: str
    words: str
    cells: Sequence[bool]
    sections: str
    at: str


@blueprint.get("/issues/<public_id>/report")
@allow(Who.VIEWER)
def report(public_id: str) -> Response | str:
    issue = the_issue(public_id)
    if issue.sending_at is None:  # nobody has been counted yet, so there is nothing true to say
        return redirect(url_for("editor.sending", public_id=public_id))
    current = its_publication(issue)
    zone = wording.zone_of(current)
    found = progress.progress(session(), issue, now())
    marks = Marks.of(session(), issue)
    mailed = found.people - found.counts.get("skipped", 0)
    shown = parts(issue, found.counts, mailed)
    return render_template(
        "editor/report.html",
        issue=issue,
        title=title_of(issue),
        state=wording.state_of(issue),
        handed_over=found.handed_over,
        mailed=mailed,
        parts=shown,
        bar_parts=[(part.share, part.look) for part in shown],
        unknown=found.counts.get("unknown", 0),
        sections=_by_section(marks, found.editions),
        editions=[edition_row(issue, each, marks) for each in found.editions[:EDITIONS]],
        edition_count=len(found.editions),
        reasons=_reasons(issue, found.skipped),
        skipped=found.counts.get("skipped", 0),
        counted=found.people,
        events=events(issue),
        where=where(current, issue),
        began=wording.moment(issue.launched_at, zone, now()) if issue.launched_at else "",
        ended=wording.when(issue.finished_at, zone, now()) if issue.finished_at else "",
        as_of=wording.moment(now(), zone, now()),
    )


def _by_section(marks: Marks, editions: Sequence[progress.EditionProgress]) -> list[SectionRow]:
    """How many people were handed each section."""
    got = [0] * len(marks.ids)
    in_all = 0
    for edition in editions:
        accepted = edition.counts.get("accepted", 0)
        in_all += accepted
        for at, is_in in enumerate(marks.cells(edition.sections)):
            got[at] += accepted if is_in else 0
    return [
        SectionRow(number=at + 1, title=title, got=got[at], share=100 * got[at] / in_all if in_all else 0)
        for at, title in enumerate(marks.titles)
    ]


def _reasons(issue: Issue, skipped: dict[str, int] | object) -> list[Reason]:
    pairs = skipped.items() if isinstance(skipped, dict) else ()
    return [
        Reason(
            words=wording.reason(word),
            people=people,
            path=url_for("editor.report_people", public_id=issue.public_id, status="skipped", reason=word),
        )
        for word, people in sorted(pairs, key=lambda pair: -pair[1])
    ]


@blueprint.get("/issues/<public_id>/people")
@allow(Who.VIEWER)
def report_people(public_id: str) -> str:
    """The people behind one number, a page at a time. A status that we do not know is 404."""
    issue = the_issue(public_id)
    status = request.args.get("status", "")
    if status not in wording.STATUSES:
        abort(404)
    reason, edition_id = request.args.get("reason"), request.args.get("edition", type=int)
    after = request.args.get("after", 0, type=int)
    found = reports.people(
        session(), issue, status, reason=reason, edition_id=edition_id, after=max(0, after), limit=PAGE + 1
    )
    marks = Marks.of(session(), issue)
    edition = session().get(Edition, edition_id) if edition_id else None
    of_topics = sections_by_topics(issue)
    return render_template(
        "editor/report_people.html",
        issue=issue,
        title=title_of(issue),
        status=wording.STATUSES[status],
        reason=wording.reason(reason) if reason else "",
        edition=marks.words(edition.sections) if edition and edition.issue_id == issue.id else "",
        total=None if reason or edition_id else reports.count(session(), issue, status),
        people=[_person(line, issue, marks, of_topics) for line in found[:PAGE]],
        is_first=after <= 0,
        next=url_for(
            "editor.report_people",
            public_id=public_id,
            status=status,
            reason=reason,
            edition=edition_id,
            after=found[PAGE - 1].subscriber.id,
        )
        if len(found) > PAGE
        else None,
    )


def sections_by_topics(issue: Issue) -> dict[tuple[str, ...], Sequence[str]]:
    """Which sections the edition of these topics has."""
    editions = select(Edition.topics, Edition.sections).where(Edition.issue_id == issue.id)
    return {tuple(row[0]): row[1] for row in session().execute(editions)}


def _person(line: reports.Line, issue: Issue, marks: Marks, of_topics: dict[tuple[str, ...], Sequence[str]]) -> Person:
    zone = wording.zone_of(its_publication(issue))
    sections = of_topics.get(tuple(line.topics), ())
    return Person(
        public_id=line.subscriber.public_id,
        address=line.subscriber.address or "(erased)",
        name=line.subscriber.name,
        words=wording.reason(line.reason) if line.status == "skipped" else (line.reason or ""),
        cells=marks.cells(sections),
        sections=marks.words(sections) if sections else "",
        at=wording.when(line.at, zone, now()) if line.at else "",
    )
