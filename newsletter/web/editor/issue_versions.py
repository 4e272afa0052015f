"""What an issue said before: the list of versions, one beside another, and going back to one."""

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.accounts.models import Editor
from newsletter.issues import drafting, versions
from newsletter.issues.models import Issue, Version
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.one_issue import its_publication, the_issue, title_of
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, the_editor

PAGE = 50
AROUND = 3  # lines kept around each change


class Row(NamedTuple):
    number: int
    at: str
    who: str
    note: str
    words: int


class Change(NamedTuple):
    """A line of the comparison. `look`: "" the same in both, "-" only in the first, "+" only in the second."""

    look: str
    line: str


@blueprint.get("/issues/<public_id>/versions")
@allow(Who.VIEWER)
def issue_versions(public_id: str) -> str:
    issue = the_issue(public_id)
    found = versions.newest_first(session(), issue, request.args.get("before", type=int), PAGE + 1)
    return render_template(
        "editor/versions.html",
        issue=issue,
        title=title_of(issue),
        rows=[_row(issue, version) for version in found[:PAGE]],
        older=found[PAGE - 1].number if len(found) > PAGE else None,
    )


def _row(issue: Issue, version: Version) -> Row:
    zone = wording.zone_of(its_publication(issue))
    editor = session().get(Editor, version.saved_by) if version.saved_by else None
    return Row(
        number=version.number,
        at=wording.when(version.saved_at, zone, now()),
        who=(editor.name or editor.address) if editor else "",
        note=version.note[:1].upper() + version.note[1:],
        words=len(version.text.split()),
    )


@blueprint.get("/issues/<public_id>/versions/<int:number>")
@allow(Who.VIEWER)
def issue_version(public_id: str, number: int) -> str:
    """One version and how it differs from the present text, or from the version `beside` it."""
    issue = the_issue(public_id)
    version = versions.find(session(), issue, number) or abort(404)
    beside = request.args.get("beside", type=int)
    other = versions.find(session(), issue, beside) if beside is not None else None
    return render_template(
        "editor/version.html",
        issue=issue,
        title=title_of(issue),
        row=_row(issue, version),
        text=version.text,
        beside=f"version {other.number}" if other else "the present text",
        changes=list(_changes(other.text if other else issue.text, version.text)),
    )


def _changes(before: str, after: str) -> Iterator[Change]:
    for line in difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=AROUND):
        if line.startswith(("---", "+++")) and not line[3:].strip():
            continue
        if line.startswith("@@"):
            yield Change("@", "")
        else:
            yield Change(line[:1].strip(), line[1:])


@blueprint.post("/issues/<public_id>/versions/<int:number>")
@allow(Who.EDITOR)
def restore_version(public_id: str, number: int) -> Response:
    issue = the_issue(public_id)
    version = versions.find(session(), issue, number) or abort(404)
    drafting.restore(session(), issue, version, the_editor().id, now())
    session().commit()
    return redirect(url_for("editor.compose", public_id=public_id, told="restored"), code=303)
