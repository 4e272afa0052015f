"""The view `delivery_status`, the counts of progress and the lists behind them say the same in every state."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter.delivery import editions, launching, machine, reports, sweep
from newsletter.delivery.models import Chunk, ChunkState, Delivery, Outcome
from newsletter.delivery.progress import progress
from newsletter.delivery.rules import CHUNK_MOVES
from newsletter.issues.models import Issue, State
from newsletter.subscribers.models import Status
from tests.delivery.newsroom import PEOPLE, START, Newsroom

ALL = ("accepted", "rejected", "unknown", "failed", "posting", "pending", "cancelled", "skipped")


@pytest.fixture
def frozen(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> tuple[Newsroom, int]:
    """An issue that is frozen into many chunks, with people who get nothing."""
    monkeypatch.setattr(editions, "KEYED", 5)
    newsroom.subscribe("paused@example.org", status=Status.PAUSED)
    newsroom.subscribe("nothing@example.org", topics=())
    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)
    return newsroom, issue_id


outcomes = st.one_of(st.none(), st.sampled_from(list(Outcome)))
histories = st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=8, max_size=8)


@given(histories=histories, people=st.lists(outcomes, min_size=PEOPLE, max_size=PEOPLE), stopped=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_the_view_the_counts_and_the_lists_agree(
    frozen: tuple[Newsroom, int], histories: list[list[int]], people: list[Outcome | None], stopped: bool
) -> None:
    newsroom, issue_id = frozen
    with newsroom.database.session(readonly=False) as session:
        issue = session.get_one(Issue, issue_id)
        for chunk, history in zip(session.scalars(select(Chunk).order_by(Chunk.id)), histories, strict=True):
            walk(session, chunk, history)
        with_chunk = select(Delivery).where(Delivery.chunk_id.is_not(None)).order_by(Delivery.subscriber_id)
        for delivery, outcome in zip(session.scalars(with_chunk), people, strict=True):
            delivery.outcome, delivery.reason = outcome, outcome and "left"
        if stopped:
            issue.state = State.CANCELLED
        session.flush()

        found = progress(session, issue, START)
        assert found.people == PEOPLE + 2
        assert {status: found.counts.get(status, 0) for status in ALL} == {
            status: reports.count(session, issue, status) for status in ALL
        }
        lists = {status: reports.people(session, issue, status, limit=1000) for status in ALL}
        assert {status: len(lines) for status, lines in lists.items() if lines} == {
            status: n for status, n in found.counts.items() if n
        }
        assert Counter(line.reason for line in lists["skipped"]) == found.skipped
        assert sum(each.people for each in found.editions) + found.counts["skipped"] == found.people
        session.rollback()


def walk(session: Session, chunk: Chunk, history: list[int]) -> None:
    """Move a chunk along legal moves only."""
    for choice in history:
        moves = sorted(CHUNK_MOVES[chunk.state])
        if moves:
            chunk.state = ChunkState(moves[choice % len(moves)])
            session.flush()


def test_a_list_is_read_a_page_at_a_time_and_by_edition(frozen: tuple[Newsroom, int]) -> None:
    newsroom, issue_id = frozen
    newsroom.send()

    found = newsroom.count(issue_id)
    with newsroom.database.read() as session:
        issue = session.get_one(Issue, issue_id)
        seen: list[int] = []
        while page := reports.people(session, issue, "accepted", after=seen[-1] if seen else 0, limit=7):
            assert len(page) <= 7
            seen += [line.subscriber.id for line in page]
        assert len(seen) == len(set(seen)) == PEOPLE
        for edition in found.editions:
            lines = reports.people(session, issue, "accepted", edition_id=edition.edition_id, limit=100)
            assert len(lines) == edition.people
            assert {tuple(line.topics) for line in lines} == {tuple(edition.topics)}


def test_a_person_sees_each_issue_with_what_became_of_it(newsroom: Newsroom) -> None:
    first = newsroom.launch()
    newsroom.send()
    newsroom.forward(days=7)
    second = newsroom.launch()
    assert machine.freeze(newsroom.runtime, second)

    with newsroom.database.read() as session:
        lines = reports.deliveries_of(session, newsroom.person("reader1@example.org"))

    assert [(line.issue.id, line.status) for line in lines] == [(second, "pending"), (first, "accepted")]
    assert lines[1].at is not None


def test_progress_tells_pace_and_remaining_time_while_something_moves(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)
    assert newsroom.count(issue_id).rate_per_s is None
    newsroom.forward(seconds=10)
    with newsroom.database.write() as session:
        chunk = session.scalars(select(Chunk).order_by(Chunk.id)).first()
        assert chunk is not None
        for state in (ChunkState.CLAIMED, ChunkState.POSTING, ChunkState.DONE):
            chunk.state, chunk.done_at = state, newsroom.now
            session.flush()

    found = newsroom.count(issue_id)
    assert found.rate_per_s == 2.0
    assert found.remaining_s == 10.0


def test_an_issue_somebody_paused_is_not_finished_though_nothing_is_left(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)
    with newsroom.database.write() as session:
        launching.pause(session, session.get_one(Issue, issue_id), newsroom.now)
        for state in (ChunkState.CLAIMED, ChunkState.POSTING, ChunkState.DONE):
            session.execute(update(Chunk).values(state=state))

        assert sweep.finish(session, newsroom.runtime.facts, newsroom.now) == []
        launching.resume(session, session.get_one(Issue, issue_id), newsroom.now)
        assert sweep.finish(session, newsroom.runtime.facts, newsroom.now) == [issue_id]
        assert sweep.finish(session, newsroom.runtime.facts, newsroom.now) == []
