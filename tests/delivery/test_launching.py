"""Pressing send: once, by one person, with everything in order, and with a minute to think again."""

import threading

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from newsletter.delivery import editions, launching
from newsletter.delivery.launching import AlreadyLaunched, CannotLaunch, NotNow
from newsletter.delivery.models import Composition, Edition
from newsletter.issues import drafting
from newsletter.issues.models import Issue, State, Version
from newsletter.publications import topics
from newsletter.publications.models import Publication, Topic
from newsletter.subscribers.models import Status, Subscription
from tests.delivery.newsroom import PEOPLE, TEXT, Newsroom


def launch(newsroom: Newsroom, issue_id: int) -> None:
    with newsroom.database.write() as session:
        launching.launch(session, session.get_one(Issue, issue_id), 1, newsroom.settings.address, newsroom.now)


def blocking(newsroom: Newsroom, issue_id: int) -> set[str]:
    with pytest.raises(CannotLaunch) as caught:
        launch(newsroom, issue_id)
    assert state(newsroom, issue_id) is State.DRAFT
    return {finding.code for finding in caught.value.findings}


def state(newsroom: Newsroom, issue_id: int) -> State:
    with newsroom.database.read() as session:
        return session.get_one(Issue, issue_id).state


def publication(session: Session, newsroom: Newsroom) -> Publication:
    return session.get_one(Publication, newsroom.publication_id)


def test_of_many_who_press_at_once_one_launches_and_the_others_are_told(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    told: list[str] = []

    def press() -> None:
        try:
            launch(newsroom, issue_id)
        except AlreadyLaunched as error:
            told.append(str(error))

    threads = [threading.Thread(target=press) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 4
    assert all("scheduled already" in words for words in told)
    with newsroom.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Version)) == 1


def test_nothing_leaves_within_the_undo_window_and_undo_leaves_a_draft(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    launch(newsroom, issue_id)
    newsroom.forward(seconds=59)
    newsroom.tick()
    newsroom.send()
    assert newsroom.outbox() == []

    with newsroom.database.write() as session:
        assert launching.undo(session, session.get_one(Issue, issue_id), newsroom.now)
    newsroom.forward(minutes=10)
    newsroom.tick()
    newsroom.send()

    assert newsroom.outbox() == []
    with newsroom.database.read() as session:
        issue = session.get_one(Issue, issue_id)
        assert (issue.state, issue.version_id, issue.due_at) == (State.DRAFT, None, None)
        assert session.get(Composition, issue_id) is None


def test_after_the_window_it_leaves_and_cannot_be_undone(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    launch(newsroom, issue_id)
    newsroom.forward(seconds=61)
    newsroom.tick()
    newsroom.send()

    assert len(newsroom.outbox()) == PEOPLE
    with newsroom.database.write() as session:
        assert not launching.undo(session, session.get_one(Issue, issue_id), newsroom.now)


def test_a_launch_pins_the_words_whatever_is_written_later(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    launch(newsroom, issue_id)
    with newsroom.database.write() as session:
        issue = session.get_one(Issue, issue_id)
        later = TEXT.replace("A smudge", "Nothing at all")
        drafting.save(session, issue, later, revision=issue.revision, editor_id=1, now=newsroom.now)
        topic = session.scalars(select(Topic).where(Topic.slug == "night-sky")).one()
        topics.rename(session, topic, "Stars")

    newsroom.forward(minutes=2)
    newsroom.tick()
    newsroom.send()

    with newsroom.database.read() as session:
        kept = editions.load(session, issue_id)
        assert kept is not None
        texts = "".join(str(piece) for piece in kept.template(kept.whole).text)
    assert "A smudge" in texts
    assert newsroom.count(issue_id).handed_over == PEOPLE


def test_what_blocks_a_launch(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    with newsroom.database.write() as session:
        publication(session, newsroom).postal_address = " "
        publication(session, newsroom).sender_address = ""
        session.execute(update(Subscription).values(status=Status.PAUSED))

    assert blocking(newsroom, issue_id) == {"postal-address-missing", "sender-missing", "nobody"}


def test_an_unknown_topic_blocks_and_shows_to_nobody(newsroom: Newsroom) -> None:
    assert "topic-unknown" in blocking(newsroom, newsroom.issue(TEXT + "\n## Kelp {topic=kelp}\n\nGreen.\n"))


def test_without_a_provider_or_with_one_that_refused_nothing_is_launched(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    with newsroom.database.write() as session:
        publication(session, newsroom).account_id = None

    assert blocking(newsroom, issue_id) == {"no-provider"}


def test_a_provider_that_really_sends_needs_an_https_address(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    with newsroom.postmark(), newsroom.database.read() as session:
        issue = session.get_one(Issue, issue_id)
        found = launching.preflight(session, issue, "http://news.example.org")
        fine = launching.preflight(session, issue, "https://news.example.org")

    assert {finding.code for finding in found.blocking} == {"no-https"}
    assert fine.blocking == []


def test_a_check_that_fails_at_the_due_time_blocks_and_a_mended_issue_is_a_draft_again(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    launch(newsroom, issue_id)
    with newsroom.database.write() as session:
        publication(session, newsroom).postal_address = ""
    newsroom.forward(minutes=2)

    newsroom.tick()

    assert state(newsroom, issue_id) is State.BLOCKED
    assert "postal address" in newsroom.count(issue_id).words
    with newsroom.database.write() as session:
        launching.resume(session, session.get_one(Issue, issue_id), newsroom.now)
    assert state(newsroom, issue_id) is State.DRAFT


def test_a_preflight_counts_what_the_freeze_will_write(newsroom: Newsroom) -> None:
    newsroom.subscribe("nothing@example.org", topics=())
    newsroom.subscribe("paused@example.org", status=Status.PAUSED)
    issue_id = newsroom.issue()
    with newsroom.database.read() as session:
        expected = launching.preflight(session, session.get_one(Issue, issue_id), newsroom.settings.address)

    newsroom.launch(issue_id)
    newsroom.send()

    found = newsroom.count(issue_id)
    assert {each.key: each.people for each in expected.editions} == {each.key: each.people for each in found.editions}
    assert {each.key: each.size_bytes for each in expected.editions} == {
        each.key: each.size_bytes for each in found.editions
    }
    assert expected.skipped == found.skipped
    with newsroom.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == len(expected.editions)


@pytest.mark.parametrize("act", [launching.pause, launching.resume, launching.stop])
def test_what_cannot_be_done_now_is_said_and_changes_nothing(newsroom: Newsroom, act: object) -> None:
    issue_id = newsroom.issue()
    with newsroom.database.write() as session, pytest.raises(NotNow, match="This issue is draft"):
        act(session, session.get_one(Issue, issue_id), newsroom.now)  # type: ignore[operator]

    assert state(newsroom, issue_id) is State.DRAFT
