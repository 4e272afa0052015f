"""The freeze: who gets this issue is written down, once, before anything leaves.

It runs in slices by subscriber id, so that nobody who is leaving meanwhile has to wait. Each slice writes one
narrow row for every subscription that could get a mail: a delivery with its chunk, or `skipped` with the
reason. The cursor moves in the slice's own transaction, so a killed freeze goes on where it stood; the primary
key forbids a second row; and the issue starts to send only in the transaction that has seen that the sums agree.
"""

import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from newsletter import upsert
from newsletter.db import Database
from newsletter.delivery.editions import Editions
from newsletter.delivery.models import Chunk, ChunkState, Delivery, EditionMap, Outcome
from newsletter.issues.models import Issue, State
from newsletter.subscribers.audience import standing
from newsletter.subscribers.models import DepartureCounter, Status, Subscriber, Subscription, TopicSet

SLICE = 5_000  # people a transaction: a few milliseconds of lock
LANE = 32_000  # people whose chunks are read together
RARE = 4  # an open chunk less than a quarter full at a lane's end stays open
SERIALIZATION_FAILURE = "40001"  # PostgreSQL: another transaction wrote what this one wants to write
CHUNK_BITS = 24  # chunks of one issue that a chunk's id has room for


class Standing(NamedTuple):
    """A subscription that could get a mail. `reason` says why it does not, as far as the person decides that."""

    subscriber_id: int
    topic_set_id: int
    reason: str | None
    is_sample: bool


Line = tuple[int, int, int | None, str | None, str | None]  # a delivery's row


@dataclass(slots=True, kw_only=True)
class Open:
    """A chunk that is still being filled."""

    id: int
    lane: int
    edition_id: int
    lo: int
    hi: int = 0
    n: int = 0
    stored: bool = False

    def values(self, issue_id: int) -> dict[str, Any]:
        return {
            "id": self.id,
            "issue_id": issue_id,
            "lane": self.lane,
            "edition_id": self.edition_id,
            "n": self.n,
            "lo": self.lo,
            "hi": self.hi,
            "state": ChunkState.PENDING,
            "key": secrets.token_urlsafe(18),
        }


@dataclass(slots=True, kw_only=True)
class Cutter:
    """Cuts people into chunks of one edition. `most` says how many of an edition fit into one call."""

    issue_id: int
    next_number: int
    most: dict[int, int]  # by edition id
    lane: int = 0
    in_lane: int = 0
    open: dict[int, Open] = field(default_factory=dict)  # by edition id
    changed: dict[int, Open] = field(default_factory=dict)  # by chunk id, since the last slice

    def place(self, subscriber_id: int, edition_id: int) -> int:
        """The chunk this person's delivery belongs to. People come in ascending order."""
        chunk = self.open.get(edition_id)
        if chunk is None:
            number = (self.issue_id << CHUNK_BITS) + self.next_number
            self.next_number += 1
            chunk = self.open[edition_id] = Open(id=number, lane=self.lane, edition_id=edition_id, lo=subscriber_id)
        chunk.n += 1
        chunk.hi = subscriber_id
        self.changed[chunk.id] = chunk
        if chunk.n >= self.most[edition_id]:
            del self.open[edition_id]
        self.in_lane += 1
        return chunk.id

    def end_lane_if_full(self) -> None:
        """Close what a full lane leaves open; a rare edition's chunk goes on, in a lane of its own."""
        if self.in_lane < LANE:
            return
        for edition_id, chunk in list(self.open.items()):
            if chunk.n * RARE >= self.most[edition_id]:
                del self.open[edition_id]
            else:
                chunk.lane = -1 - self.lane
                self.changed[chunk.id] = chunk
        self.lane += 1
        self.in_lane = 0


def begin(session: Session, issue: Issue) -> bool:
    """Move a launched issue into the freeze; False when somebody else did. Notes the departure number."""
    number = session.scalar(select(DepartureCounter.number).with_for_update(read=True)) or 0
    moved = session.execute(
        update(Issue)
        .where(Issue.id == issue.id, Issue.state == State.LAUNCHED)
        .values(state=State.FREEZING, departure=number)
        .returning(Issue.id)
    ).scalar()
    return moved is not None


class Freeze:
    """One process's freezing of one issue. A second process that tries the same loses the cursor and stops."""

    def __init__(
        self, database: Database, issue_id: int, editions: Editions, *, really: bool, at_once: float = math.inf
    ) -> None:
        self.database = database
        self.issue_id = issue_id
        self.editions = editions
        self.really = really  # mails leave this machine, so sample people are left out
        self.at_once = at_once  # people a call, where the account's pace allows fewer than the provider
        self.cutter: Cutter | None = None
        self.cursor: int | None = None  # where this process left the issue; elsewhere, another one is at it
        self.is_over = False  # this process has seen the last slice through

    def slice(self, now: datetime) -> bool:
        """Freeze the next slice; False when there is nothing left to do for this process."""
        try:
            return self._slice(now)
        except OperationalError as error:
            self.cutter = None
            if getattr(error.orig, "sqlstate", None) == SERIALIZATION_FAILURE:
                return True  # somebody touched the issue meanwhile: look at it again
            raise
        except BaseException:
            self.cutter = None  # what it counted was rolled back; the next slice begins new chunks
            raise

    def _slice(self, now: datetime) -> bool:
        with self.database.write() as session:
            if not self.database.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            issue = session.get_one(Issue, self.issue_id, with_for_update=True)
            if issue.state != State.FREEZING or self.cursor not in (None, issue.freeze_cursor):
                return False
            rows = _people(session, issue)
            if not rows:
                _verify(session, issue, now)
                self.is_over = True
                return False
            last = rows[-1].subscriber_id
            counted = _count(session, issue, last)
            self._write(session, issue, rows)
            issue.freeze_cursor, issue.audience = last, issue.audience + counted
        self.cursor = last
        return True

    def _write(self, session: Session, issue: Issue, rows: Sequence[Standing]) -> None:
        cutter = self.cutter = self.cutter or _cutter(session, issue.id)
        chosen = self._editions_of(session, {row.topic_set_id for row in rows}, cutter)
        lines: list[Line] = []
        for row in rows:
            edition_id = chosen[row.topic_set_id]
            reason = row.reason or ("sample" if row.is_sample and self.really else None)
            if reason or edition_id is None:
                lines.append((issue.id, row.subscriber_id, None, Outcome.SKIPPED.value, reason or "no_section"))
            else:
                lines.append((issue.id, row.subscriber_id, cutter.place(row.subscriber_id, edition_id), None, None))
        cutter.end_lane_if_full()
        _insert_deliveries(session, lines)
        _store_chunks(session, issue.id, cutter.changed.values())
        cutter.changed.clear()

    def _editions_of(self, session: Session, topic_set_ids: set[int], cutter: Cutter) -> dict[int, int | None]:
        """Edition of each topic set, mapping first those that were never seen: a set may be chosen at any time."""
        known = select(EditionMap.topic_set_id, EditionMap.edition_id).where(
            EditionMap.issue_id == self.issue_id, EditionMap.topic_set_id.in_(topic_set_ids)
        )
        found: dict[int, int | None] = dict(session.execute(known).all())
        missing = topic_set_ids - found.keys()
        if missing:
            for topic_set in session.scalars(select(TopicSet).where(TopicSet.id.in_(missing))):
                edition_id = self.editions.of(session, topic_set.topic_ids)
                session.add(EditionMap(issue_id=self.issue_id, topic_set_id=topic_set.id, edition_id=edition_id))
                found[topic_set.id] = edition_id
            session.flush()
        for edition_id in {edition for edition in found.values() if edition} - cutter.most.keys():
            most = min(self.editions.most_in_a_call(session, edition_id), self.at_once)
            cutter.most[edition_id] = max(1, int(most))
        return found


def _people(session: Session, issue: Issue) -> Sequence[Standing]:
    """The next slice, by subscriber id, each with what their topic set and their person say."""
    rows = session.execute(
        standing(issue.publication_id)
        .add_columns(Subscriber.is_sample)
        .where(Subscription.subscriber_id > issue.freeze_cursor)
        .order_by(Subscription.subscriber_id)
        .limit(SLICE)
    )
    return [Standing(*row) for row in rows]


def _count(session: Session, issue: Issue, last: int) -> int:
    """How many subscriptions the slice has to hold, counted without joining anything."""
    counted = select(func.count()).where(
        Subscription.publication_id == issue.publication_id,
        Subscription.status.in_((Status.CONFIRMED, Status.PAUSED)),
        Subscription.subscriber_id > issue.freeze_cursor,
        Subscription.subscriber_id <= last,
    )
    return session.scalar(counted) or 0


def _cutter(session: Session, issue_id: int) -> Cutter:
    """Goes on after the chunks there are; those that were still open stay as they are."""
    highest = session.scalar(select(func.max(Chunk.id)).where(Chunk.issue_id == issue_id))
    if highest is None:
        return Cutter(issue_id=issue_id, next_number=0, most={})
    lane = session.scalar(select(func.max(Chunk.lane)).where(Chunk.issue_id == issue_id)) or 0
    return Cutter(issue_id=issue_id, next_number=number_of(highest) + 1, most={}, lane=max(lane, 0) + 1)


def number_of(chunk_id: int) -> int:
    """A chunk's number within its issue, from 0."""
    return chunk_id & ((1 << CHUNK_BITS) - 1)


def _insert_deliveries(session: Session, rows: Sequence[Line]) -> None:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO delivery (issue_id, subscriber_id, chunk_id, outcome, reason) VALUES (?, ?, ?, ?, ?)",
            list(rows),
        )
        return
    connection.exec_driver_sql(
        "INSERT INTO delivery (issue_id, subscriber_id, chunk_id, outcome, reason) "
        "SELECT * FROM unnest(%s::int[], %s::int[], %s::bigint[], %s::text[], %s::text[])",
        tuple(list(column) for column in zip(*rows, strict=True)),
    )


def _store_chunks(session: Session, issue_id: int, chunks: Iterable[Open]) -> None:
    rows = [chunk.values(issue_id) for chunk in chunks]
    if not rows:
        return
    statement = upsert.insert(session, Chunk)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Chunk.id],
            set_={"n": statement.excluded.n, "hi": statement.excluded.hi, "lane": statement.excluded.lane},
        ),
        rows,
    )


def _verify(session: Session, issue: Issue, now: datetime) -> None:
    """Let the issue send, if the rows agree with what the slices counted; else block it and say so."""
    written = session.scalar(select(func.count()).select_from(Delivery).where(Delivery.issue_id == issue.id)) or 0
    in_chunks = session.scalar(select(func.coalesce(func.sum(Chunk.n), 0)).where(Chunk.issue_id == issue.id)) or 0
    with_chunk = select(func.count()).select_from(Delivery)
    with_chunk = with_chunk.where(Delivery.issue_id == issue.id, Delivery.chunk_id.is_not(None))
    if written != issue.audience or in_chunks != (session.scalar(with_chunk) or 0):
        issue.state = State.BLOCKED
        issue.words = (
            f"The audience does not add up: {issue.audience} people were counted, {written} written, "
            f"{in_chunks} in chunks. Nothing was sent. Stop this issue and launch it again as a new one."
        )
        return
    issue.state = State.SENDING
    issue.sending_at = now
    if issue.pause_asked:
        session.flush()
        issue.state = State.PAUSED
