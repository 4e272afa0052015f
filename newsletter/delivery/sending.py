"""The send of one lane: claimed, read, marked as posting, handed over, written down.

One thread owns the ledger, several hand over. The order is the guarantee: `posting` is committed before the
first byte of a request leaves, with everybody who has left meanwhile taken out in the same transaction; no
transaction is open while a provider is asked; an answer is written in one transaction. A process that dies
leaves `claimed` chunks, which were not sent, and `posting` ones, which may have been.

This module gets the database itself, not a session, because it opens transactions around the gap in which the
provider is asked.
"""

import hashlib
import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from newsletter.db import Database
from newsletter.delivery import due, messages, replay, rules
from newsletter.delivery.answers import Posted, is_about_all, record, record_one
from newsletter.delivery.departures import Departures
from newsletter.delivery.messages import Messages, Person
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, Outcome
from newsletter.delivery.replay import Doubtful
from newsletter.issues.models import Issue, State
from newsletter.providers.base import Answer, Batch, Doubt, Facts, Lost, NotSent, OnResult, Provider, Result, Shape

log = logging.getLogger(__name__)

LISTEN_S = 5.0  # so often at least the leases are looked at while providers are slow
FRESH_S = 5.0  # a request that has not left by then is not sent: the ledger may have given it up meanwhile
AWAY_S = 600.0  # how long a database that is away is waited for with answers that are not written down yet
AGAIN_S = 0.2  # between two tries to write them down
FAILED = "The program failed while it was sending; see its log."
STOOD_STILL = "The worker stood still before it sent; it sends this again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A claimed chunk, its people and the request that is ready to go, with its digest where that is of use."""

    claim: due.Claim
    people: Sequence[Person]
    batch: Batch
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something a sender thread reports: one person's result, or the whole call's answer."""

    posted: Posted
    answer: Answer | None = None
    position: int = 0
    result: Result | None = None


Held = tuple[due.Claim, Sequence[Person]]  # a claimed chunk and the people in it


class LaneSender:
    """Sends the lanes of one issue. `open_provider` gives the calling thread its own way to the provider.

    `account_mark` names the account with its settings: a request in doubt is only ever repeated to the same one.
    """

    def __init__(
        self,
        *,
        database: Database,
        issue: Issue,
        mails: Messages,
        departures: Departures,
        open_provider: Callable[[], Provider],
        facts: Facts,
        account_mark: str,
        pool: ThreadPoolExecutor,
        senders: int,
        owner: str,
        clock: Callable[[], datetime],
        stopping: Callable[[], bool],
    ) -> None:
        self.database = database
        self.issue = issue
        self.messages = mails
        self.departures = departures
        self.open_provider = open_provider
        self.is_keyed = facts.doubt is Doubt.KEYED
        self.one_by_one = facts.shape is Shape.SINGLE and not self.is_keyed  # answers are worth writing down singly
        self.account_mark = account_mark
        self.pool = pool
        self.senders = senders
        self.owner = owner
        self.clock = clock
        self.stopping = stopping
        self.heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self.under_way: set[int] = set()  # chunks that a sender thread has
        self.renewed_at = clock()
        self.marked_at = 0.0  # when the last chunks were marked as posting, on the monotonic clock
        self.halted = False  # the provider or the issue takes nothing now: what is not posted goes back

    def run(self, claims: Sequence[due.Claim]) -> None:
        """Send these chunks; returns when each is settled or, when the turn is to end, given back."""
        waiting = deque(self._read(claims))
        self.halted = False
        while waiting or self.under_way:
            if self.halted or self.stopping():
                waiting.clear()  # the next commit gives them back
            group = [self._prepare(*waiting.popleft()) for _ in range(min(len(waiting), self._free))]
            for chunk in self._turn(group, self._listen(wait=not group)):
                self._submit(chunk)

    def ask_again(self, doubts: Sequence[Doubtful]) -> None:
        """Send chunks in doubt once more under their keys, where each request is what it was before."""
        by_chunk = {doubt.claim.chunk_id: doubt for doubt in doubts}
        waiting = deque(self._read([doubt.claim for doubt in doubts]))
        with self.database.write() as session:
            gone = self.departures.gone(session)
        while waiting or self.under_way:
            if self.stopping():
                waiting.clear()  # their lease ends, and somebody asks then
            for _ in range(min(len(waiting), self._free)):
                chunk = self._prepare(*waiting.popleft())
                doubt = by_chunk[chunk.claim.chunk_id]
                reason = replay.objection(doubt, chunk.digest, chunk.people, gone, self.clock())
                if reason:
                    with self.database.write() as session:
                        replay.give_up(session, chunk.claim, reason)
                else:
                    self.marked_at = time.monotonic()
                    self._submit(chunk)
            self._turn([], self._listen(wait=True))

    @property
    def _free(self) -> int:
        return self.senders - len(self.under_way)

    def _read(self, claims: Sequence[due.Claim]) -> list[Held]:
        """The people of the claimed chunks, by one ordered range, outside any write lock."""
        if not claims:
            return []
        with self.database.read() as session:
            self.messages.learn(session, {claim.edition_id for claim in claims})
            people = messages.people_of(session, self.issue.id, claims)
        return [(claim, people[claim.chunk_id]) for claim in claims]

    def _prepare(self, claim: due.Claim, people: Sequence[Person]) -> Ready:
        batch = self.messages.batch(claim, people)
        return Ready(claim=claim, people=people, batch=batch, digest=self._digest(batch))

    def _digest(self, batch: Batch) -> str | None:
        """What a repeat must be equal to; None where the provider knows no keys, so nothing is ever repeated."""
        if not self.is_keyed or not batch.recipients:
            return None
        return hashlib.sha256(f"{self.account_mark} {self.open_provider().digest(batch)}".encode()).hexdigest()

    def _listen(self, *, wait: bool) -> list[Heard]:
        """What the senders have to report; waits a while for the first report when there is nothing else to do."""
        found = []
        try:
            if wait and self.under_way:
                found.append(self.heard.get(timeout=LISTEN_S))
            while True:
                found.append(self.heard.get_nowait())
        except queue.Empty:
            return found

    def _turn(self, group: Sequence[Ready], heard: Sequence[Heard]) -> list[Ready]:
        """One commit: write down what was heard, and mark the group as posting. Those that may be sent now.

        While the database is away the answers are kept and tried again; the group, of which nothing has left, is
        given back, whether its commit arrived or not.
        """
        try:
            with self.database.write() as session:
                self._write_down(session, heard)
                marked = self._mark(session, group) if group else []
                if self.halted or self.stopping():
                    due.give_back(session, self.owner)  # others need not wait for the calls under way here
        except (OperationalError, InterfaceError) as error:
            log.warning("The ledger could not be written (%s); trying again.", type(error).__name__)
            self._insist(group, heard)
            marked = []
        self.under_way -= {report.posted.claim.chunk_id for report in heard if report.answer is not None}
        return marked

    def _insist(self, group: Sequence[Ready], heard: Sequence[Heard]) -> None:
        until = time.monotonic() + AWAY_S
        while True:
            time.sleep(AGAIN_S)
            try:
                with self.database.write() as session:
                    self._write_down(session, heard)
                    due.take_back(session, [chunk.claim for chunk in group], self.owner)
            except (OperationalError, InterfaceError):
                if time.monotonic() > until:
                    raise
            else:
                return

    def _write_down(self, session: Session, heard: Sequence[Heard]) -> None:
        now = self.clock()
        for report in heard:
            if report.answer is not None:
                record(session, report.posted, report.answer, now)
                self.halted = self.halted or is_about_all(report.answer)
            elif report.result is not None:
                record_one(session, report.posted, report.position, report.result)
        if (now - self.renewed_at) * 2 > rules.CLAIM_LEASE:
            due.renew(session, self.owner, self.under_way, now)
            self.renewed_at = now

    def _mark(self, session: Session, group: Sequence[Ready]) -> list[Ready]:
        """Claimed → posting, where the issue still sends and without anybody who has left."""
        now, self.marked_at = self.clock(), time.monotonic()
        state = session.scalar(select(Issue.state).where(Issue.id == self.issue.id).with_for_update(read=True))
        if state != State.SENDING:
            due.take_back(session, [chunk.claim for chunk in group], self.owner)
            self.halted = True
            return []
        gone = self.departures.gone(session)
        kept = [self._without(session, chunk, gone) for chunk in group]
        return [chunk for chunk in kept if self._post(session, chunk, now)]

    def _without(self, session: Session, chunk: Ready, gone: Mapping[int, str]) -> Ready:
        left = [person.id for person in chunk.people if person.id in gone]
        for subscriber_id in left:
            session.execute(
                update(Delivery)
                .where(Delivery.issue_id == self.issue.id, Delivery.subscriber_id == subscriber_id)
                .values(outcome=Outcome.SKIPPED, reason=gone[subscriber_id])
            )
        if not left:
            return chunk
        return self._prepare(chunk.claim, [person for person in chunk.people if person.id not in gone])

    def _post(self, session: Session, chunk: Ready, now: datetime) -> bool:
        """The safety commit's row: False when this claim is no longer ours, or nobody is left to mail."""
        claim = chunk.claim
        held = (Chunk.id == claim.chunk_id, Chunk.attempt == claim.attempt, Chunk.state == ChunkState.CLAIMED)
        lease = now + rules.POSTING_LEASE
        moved = session.execute(
            update(Chunk)
            .where(*held, Chunk.owner == self.owner)
            .values(state=ChunkState.POSTING, posting_at=now, lease_until=lease, digest=chunk.digest)
            .execution_options(synchronize_session=False)
            .returning(Chunk.id)
        )
        if moved.scalar() is None:
            return False
        if chunk.people:
            session.execute(insert(Attempt).values(chunk_id=claim.chunk_id, number=claim.attempt, posting_at=now))
            return True
        session.execute(
            update(Chunk)
            .where(Chunk.id == claim.chunk_id)
            .values(state=ChunkState.DONE, done_at=now, owner=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )
        return False

    def _submit(self, chunk: Ready) -> None:
        posted = Posted(
            claim=chunk.claim,
            issue_id=self.issue.id,
            account_id=self.issue.account_id or 0,
            people=[person.id for person in chunk.people],
        )
        self.under_way.add(chunk.claim.chunk_id)
        self.pool.submit(self._hand_over, chunk, posted, self.marked_at).add_done_callback(_complain)

    def _hand_over(self, chunk: Ready, posted: Posted, marked_at: float) -> None:
        """In a sender thread: ask the provider. What happens here cannot be undone, and is always reported."""
        answer: Answer = Lost(words=FAILED)
        try:
            if time.monotonic() - marked_at > FRESH_S:
                answer = NotSent(words=STOOD_STILL, wait_s=0)
            else:
                answer = self.open_provider().send(chunk.batch, self._teller(posted))
        finally:
            self.heard.put(Heard(posted=posted, answer=answer))

    def _teller(self, posted: Posted) -> OnResult | None:
        if not self.one_by_one:
            return None
        return lambda position, result: self.heard.put(Heard(posted=posted, position=position, result=result))


def _complain(done: Future[None]) -> None:
    if error := done.exception():
        log.error("A sender failed in the middle of a call; the chunk is in doubt.", exc_info=error)
