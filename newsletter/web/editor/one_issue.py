"""What every page about one issue needs: the issue itself, its publication, and the way its places are named."""

from flask import abort, url_for

from newsletter.issues import drafting
from newsletter.issues.models import Issue, State
from newsletter.publications.models import Publication
from newsletter.web.request import session

UNDER_WAY = frozenset({State.SCHEDULED, State.LAUNCHED, State.FREEZING, State.SENDING, State.PAUSED, State.BLOCKED})
OVER = frozenset({State.FINISHED, State.CANCELLED})


def the_issue(public_id: str) -> Issue:
    """The issue of this id; 404 when there is none."""
    return drafting.find(session(), public_id) or abort(404)


def its_publication(issue: Issue) -> Publication:
    return session().get_one(Publication, issue.publication_id)


def title_of(issue: Issue) -> str:
    return issue.title or "Untitled"


def home_of(issue: Issue) -> str:
    """Where a press on the issue's title leads: to its text, to its progress, or to its report."""
    if issue.state in OVER:
        return url_for("editor.report", public_id=issue.public_id)
    if issue.state in UNDER_WAY:
        return url_for("editor.sending", public_id=issue.public_id)
    return url_for("editor.compose", public_id=issue.public_id)
