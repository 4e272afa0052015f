"""The send of one lane: claimed, read, marked as posting, handed over, written down.

One thread owns the ledger, several hand over. The order is the guarantee: `posting` is committed before the
first byte of a request leaves, with everybody who has left meanwhile taken out in the same transaction; no
transaction is open while a provider is asked; an answer is written in one transaction. A process that dies
leaves `claimed` chunks, which were not sent, and `posting` ones, which may have been.

This module gets the database itself, not a session, because it opens transactions around the gap in which the
provider is asked.
"""

import logging
import queue
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from newsletter.db import Database
from newsletter.delivery import due, replay, rules
from newsletter.delivery.answers import Posted, is_about_all, record, record_one
from newsletter.delivery.departures import Departures
from newsletter.delivery.messages import Messages, Person
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, Outcome
from newsletter.issues.models import Issue, State
from newsletter.providers.base import Answer, Batch, Lost, Provider, Result
from newsletter.subscribers.models import Subscriber

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A claimed chunk, its people and the request that is ready to go."""

    claim: due.Claim
    people: Sequence[Person]
    batch: Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something a sender thread reports: one person's result, or the whole call's answer."""

    posted: Posted
    answer: Answer | None = None
    position: int = 0
    result: Result | None = None


class LaneSender:
    """Sends the lanes of one issue. `open_provider` gives the calling thread its own way to the provider."""

    def __init__(
        self,
        *,
        database: Database,
        issue: Issue,
        messages: Messages,
        departures: Departures,
        open_provider: Callable[[], Provider],
        pool: ThreadPoolExecutor,
        senders: int,
        owner: str,
        clock: Callable[[], datetime],
        stopping: Callable[[], bool],
    ) -> None:
        self.database = database
        self.issue = issue
        self.messages = messages
        self.departures = departures
        self.open_provider = open_provider
        self.pool = pool
        self.senders = senders
        self.owner = owner
        self.clock = clock
        self.stopping = stopping
        self.heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self.under_way = 0
        self.renewed_at = clock()
        self.halted = False  # the provider takes nothing now: what is not posted goes back

    def run(self, claims: Sequence[due.Claim]) -> None:
        """Send these chunks; returns when each is settled or, when the process is to stop, given back."""
        ready = deque(self._read(claims))
        self.halted = False
        while ready or self.under_way:
            if self.halted or self.stopping():
                self._give_back(ready)
            group = [ready.popleft() for _ in range(min(len(ready), self.senders - self.under_way))]
            for chunk, posted in self._turn(group, self._listen(wait=not group)):
                self.under_way += 1
                self.pool.submit(self._hand_over, chunk, posted).add_done_callback(_complain)

    def ask_again(self, claims: Sequence[tuple[due.Claim, str]]) -> None:
        """Send chunks in doubt once more under their keys; each request must have the digest it had before."""
        digests = {claim.chunk_id: digest for claim, digest in claims}
        for chunk in self._read([claim for claim, _ in claims]):
            if self.open_provider().digest(chunk.batch) == digests[chunk.claim.chunk_id]:
                self.under_way += 1
                self.pool.submit(self._hand_over, chunk, self._posted(chunk)).add_done_callback(_complain)
            else:
                with self.database.write() as session:
                    replay.give_up(session, chunk.claim)
        while self.under_way:
            self._turn([], self._listen(wait=True))

    def _give_back(self, ready: deque[Ready]) -> None:
        if ready:
            with self.database.write() as session:
                due.give_back_these(session, [chunk.claim for chunk in ready])
            ready.clear()

    def _read(self, claims: Sequence[due.Claim]) -> list[Ready]:
        """The people of the claimed chunks, by one ordered range, outside any write lock."""
        if not claims:
            return []
        wanted = {claim.chunk_id: claim for claim in claims}
        people: dict[int, list[Person]] = {chunk_id: [] for chunk_id in wanted}
        with self.database.read() as session:
            self.messages.learn(session, {claim.edition_id for claim in claims})
            rows = session.execute(
                select(Delivery.subscriber_id, Delivery.chunk_id, Subscriber.address, Subscriber.name)
                .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
                .where(Delivery.issue_id == self.issue.id, Delivery.outcome.is_(None))
                .where(
                    Delivery.subscriber_id.between(min(claim.lo for claim in claims), max(claim.hi for claim in claims))
                )
                .order_by(Delivery.subscriber_id)
            )
            for subscriber_id, chunk_id, address, name in rows:
                if chunk_id in people:
                    people[chunk_id].append(Person(id=subscriber_id, address=address or "", name=name))
        return [self._prepare(claim, people[claim.chunk_id]) for claim in claims]

    def _prepare(self, claim: due.Claim, people: Sequence[Person]) -> Ready:
        return Ready(claim=claim, people=people, batch=self.messages.batch(claim, people))

    def _listen(self, *, wait: bool) -> list[Heard]:
        """What the senders have to report; waits for the first report when there is nothing else to do."""
        found = []
        if wait and self.under_way:
            found.append(self.heard.get())
        while True:
            try:
                found.append(self.heard.get_nowait())
            except queue.Empty:
                return found

    def _turn(self, group: Sequence[Ready], heard: Sequence[Heard]) -> list[tuple[Ready, Posted]]:
        """One commit: write down what was heard, and mark the group as posting."""
        now = self.clock()
        with self.database.write() as session:
            for report in heard:
                if report.answer is not None:
                    record(session, report.posted, report.answer, now)
                    self.halted = self.halted or is_about_all(report.answer)
                elif report.result is not None:
                    record_one(session, report.posted, report.position, report.result)
            marked = self._mark(session, group, now) if group else []
            if (now - self.renewed_at) * 2 > rules.CLAIM_LEASE:
                due.renew(session, self.owner, now)
                self.renewed_at = now
        self.under_way -= sum(report.answer is not None for report in heard)
        return marked

    def _mark(self, session: Session, group: Sequence[Ready], now: datetime) -> list[tuple[Ready, Posted]]:
        """Claimed → posting, where the issue still sends and without anybody who has left."""
        state = session.scalar(select(Issue.state).where(Issue.id == self.issue.id).with_for_update(read=True))
        if state != State.SENDING:
            due.give_back_these(session, [chunk.claim for chunk in group])
            return []
        gone = self.departures.gone(session)
        marked = []
        for chunk in group:
            left = [person for person in chunk.people if person.id in gone]
            if left:
                chunk = self._without(session, chunk, left, gone)
            if self._post(session, chunk, now):
                marked.append((chunk, self._posted(chunk)))
        return marked

    def _without(self, session: Session, chunk: Ready, left: Sequence[Person], gone: dict[int, str]) -> Ready:
        for person in left:
            session.execute(
                update(Delivery)
                .where(Delivery.issue_id == self.issue.id, Delivery.subscriber_id == person.id)
                .values(outcome=Outcome.SKIPPED, reason=gone[person.id])
            )
        return self._prepare(chunk.claim, [person for person in chunk.people if person.id not in gone])

    def _post(self, session: Session, chunk: Ready, now: datetime) -> bool:
        """The safety commit's row: False when this claim is no longer ours, or nobody is left to mail."""
        claim = chunk.claim
        held = (Chunk.id == claim.chunk_id, Chunk.attempt == claim.attempt, Chunk.state == ChunkState.CLAIMED)
        moved = session.execute(
            update(Chunk)
            .where(*held, Chunk.owner == self.owner)
            .values(
                state=ChunkState.POSTING,
                posting_at=now,
                lease_until=now + rules.POSTING_LEASE,
                digest=self.open_provider().digest(chunk.batch) if chunk.people else None,
            )
            .execution_options(synchronize_session=False)
            .returning(Chunk.id)
        ).scalar()
        if moved is None:
            return False
        session.execute(insert(Attempt).values(chunk_id=claim.chunk_id, number=claim.attempt, posting_at=now))
        if not chunk.people:
            session.execute(
                update(Chunk)
                .where(Chunk.id == claim.chunk_id)
                .values(state=ChunkState.DONE, done_at=now, owner=None)
                .execution_options(synchronize_session=False)
            )
        return bool(chunk.people)

    def _posted(self, chunk: Ready) -> Posted:
        return Posted(
            claim=chunk.claim,
            issue_id=self.issue.id,
            account_id=self.issue.account_id or 0,
            people=[person.id for person in chunk.people],
        )

    def _hand_over(self, chunk: Ready, posted: Posted) -> None:
        """In a sender thread: ask the provider. What happens here cannot be undone, and is always reported."""
        answer: Answer = Lost(words="The program failed while it was sending; see its log.")
        try:
            answer = self.open_provider().send(
                chunk.batch,
                lambda position, result: self.heard.put(Heard(posted=posted, position=position, result=result)),
            )
        finally:
            self.heard.put(Heard(posted=posted, answer=answer))


def _complain(done: Future[None]) -> None:
    if error := done.exception():
        log.error("A sender failed in the middle of a call; the chunk is in doubt.", exc_info=error)
