"""What each answer means for everybody in the call: nobody is lost, nobody doubled, doubt has a name."""

import threading
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from newsletter.delivery import due, editions, launching, machine, reports, sweep
from newsletter.delivery.models import Attempt, Chunk, ChunkState
from newsletter.delivery.owners import me
from newsletter.issues.models import Issue, State
from newsletter.providers import postmark
from newsletter.providers.http import Limits
from newsletter.publications.models import ProviderAccount
from newsletter.subscribers.models import Subscriber
from tests.delivery.newsroom import PEOPLE, Newsroom


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "OTHERS", 10)
    monkeypatch.setattr(editions, "KEYED", 10)


def test_all_goes_well_and_the_ledger_agrees_with_the_provider(newsroom: Newsroom) -> None:
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()

        found = newsroom.count(issue_id)
        assert (found.state, found.handed_over) == (State.FINISHED, PEOPLE)
        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())
        assert newsroom.states(issue_id) == {ChunkState.DONE: 4}


PROVABLY_NOT_SENT = ["status=429,retry-after=30", "status=429,retry-after=-1", "status=503,retry-after=5"]
IN_DOUBT = [
    "hang",
    "reset",
    "reset,taken",
    "cut,taken",
    "garbled,taken",
    "status=500",
    "status=500,taken",
    "status=502",
]


@pytest.mark.parametrize("fault", PROVABLY_NOT_SENT)
def test_what_was_provably_not_sent_is_sent_later_and_once(newsroom: Newsroom, fault: str) -> None:
    with newsroom.postmark(f"{fault},times=4") as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()

        assert arrivals.addresses() == []
        assert newsroom.states(issue_id) == {ChunkState.PENDING: 4}
        assert newsroom.account().not_before is not None

        newsroom.forward(hours=7)
        newsroom.send()

        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())
        assert newsroom.count(issue_id).state is State.FINISHED


@pytest.mark.parametrize("fault", IN_DOUBT)
def test_what_may_have_been_sent_is_unknown_and_never_sent_again(
    newsroom: Newsroom, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmark, "Limits", partial(Limits, first_byte_s=2.0))
    with newsroom.postmark(fault) as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()
        newsroom.forward(days=2)
        newsroom.tick()
        newsroom.send()

        found = newsroom.count(issue_id)
        assert found.counts["unknown"] == 10
        assert found.handed_over == PEOPLE - 10
        assert max(Counter(arrivals.addresses()).values()) == 1
        with newsroom.database.read() as session:
            lines = reports.people(session, session.get_one(Issue, issue_id), "unknown")
        assert len(lines) == 10
        assert all(line.reason for line in lines)


def test_an_unknown_is_terminal_where_the_provider_cannot_be_asked_by_key(newsroom: Newsroom) -> None:
    with newsroom.postmark("reset"):
        issue_id = newsroom.launch()
        newsroom.send()

        assert newsroom.count(issue_id).state is State.FINISHED


def test_a_refused_key_holds_the_account_and_loses_nobody(newsroom: Newsroom) -> None:
    with newsroom.postmark() as arrivals:
        right = arrivals.server.postmark.server.token
        arrivals.server.postmark.server.token = "another-token"
        issue_id = newsroom.launch()
        newsroom.send()

        found = newsroom.count(issue_id)
        assert found.state is State.BLOCKED
        assert found.words
        assert newsroom.account().held_words == found.words
        assert newsroom.states(issue_id) == {ChunkState.PENDING: 4}

        arrivals.server.postmark.server.token = right
        with newsroom.database.write() as session:
            launching.resume(session, session.get_one(Issue, issue_id), newsroom.now)
        newsroom.send()

        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())


def test_a_refused_person_is_named_and_the_others_get_theirs(newsroom: Newsroom) -> None:
    with newsroom.postmark("partial=0+2") as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()

        found = newsroom.count(issue_id)
        assert found.counts["rejected"] == 2
        assert found.handed_over == PEOPLE - 2
        assert len(arrivals.addresses()) == PEOPLE - 2


def test_a_person_the_answer_does_not_name_is_unknown_alone(newsroom: Newsroom) -> None:
    with newsroom.postmark("fewer,taken"):
        issue_id = newsroom.launch()
        newsroom.send()

        assert newsroom.count(issue_id).counts["unknown"] == 1
        assert newsroom.count(issue_id).handed_over == PEOPLE - 1


def test_a_call_refused_as_a_whole_is_cut_in_two_until_it_passes(newsroom: Newsroom) -> None:
    with newsroom.postmark("status=413,times=3") as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()

        assert newsroom.count(issue_id).handed_over == PEOPLE
        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())
        assert newsroom.states(issue_id)[ChunkState.FAILED] >= 1


def test_a_worker_that_died_while_posting_leaves_doubt_and_one_that_had_only_claimed_none(newsroom: Newsroom) -> None:
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.launch()
        machine.freeze(newsroom.runtime, issue_id)
        dead = me().rpartition("|")[0] + "|1"  # this process's id, started at another time
        with newsroom.database.write() as session:
            issue = session.get_one(Issue, issue_id)
            claims = due.claim(session, issue, 0, dead, newsroom.now)
            session.execute(
                update(Chunk)
                .where(Chunk.id == claims[0].chunk_id)
                .values(state=ChunkState.POSTING, posting_at=newsroom.now)
            )

        newsroom.tick()
        newsroom.send()

        found = newsroom.count(issue_id)
        assert found.counts["unknown"] == 10
        assert found.handed_over == PEOPLE - 10
        assert len(arrivals.addresses()) == PEOPLE - 10


def test_a_lease_that_is_over_is_no_licence_to_send_again(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()
    machine.freeze(newsroom.runtime, issue_id)
    with newsroom.database.write() as session:
        claims = due.claim(session, session.get_one(Issue, issue_id), 0, "elsewhere|1|1", newsroom.now)
        first = Chunk.id == claims[0].chunk_id
        values = {"state": ChunkState.POSTING, "posting_at": newsroom.now, "lease_until": newsroom.now}
        session.execute(update(Chunk).where(first).values(**values))
    newsroom.forward(hours=1)

    with newsroom.database.write() as session:
        sweep.reap(session, newsroom.now)

    assert newsroom.states(issue_id) == {ChunkState.UNKNOWN: 1, ChunkState.PENDING: 3}


@pytest.mark.parametrize("fault", ["reset,taken", "reset", "status=500,taken", "garbled,taken"])
def test_a_provider_that_knows_keys_settles_doubt_by_being_asked_again(newsroom: Newsroom, fault: str) -> None:
    with newsroom.postmark(fault, doubt="keyed") as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()
        assert newsroom.states(issue_id) == {ChunkState.UNKNOWN: 1, ChunkState.DONE: 3}
        assert newsroom.count(issue_id).state is State.SENDING

        newsroom.forward(minutes=1)
        newsroom.send()

        found = newsroom.count(issue_id)
        assert (found.state, found.handed_over) == (State.FINISHED, PEOPLE)
        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())


def test_a_key_that_may_be_forgotten_is_not_used_again(newsroom: Newsroom) -> None:
    with newsroom.postmark("reset", doubt="keyed") as arrivals:
        issue_id = newsroom.launch()
        newsroom.send()
        newsroom.forward(hours=20)  # of the 24 in which the provider remembers
        newsroom.send()

        assert newsroom.count(issue_id).counts["unknown"] == 10
        assert newsroom.count(issue_id).state is State.FINISHED
        assert len(arrivals.addresses()) == PEOPLE - 10


def test_a_request_that_cannot_be_built_again_stays_unknown(newsroom: Newsroom) -> None:
    with newsroom.postmark("reset,times=4", doubt="keyed"):
        issue_id = newsroom.launch()
        newsroom.send()
        with newsroom.database.write() as session:
            session.get_one(Subscriber, newsroom.person("reader0@example.org")).address = "other@example.org"

        newsroom.forward(minutes=1)
        newsroom.send()

        found = newsroom.count(issue_id)
        assert (found.state, found.counts["unknown"]) == (State.FINISHED, 10)


def test_two_workers_at_once_double_nobody(newsroom: Newsroom) -> None:
    second = newsroom.another_worker()
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.launch()
        machine.freeze(newsroom.runtime, issue_id)
        threads = [threading.Thread(target=machine.send, args=(worker,)) for worker in (newsroom.runtime, second)]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        newsroom.send()

        assert newsroom.count(issue_id).handed_over == PEOPLE
        assert Counter(arrivals.addresses()).most_common(1)[0][1] == 1
    second.close()


def test_after_a_pause_no_call_begins(newsroom: Newsroom) -> None:
    with newsroom.postmark() as arrivals:
        issue_id = newsroom.launch()
        machine.freeze(newsroom.runtime, issue_id)
        with newsroom.database.write() as session:
            launching.pause(session, session.get_one(Issue, issue_id), newsroom.now)

        newsroom.send()
        assert arrivals.addresses() == []

        with newsroom.database.write() as session:
            launching.resume(session, session.get_one(Issue, issue_id), newsroom.now)
        newsroom.send()
        assert len(arrivals.addresses()) == PEOPLE


def test_a_stopped_issue_sends_no_more_and_says_so_of_each(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()
    machine.freeze(newsroom.runtime, issue_id)
    with newsroom.database.write() as session:
        launching.stop(session, session.get_one(Issue, issue_id), newsroom.now)

    newsroom.send()

    assert newsroom.outbox() == []
    assert newsroom.count(issue_id).counts["cancelled"] == PEOPLE


def test_the_pace_of_an_account_is_kept(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(ProviderAccount).values(rate_per_s=10.0))
    issue_id = newsroom.launch()
    machine.freeze(newsroom.runtime, issue_id)

    with newsroom.database.write() as session:
        issue = session.get_one(Issue, issue_id)
        first = due.claim(session, issue, 0, "me", newsroom.now)
        again = due.claim(session, issue, 0, "me", newsroom.now)
        newsroom.forward(seconds=0.5)
        later = due.claim(session, issue, 0, "me", newsroom.now)

    assert [sum(claim.n for claim in claims) for claims in (first, again, later)] == [10, 0, 10]


def test_every_try_is_on_record(newsroom: Newsroom) -> None:
    with newsroom.postmark("status=429,retry-after=1,times=4"):
        newsroom.launch()
        newsroom.send()
        newsroom.now += timedelta(minutes=5)
        newsroom.send()

        with newsroom.database.read() as session:
            tries = Counter(session.scalars(select(Attempt.outcome).where(Attempt.ended_at.is_not(None))))
        assert tries == {"pending": 4, "done": 4}


def test_a_refusal_that_is_about_the_account_rejects_nobody(newsroom: Newsroom) -> None:
    with newsroom.postmark() as arrivals:
        arrivals.server.postmark.server.sender_domains = {"elsewhere.example.net"}
        issue_id = newsroom.launch()
        newsroom.send()

        found = newsroom.count(issue_id)
        assert found.state is State.BLOCKED
        assert (found.counts.get("rejected", 0), found.counts["pending"]) == (0, PEOPLE)

        arrivals.server.postmark.server.sender_domains = None
        newsroom.forward(minutes=1)
        with newsroom.database.write() as session:
            launching.resume(session, session.get_one(Issue, issue_id), newsroom.now)
        newsroom.send()

        assert Counter(arrivals.addresses()) == Counter(newsroom.everybody().values())
