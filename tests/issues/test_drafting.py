"""Saving an issue: no keystroke is lost, whoever else is writing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from newsletter.issues import drafting, versions
from newsletter.issues.drafting import Met, Saved
from newsletter.issues.models import Issue
from newsletter.publications.models import Publication

MARTA, JONAS = 1, 2
SECOND = timedelta(seconds=1)


@pytest.fixture
def issue(session: Session, publication: Publication, now: datetime) -> Issue:
    return drafting.make(session, publication.id, "# Leaf fall\n\nGood morning.\n", MARTA, now)


def texts(session: Session, issue: Issue) -> list[str]:
    return [version.text for version in versions.newest_first(session, issue)]


def test_a_new_issue_has_the_next_number_and_its_title(
    session: Session, publication: Publication, issue: Issue, now: datetime
) -> None:
    next_one = drafting.make(session, publication.id, "", MARTA, now)

    assert (issue.number, issue.title) == (1, "Leaf fall")
    assert (next_one.number, next_one.title) == (2, "")
    assert drafting.find(session, issue.public_id) is issue


def test_a_save_says_the_revision_the_next_one_starts_from(session: Session, issue: Issue, now: datetime) -> None:
    saved = drafting.save(session, issue, "# Rain\n", revision=1, editor_id=MARTA, now=now + SECOND)

    assert saved == Saved(revision=2, at=now + SECOND)
    assert (issue.text, issue.title, issue.revision) == ("# Rain\n", "Rain", 2)


def test_saving_the_same_text_twice_changes_nothing(session: Session, issue: Issue, now: datetime) -> None:
    drafting.save(session, issue, "# Rain\n", revision=1, editor_id=MARTA, now=now + SECOND)

    again = drafting.save(session, issue, "# Rain\n", revision=1, editor_id=MARTA, now=now + 2 * SECOND)

    assert again == Saved(revision=2, at=now + SECOND)


def test_two_people_who_save_lose_neither_text(session: Session, issue: Issue, now: datetime) -> None:
    drafting.save(session, issue, "Jonas wrote this\n", revision=1, editor_id=JONAS, now=now + SECOND)

    met = drafting.save(session, issue, "Marta wrote this\n", revision=1, editor_id=MARTA, now=now + 2 * SECOND)

    assert isinstance(met, Met)
    assert issue.text == "Jonas wrote this\n"
    assert (met.theirs.text, met.theirs.saved_by) == ("Jonas wrote this\n", JONAS)
    assert (met.yours.text, met.yours.saved_by) == ("Marta wrote this\n", MARTA)
    assert met.revision == 2


def test_typing_for_a_minute_makes_one_version_not_sixty(session: Session, issue: Issue, now: datetime) -> None:
    for second in range(1, 60):
        drafting.save(
            session, issue, f"{second} words\n", revision=issue.revision, editor_id=MARTA, now=now + second * SECOND
        )

    assert texts(session, issue) == ["# Leaf fall\n\nGood morning.\n"]


def test_what_rested_for_a_minute_is_kept(session: Session, issue: Issue, now: datetime) -> None:
    drafting.save(session, issue, "before lunch\n", revision=1, editor_id=MARTA, now=now + SECOND)
    drafting.save(session, issue, "after lunch\n", revision=2, editor_id=MARTA, now=now + timedelta(hours=1))

    assert texts(session, issue)[0] == "before lunch\n"


def test_what_somebody_else_wrote_is_kept_before_it_is_changed(session: Session, issue: Issue, now: datetime) -> None:
    drafting.save(session, issue, "Jonas\n", revision=1, editor_id=JONAS, now=now + SECOND)
    drafting.save(session, issue, "Marta\n", revision=2, editor_id=MARTA, now=now + 2 * SECOND)

    assert texts(session, issue)[0] == "Jonas\n"


def test_restoring_makes_a_new_version_and_keeps_what_stood_there(
    session: Session, issue: Issue, now: datetime
) -> None:
    first = versions.keep(session, issue)
    drafting.save(session, issue, "something else\n", revision=1, editor_id=MARTA, now=now + SECOND)

    drafting.restore(session, issue, first, JONAS, now + 2 * SECOND)

    assert issue.text == first.text
    assert issue.revision == 3
    assert texts(session, issue) == [first.text, "something else\n", first.text]
    newest = versions.latest(session, issue)
    assert newest is not None
    assert (newest.note, newest.saved_by) == ("Version 1 again", JONAS)


def test_keeping_the_same_text_twice_makes_one_version(session: Session, issue: Issue) -> None:
    assert versions.keep(session, issue) is versions.keep(session, issue)
    assert versions.keep(session, issue, "launched") is versions.keep(session, issue, "launched")
    assert versions.count(session, issue) == 2


def test_versions_come_in_pages(session: Session, issue: Issue, now: datetime) -> None:
    for number in range(5):
        versions.add(session, issue, str(number), "", MARTA, now)

    first = versions.newest_first(session, issue, limit=2)
    rest = versions.newest_first(session, issue, before=first[-1].number, limit=9)

    assert [version.number for version in (*first, *rest)] == [5, 4, 3, 2, 1]


def test_the_next_issue_can_begin_with_the_shape_of_the_last() -> None:
    last = (
        "---\ntitle: Leaf fall\n# our colour\nmood: amber\n---\nGood morning.\n\n:::contents\n:::\n\n"
        "## Rain {topic=rain}\n\n### The car park\n**What happened:** swales\n**Rating:** 🌧️🌧️\n\nText.\n\n"
        "## Small print\nWe are small.\n"
    )

    shape = drafting.skeleton(last)

    assert shape == (
        "---\ntitle: \nsubject: \npreheader: \ndate: \n# our colour\nmood: amber\n---\n\n:::contents\n:::\n\n"
        "## Rain {topic=rain}\n\n**What happened:** \n**Rating:** \n\n## Small print\n"
    )


def test_line_ends_of_a_form_are_no_change(session: Session, issue: Issue, now: datetime) -> None:
    saved = drafting.save(
        session, issue, "# Leaf fall\r\n\r\nGood morning.\r\n", revision=1, editor_id=MARTA, now=now + SECOND
    )

    assert saved == Saved(revision=1, at=now)
