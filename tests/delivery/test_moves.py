"""The legal moves stand twice: as a table in the program and as triggers in the database. They are the same."""

from itertools import pairwise, product

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from newsletter.delivery.models import Chunk, ChunkState, Letter, LetterKind
from newsletter.delivery.rules import CHUNK_MOVES, ISSUE_MOVES
from newsletter.issues.models import Issue, State
from tests.delivery.newsroom import START, Newsroom

ISSUE_PATHS = {
    "draft": (),
    "scheduled": ("scheduled",),
    "launched": ("launched",),
    "freezing": ("launched", "freezing"),
    "sending": ("launched", "freezing", "sending"),
    "paused": ("launched", "freezing", "sending", "paused"),
    "blocked": ("launched", "blocked"),
    "cancelled": ("launched", "cancelled"),
    "finished": ("launched", "freezing", "sending", "finished"),
}
CHUNK_PATHS = {
    "pending": (),
    "claimed": ("claimed",),
    "posting": ("claimed", "posting"),
    "done": ("claimed", "posting", "done"),
    "unknown": ("claimed", "posting", "unknown"),
    "failed": ("claimed", "failed"),
}


def walk(session: Session, row: Issue | Chunk | Letter, kind: type[State | ChunkState], path: tuple[str, ...]) -> None:
    for state in path:
        row.state = kind(state)
        session.flush()


def is_allowed(session: Session, row: Issue | Chunk | Letter, kind: type[State | ChunkState], to: str) -> bool:
    try:
        with session.begin_nested():
            walk(session, row, kind, (to,))
    except DBAPIError as error:
        if "illegal move" not in str(error):
            raise
        return False
    return True


@pytest.mark.parametrize("start", ISSUE_MOVES)
def test_the_database_permits_exactly_the_moves_of_an_issue(newsroom: Newsroom, start: str) -> None:
    issue_id = newsroom.issue()

    allowed = set()
    for to in ISSUE_MOVES:
        with newsroom.database.session(readonly=False) as session:
            issue = session.get_one(Issue, issue_id)
            walk(session, issue, State, ISSUE_PATHS[start])
            if to != start and is_allowed(session, issue, State, to):
                allowed.add(to)

    assert allowed == ISSUE_MOVES[start]


@pytest.mark.parametrize("start", CHUNK_MOVES)
@pytest.mark.parametrize("table", ["chunk", "letter"])
def test_the_database_permits_exactly_the_moves_of_a_chunk_and_of_a_letter(
    newsroom: Newsroom, table: str, start: str
) -> None:
    allowed = set()
    for to in CHUNK_MOVES:
        with newsroom.database.session(readonly=False) as session:
            row = (
                Chunk(id=1, issue_id=1, lane=0, edition_id=1, n=1, lo=1, hi=1, key="k")
                if table == "chunk"
                else Letter(kind=LetterKind.TEST, publication_id=1, address="a@example.org", made_at=START)
            )
            session.add(row)
            session.flush()
            walk(session, row, ChunkState, CHUNK_PATHS[start])
            if to != start and is_allowed(session, row, ChunkState, to):
                allowed.add(to)

    assert allowed == CHUNK_MOVES[start]


@pytest.mark.parametrize("state", [state for state in ChunkState if state is not ChunkState.PENDING])
def test_a_chunk_is_born_pending(newsroom: Newsroom, state: ChunkState) -> None:
    with newsroom.database.session(readonly=False) as session:
        session.add(Chunk(id=1, issue_id=1, lane=0, edition_id=1, n=1, lo=1, hi=1, key="k", state=state))
        with pytest.raises(DBAPIError, match="illegal move"):
            session.flush()


def test_an_issue_that_was_frozen_is_never_a_draft_again(newsroom: Newsroom) -> None:
    issue_id = newsroom.issue()
    with newsroom.database.session(readonly=False) as session:
        issue = session.get_one(Issue, issue_id)
        walk(session, issue, State, ("launched", "freezing", "blocked"))
        issue.freeze_cursor = 12
        session.flush()

        assert not is_allowed(session, issue, State, "draft")


def test_every_path_of_this_test_is_legal() -> None:
    for paths, moves, first in ((ISSUE_PATHS, ISSUE_MOVES, "draft"), (CHUNK_PATHS, CHUNK_MOVES, "pending")):
        assert paths.keys() == moves.keys()
        for path in paths.values():
            steps = (first, *path)
            assert all(to in moves[start] for start, to in pairwise(steps))
    assert set(product(("done", "failed"), CHUNK_MOVES)).isdisjoint(
        {(start, to) for start in CHUNK_MOVES for to in CHUNK_MOVES[start]}
    )
