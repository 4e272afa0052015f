"""What can go wrong around a send: databases, accounts, workers and other issues. Nobody is lost, nobody doubled."""

import random
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from newsletter import keys
from newsletter.delivery import answers, due, editions, launching, machine, replay, reports, sending
from newsletter.delivery.answers import Posted
from newsletter.delivery.launching import AlreadyLaunched
from newsletter.delivery.models import Chunk, ChunkState, Composition, Delivery
from newsletter.delivery.runtime import Runtime
from newsletter.issues.models import Issue, State
from newsletter.providers.base import Answer, Answered, NotSent, Refused, Rejected, Scope, Untouched
from newsletter.publications import installation, provider_accounts
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.subscribers import leaving, people
from newsletter.subscribers.consents import Source
from tests.delivery.newsroom import PEOPLE, Newsroom


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "OTHERS", 10)
    monkeypatch.setattr(editions, "KEYED", 10)


def claimed(newsroom: Newsroom) -> tuple[int, list[due.Claim]]:
    """An issue that is frozen, and the four chunks of it, in this worker's hands."""
    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)
    with newsroom.database.write() as session:
        issue = session.get_one(Issue, issue_id)
        return issue_id, due.claim(session, issue, 0, newsroom.runtime.owner, newsroom.now)


def test_a_worker_that_stood_still_between_commit_and_first_byte_does_not_send(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then the ledger may have given its chunk up as unknown; a late request would make that a lie."""
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.launch()
        with monkeypatch.context() as patched:
            patched.setattr(sending, "FRESH_S", -1.0)
            newsroom.send()

        assert arrivals.addresses() == []
        assert newsroom.states(issue_id) == {ChunkState.PENDING: 4}

        newsroom.forward(minutes=1)
        newsroom.send()
        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())


def make_unreliable(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """One commit in four fails from now on: half of these arrive all the same, and nobody says which."""
    chance = random.Random(7)  # noqa: S311  # the same faults in every run
    dialect = newsroom.database.engine.dialect
    commit = dialect.do_commit

    def fail_sometimes(connection: Any) -> None:
        fails = chance.random() < 0.25
        if not fails or chance.random() < 0.5:
            commit(connection)
        if fails:
            raise OperationalError("COMMIT", None, RuntimeError("the connection is gone"))

    monkeypatch.setattr(sending, "AGAIN_S", 0.0)
    monkeypatch.setattr(dialect, "do_commit", fail_sometimes)


def test_a_database_that_fails_now_and_then_loses_no_answer(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editions, "OTHERS", 2)
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.issue()
        make_unreliable(newsroom, monkeypatch)
        while newsroom.count(issue_id).state is not State.FINISHED:
            for act in (partial(press, newsroom, issue_id), newsroom.send, newsroom.tick):
                with suppress(OperationalError):
                    act()
            newsroom.forward(seconds=30)

        assert newsroom.states(issue_id).keys() == {ChunkState.DONE}
        assert newsroom.count(issue_id).handed_over == PEOPLE
        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())


def press(newsroom: Newsroom, issue_id: int) -> None:
    with suppress(AlreadyLaunched):
        newsroom.launch(issue_id)


def test_a_worker_that_is_asked_to_stop_leaves_nothing_claimed_and_nothing_in_doubt(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editions, "OTHERS", 1)
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.launch()
        assert machine.freeze(newsroom.runtime, issue_id)
        looks = count()

        def clock() -> datetime:
            if next(looks) == 8:
                newsroom.runtime.stop.set()
            return newsroom.now

        newsroom.runtime.now = clock
        newsroom.send()

        states = newsroom.states(issue_id)
        assert states.keys() == {ChunkState.DONE, ChunkState.PENDING}
        assert len(arrivals.addresses()) == states[ChunkState.DONE]


def test_a_turn_that_is_over_begins_no_further_call(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a long send would run into the limit at which Celery kills its child, in the middle of a call."""
    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)
    monkeypatch.setattr(machine, "TURN_S", -1.0)

    newsroom.send()

    assert newsroom.states(issue_id).keys() == {ChunkState.PENDING}


def test_the_leases_of_calls_under_way_are_renewed_and_no_others(newsroom: Newsroom) -> None:
    _, (first, second, *rest) = claimed(newsroom)
    with newsroom.database.write() as session:
        for claim in (first, second):
            posting = {"state": ChunkState.POSTING, "lease_until": newsroom.now}
            session.execute(update(Chunk).where(Chunk.id == claim.chunk_id).values(**posting))
    newsroom.forward(seconds=15)

    with newsroom.database.write() as session:
        due.renew(session, newsroom.runtime.owner, {first.chunk_id}, newsroom.now)

    with newsroom.database.read() as session:
        left = {
            chunk.id: chunk.lease_until - newsroom.now for chunk in session.scalars(select(Chunk)) if chunk.lease_until
        }
    assert left[first.chunk_id] == timedelta(seconds=100)
    assert left[second.chunk_id] == timedelta(seconds=-15)
    assert {left[claim.chunk_id] for claim in rest} == {timedelta(seconds=20)}


REPEATS = [
    Rejected(scope=Scope.BATCH, reason="bad_request", words="No such key."),
    Rejected(scope=Scope.MESSAGE, reason="bad_content", words="No."),
    Rejected(scope=Scope.ACCOUNT, reason="auth", words="Who are you?"),
    NotSent(words="Later."),
    Answered(results=[Untouched(words="Later.")] * 10),
    Answered(results=[Refused(scope=Scope.ACCOUNT, reason="credits", words="Pay first.")] * 10),
]


@pytest.mark.parametrize("answer", REPEATS, ids=repr)
def test_no_answer_to_a_repeat_makes_what_is_in_doubt_leave_under_another_key(
    newsroom: Newsroom, answer: Answer
) -> None:
    """The repeat was not taken; the first call may have been."""
    issue_id, (claim, *_) = claimed(newsroom)
    with newsroom.database.write() as session:
        for state in (ChunkState.POSTING, ChunkState.UNKNOWN):
            session.execute(update(Chunk).where(Chunk.id == claim.chunk_id).values(state=state))
        ids = list(session.scalars(select(Delivery.subscriber_id).where(Delivery.chunk_id == claim.chunk_id)))
        posted = Posted(claim=claim, issue_id=issue_id, account_id=newsroom.account().id, people=ids)
        assert answers.record(session, posted, answer, newsroom.now)

    found = newsroom.count(issue_id)
    assert (found.counts["unknown"], found.counts["pending"]) == (10, PEOPLE - 10)
    assert newsroom.states(issue_id).total() == 4


def test_a_call_in_doubt_is_not_repeated_later_when_somebody_in_it_has_left(newsroom: Newsroom) -> None:
    with newsroom.postmark("reset,times=4", doubt="keyed") as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()
        with newsroom.database.write() as session:
            leaver = people.subscription(session, newsroom.publication_id, newsroom.person("reader3@example.org"))
            assert leaver is not None
            leaving.leave_publication(session, leaver, Source(words="Unsubscribe"), newsroom.now)
        newsroom.forward(minutes=11)
        newsroom.send()

        assert newsroom.count(issue_id).counts["unknown"] == 10
        assert len(arrivals.addresses()) == PEOPLE - 10
        with newsroom.database.read() as session:
            lines = reports.people(session, session.get_one(Issue, issue_id), "unknown")
        assert {line.reason for line in lines} == {replay.LEFT}


def test_a_call_in_doubt_is_not_repeated_to_another_account(newsroom: Newsroom) -> None:
    """Another key may be another account, which does not know what the first has taken."""
    with newsroom.postmark("reset,taken", doubt="keyed") as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()
        with newsroom.database.write() as session:
            account = session.get_one(ProviderAccount, newsroom.account().id)
            provider_accounts.save(
                session,
                newsroom.ring,
                session.get_one(Publication, newsroom.publication_id),
                kind=account.kind,
                title=account.name,
                settings=account.settings,
                new_secrets={"token": arrivals.server.postmark.server.token},
                rate_per_s=None,
                now=newsroom.now,
            )
        newsroom.forward(minutes=1)
        newsroom.send()

        assert newsroom.count(issue_id).counts["unknown"] == 10
        assert max(Counter(arrivals.addresses()).values()) == 1


def test_a_call_carries_no_more_people_than_the_pace_lets_leave_in_a_second(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(ProviderAccount).values(rate_per_s=3.5))

    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)

    with newsroom.database.read() as session:
        assert max(session.scalars(select(Chunk.n))) == 3


def test_a_worker_with_another_key_ring_does_nothing(newsroom: Newsroom) -> None:
    """It would not know who asked never to be mailed."""
    issue_id = newsroom.launch()
    stranger = Runtime(newsroom.settings, newsroom.database, keys.make())

    for motion in (machine.tick, machine.send, machine.letters):
        motion(stranger)

    assert newsroom.count(issue_id).state is State.LAUNCHED
    assert newsroom.outbox() == []


def test_an_issue_whose_account_is_gone_is_held_and_goes_on_through_the_new_one(newsroom: Newsroom) -> None:
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.launch()
        assert machine.freeze(newsroom.runtime, issue_id)
        with newsroom.database.write() as session:
            publication = session.get_one(Publication, newsroom.publication_id)
            gone, publication.account_id = publication.account_id, installation.outbox(session, newsroom.now).id
            session.flush()
            session.execute(delete(ProviderAccount).where(ProviderAccount.id == gone))

        newsroom.send()
        found = newsroom.count(issue_id)
        assert (found.state, found.words) == (State.BLOCKED, machine.NO_ACCOUNT)

        with newsroom.database.write() as session:
            launching.resume(session, session.get_one(Issue, issue_id), newsroom.now)
        newsroom.send()
        assert Counter(newsroom.outbox()) == Counter(newsroom.everybody().values())
        assert arrivals.addresses() == []


def test_an_issue_that_cannot_be_put_together_keeps_no_other_waiting(newsroom: Newsroom) -> None:
    broken, sound = newsroom.launch(), newsroom.launch()
    with newsroom.database.write() as session:
        session.execute(delete(Composition).where(Composition.issue_id == broken))

    newsroom.send()

    assert newsroom.count(broken).state is State.BLOCKED
    assert newsroom.count(sound).handed_over == PEOPLE
