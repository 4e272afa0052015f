"""The list of issues: newest first, by state, searched."""

from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from newsletter.issues import drafting, listing
from newsletter.issues.models import Issue, State
from newsletter.publications.models import Publication


@pytest.fixture
def issues(session: Session, publication: Publication, now: datetime) -> list[Issue]:
    texts = ["# Leaf fall\n", "# Rain, 100% of it\n", "", "# A_kerb\n\nabout rain\n"]
    return [drafting.make(session, publication.id, text, None, now) for text in texts]


def titles(session: Session, publication: Publication, **wanted: object) -> list[str]:
    return [issue.title for issue in listing.page(session, publication.id, **wanted)]  # type: ignore[arg-type]


@pytest.mark.usefixtures("issues")
def test_newest_come_first_a_page_at_a_time(session: Session, publication: Publication) -> None:
    assert titles(session, publication, limit=2) == ["A_kerb", ""]
    assert titles(session, publication, before=3) == ["Rain, 100% of it", "Leaf fall"]


@pytest.mark.usefixtures("issues")
@pytest.mark.parametrize(("query", "found"), [("RAIN", 2), ("100%", 1), ("_", 1), ("%", 1), ("bench", 0), ("  ", 4)])
def test_search_takes_every_sign_for_itself(session: Session, publication: Publication, query: str, found: int) -> None:
    assert len(titles(session, publication, query=query)) == found


def test_groups_are_counted(session: Session, publication: Publication, issues: list[Issue]) -> None:
    session.execute(update(Issue).where(Issue.id == issues[0].id).values(state=State.SCHEDULED))

    counts = listing.counts(session, publication.id)

    assert counts == {"all": 4, "drafts": 3, "scheduled": 1, "sending": 0, "finished": 0, "stopped": 0}
    assert titles(session, publication, group="scheduled") == ["Leaf fall"]
    assert len(titles(session, publication, group="no such group")) == 4


def test_the_newest_with_words_is_what_the_next_one_can_begin_with(
    session: Session, publication: Publication, issues: list[Issue]
) -> None:
    drafting.make(session, publication.id, "", None, issues[0].made_at)

    assert listing.newest(session, publication.id) is issues[3]


def test_the_sample_issue_is_found(session: Session, issues: list[Issue]) -> None:
    assert listing.sample(session) is None

    issues[1].is_sample = True
    session.flush()

    assert listing.sample(session) is issues[1]
