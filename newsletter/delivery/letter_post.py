"""Sending letters: the path of an issue's chunks, for one person at a time, on a queue of its own.

pending → claimed → posting (committed before the first byte) → done, failed, unknown, or pending again when it
was provably not sent. A confirmation or sign-in letter that is in doubt is sent once more: its reader waits for
it, and a second copy does no harm.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from newsletter.delivery import alarms, enveloping, rules
from newsletter.delivery.enveloping import Envelope
from newsletter.delivery.models import ChunkState, Letter, LetterKind
from newsletter.delivery.runtime import Runtime
from newsletter.providers.base import (
    Accepted,
    Answer,
    Answered,
    Lost,
    NotSent,
    Refused,
    Rejected,
    Result,
    Scope,
    Unclear,
    Untouched,
)
from newsletter.publications.models import ProviderAccount

log = logging.getLogger(__name__)

MANY = 50  # letters claimed at once
ONCE_MORE = frozenset({LetterKind.CONFIRM, LetterKind.SIGN_IN})
MOST_ATTEMPTS = 8


def is_due(now: datetime) -> ColumnElement[bool]:
    """A letter that need not wait any longer."""
    return (Letter.state == ChunkState.PENDING) & or_(Letter.not_before.is_(None), Letter.not_before <= now)


def any_due(session: Session, now: datetime) -> bool:
    return session.scalar(select(Letter.id).where(is_due(now)).limit(1)) is not None


def send_due(runtime: Runtime) -> int:
    """Send every letter that is due; says how many were handed over or settled."""
    settled = 0
    with runtime.database.write() as session:
        once_more(session)
    try:
        while claimed := _take(runtime):
            for letter_id, attempt in claimed:
                if not runtime.stop.is_set():
                    settled += _send(runtime, letter_id, attempt)
    finally:
        with runtime.database.write() as session:
            _give_back(session, runtime.owner)
    return settled


def once_more(session: Session) -> None:
    """Let letters that somebody waits for, and that are in doubt, go out a second time: only once."""
    session.execute(
        update(Letter)
        .where(Letter.state == ChunkState.UNKNOWN, Letter.kind.in_(ONCE_MORE), ~Letter.is_repeat)
        .values(state=ChunkState.PENDING, is_repeat=True)
        .execution_options(synchronize_session=False)
    )


def _take(runtime: Runtime) -> list[tuple[int, int]]:
    if runtime.stop.is_set():
        return []
    with runtime.database.write() as session:
        return _claim(session, runtime.owner, runtime.now())


def _give_back(session: Session, owner: str) -> None:
    """Let go of what this process claimed and did not post: when it stops, or stumbled over a letter."""
    session.execute(
        update(Letter)
        .where(Letter.owner == owner, Letter.state == ChunkState.CLAIMED)
        .values(state=ChunkState.PENDING, owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _claim(session: Session, owner: str, now: datetime) -> list[tuple[int, int]]:
    """The letters this process sends next. One that it stumbled over before comes after all others."""
    wanted = session.scalars(select(Letter.id).where(is_due(now)).order_by(Letter.attempt, Letter.id).limit(MANY)).all()
    taken = session.execute(
        update(Letter)
        .where(Letter.id.in_(wanted), Letter.state == ChunkState.PENDING)
        .values(
            state=ChunkState.CLAIMED,
            attempt=Letter.attempt + 1,
            owner=owner,
            lease_until=now + rules.CLAIM_LEASE * 5,
        )
        .execution_options(synchronize_session=False)
        .returning(Letter.id, Letter.attempt)
    )
    return sorted(taken.all())


def _send(runtime: Runtime, letter_id: int, attempt: int) -> bool:
    """One letter, from its row to its answer. False: it was not ours any more, or has to wait."""
    ready = enveloping.prepare(runtime, letter_id)
    now = runtime.now()
    with runtime.database.write() as session:
        letter = session.get_one(Letter, letter_id, with_for_update=True)
        if letter.state != ChunkState.CLAIMED or letter.attempt != attempt or letter.owner != runtime.owner:
            return False
        if isinstance(ready, Envelope):
            ready = enveloping.stopped(session, letter, ready) or ready
        match ready:
            case Envelope():
                letter.state, letter.posting_at, letter.account_id = ChunkState.POSTING, now, ready.account.id
                letter.lease_until = now + rules.POSTING_LEASE
            case datetime():
                _let_wait(letter, ready)
                return False
            case _:
                letter.state, letter.reason, letter.done_at = ChunkState.FAILED, ready, now
                letter.owner = letter.lease_until = None
                return True
    answer = runtime.provider(ready.account).send(ready.batch)
    with runtime.database.write() as session:
        _record(session, letter_id, attempt, answer, runtime.now())
    return True


def _let_wait(letter: Letter, until: datetime) -> None:
    """Back to waiting: nothing was tried."""
    letter.state, letter.not_before = ChunkState.PENDING, until
    letter.attempt -= 1
    letter.owner = letter.lease_until = None


def _record(session: Session, letter_id: int, attempt: int, answer: Answer, now: datetime) -> None:
    letter = session.get_one(Letter, letter_id, with_for_update=True)
    if letter.attempt != attempt or letter.state not in (ChunkState.POSTING, ChunkState.UNKNOWN):
        return
    result: Answer | Result = answer.results[0] if isinstance(answer, Answered) else answer
    match result:
        case Accepted():
            letter.state, letter.done_at, letter.provider_id = ChunkState.DONE, now, result.provider_id
        case Refused(scope=Scope.ACCOUNT) | Rejected(scope=Scope.ACCOUNT):
            _later(letter, None, now)
            _hold(session, letter, result.words, now)
        case Refused() | Rejected():
            letter.state, letter.done_at = ChunkState.FAILED, now
        case Lost() | Unclear():
            letter.state = ChunkState.UNKNOWN
        case NotSent() | Untouched():
            _later(letter, result.wait_s, now)
        case Answered():
            raise AssertionError("an answer for one letter has one result")
    letter.reason = None if isinstance(result, Accepted) else result.words[:300]
    letter.owner = letter.lease_until = None


def _hold(session: Session, letter: Letter, words: str, now: datetime) -> None:
    """Let nothing leave through this letter's account until somebody acts, and say so once."""
    account = session.get_one(ProviderAccount, letter.account_id, with_for_update=True)
    if account.held_words is None:
        account.held_words = words
        alarms.account_held(session, account, letter.publication_id, now)


def _later(letter: Letter, wait_s: float | None, now: datetime) -> None:
    if letter.state == ChunkState.UNKNOWN:
        return
    if letter.attempt >= MOST_ATTEMPTS:
        letter.state, letter.done_at = ChunkState.FAILED, now
        return
    letter.state = ChunkState.PENDING
    letter.not_before = now + max(rules.back_off(letter.attempt, wait_s), timedelta(seconds=1))
