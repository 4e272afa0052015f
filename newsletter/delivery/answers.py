"""What an answer means for the ledger: one transaction moves the chunk and everybody in it.

The table of what was seen and what follows is the guarantee's second half (the first is the commit of
`posting`): only what is provably not sent goes back to pending; what may have been taken is unknown.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from newsletter.delivery import alarms, rules
from newsletter.delivery.audience import CHUNK_BITS, number_of
from newsletter.delivery.due import Claim
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, Outcome
from newsletter.issues.models import Issue, State
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

WORDS = 300  # characters of a reason that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A chunk that was handed to the provider, and to whom: subscriber ids by position."""

    claim: Claim
    issue_id: int
    account_id: int
    people: Sequence[int]


def record(session: Session, posted: Posted, answer: Answer, now: datetime) -> bool:
    """Write down what an answer means. False, and nothing written, when this attempt is no longer the one.

    A late answer may still settle an unknown; nothing settles what is settled.
    """
    chunk = session.execute(
        select(Chunk)
        .where(Chunk.id == posted.claim.chunk_id, Chunk.attempt == posted.claim.attempt)
        .where(Chunk.state.in_((ChunkState.POSTING, ChunkState.UNKNOWN)))
        .with_for_update()
    ).scalar_one_or_none()
    if chunk is None:
        return False
    match answer:
        case Answered():
            _answered(session, chunk, posted, answer, now)
        case NotSent():
            _again(chunk, answer.words, now)
            _wait(session, posted.account_id, answer, now)
        case Lost():
            chunk.state, chunk.ever_unknown, chunk.words = ChunkState.UNKNOWN, True, _cut(answer.words)
            chunk.not_before = now + rules.ASK_AGAIN
        case Rejected():
            _rejected(session, chunk, posted, answer, now)
    chunk.owner = chunk.lease_until = None
    _end_attempt(session, posted, answer, chunk.state, now)
    return True


def record_one(session: Session, posted: Posted, position: int, result: Result) -> None:
    """Write down one person's answer while the rest of the call is still under way (SMTP)."""
    if isinstance(result, Accepted):
        _outcome(session, posted, [position], Outcome.ACCEPTED, None)
    elif isinstance(result, Refused) and result.scope == Scope.RECIPIENT:
        _outcome(session, posted, [position], Outcome.REJECTED, result.words)


def _answered(session: Session, chunk: Chunk, posted: Posted, answer: Answered, now: datetime) -> None:
    """Each person's own result. Who was provably not taken for no fault of theirs goes into a new chunk."""
    again: dict[int, Untouched | Refused] = {}
    in_doubt = chunk.state == ChunkState.UNKNOWN  # then a repeat answers, and the call before may have been taken
    for position, result in enumerate(answer.results):
        match result:
            case Untouched() | Refused(scope=Scope.ACCOUNT) if in_doubt:
                _settle(session, posted, position, Unclear(words=result.words), now)
            case Untouched() | Refused(scope=Scope.ACCOUNT):
                again[posted.people[position]] = result
            case _:
                _settle(session, posted, position, result, now)
    chunk.state, chunk.done_at, chunk.words = ChunkState.DONE, now, None
    chunk.provider_ids = _packed(answer.results)
    if again:
        _put_back(session, chunk, posted, again, now)
    session.execute(
        update(ProviderAccount)
        .where(ProviderAccount.id == posted.account_id, ProviderAccount.failures > 0)
        .values(failures=0)
    )


def _settle(session: Session, posted: Posted, position: int, result: Result, now: datetime) -> None:
    """Write down one person's result where it is not that of the whole chunk."""
    match result:
        case Refused():
            _outcome(session, posted, [position], Outcome.REJECTED, result.words)
            if result.scope is Scope.MESSAGE:
                block(session, posted.issue_id, result.words, now)
        case Unclear():
            _outcome(session, posted, [position], Outcome.UNKNOWN, result.words)
        case _:
            return


def _put_back(
    session: Session, chunk: Chunk, posted: Posted, again: Mapping[int, Untouched | Refused], now: datetime
) -> None:
    """Those who were not taken wait in a new chunk; what is about the account holds it."""
    results = list(again.values())
    asked_s = max((each.wait_s for each in results if isinstance(each, Untouched) and each.wait_s), default=None)
    _move(session, chunk, list(again), results[0].words, now + rules.back_off(chunk.attempt, asked_s))
    for each in results:
        if isinstance(each, Refused):
            hold(session, posted.account_id, posted.issue_id, each.words, now)
            return


def _packed(results: Sequence[Result]) -> bytes | None:
    """The provider's ids by position; None where it gives none."""
    ids = [result.provider_id if isinstance(result, Accepted) else None for result in results]
    return json.dumps(ids, separators=(",", ":")).encode() if any(ids) else None


def _again(chunk: Chunk, words: str, now: datetime) -> None:
    """Provably not taken now: the same chunk, later. One in doubt stays so: the call before may have been taken."""
    if chunk.state == ChunkState.UNKNOWN:
        chunk.words, chunk.not_before = _cut(words), now + rules.ASK_AGAIN
        return
    chunk.state, chunk.words = ChunkState.PENDING, _cut(words)
    chunk.not_before = now


def _wait(session: Session, account_id: int, answer: NotSent, now: datetime) -> None:
    account = session.get_one(ProviderAccount, account_id, with_for_update=True)
    if account.not_before and account.not_before > now:
        return  # other calls of the same moment said so already
    account.failures += 1
    account.not_before = now + rules.back_off(account.failures, answer.wait_s)


def _rejected(session: Session, chunk: Chunk, posted: Posted, answer: Rejected, now: datetime) -> None:
    words = _cut(answer.words)
    if answer.scope == Scope.ACCOUNT:
        hold(session, posted.account_id, posted.issue_id, words, now)
    elif answer.scope == Scope.MESSAGE:
        block(session, posted.issue_id, words, now)
    if answer.scope in (Scope.ACCOUNT, Scope.MESSAGE) or chunk.state == ChunkState.UNKNOWN:
        _again(chunk, words, now)
        return
    if len(posted.people) > 1:
        half = len(posted.people) // 2
        for part in (posted.people[:half], posted.people[half:]):
            _move(session, chunk, part, words, now)
    chunk.state, chunk.done_at, chunk.words = ChunkState.FAILED, now, words


def is_about_all(answer: Answer) -> bool:
    """Whether the answer says that the next call would fare no better."""
    return isinstance(answer, NotSent) or (isinstance(answer, Rejected) and answer.scope != Scope.BATCH)


def hold(session: Session, account_id: int, issue_id: int, words: str, now: datetime) -> None:
    """Let nothing leave through this account until somebody acts, and say so at the issue."""
    session.execute(
        update(ProviderAccount)
        .where(ProviderAccount.id == account_id)
        .values(held_words=_cut(words))
        .execution_options(synchronize_session=False)
    )
    block(session, issue_id, words, now)


def block(session: Session, issue_id: int, words: str, now: datetime) -> None:
    """Hold an issue until somebody acts, and tell the owners once; what is under way ends as it ends."""
    blocked = session.execute(
        update(Issue)
        .where(Issue.id == issue_id, Issue.state.in_((State.LAUNCHED, State.FREEZING, State.SENDING)))
        .values(state=State.BLOCKED, words=_cut(words))
        .execution_options(synchronize_session=False)
        .returning(Issue.id)
    ).scalar()
    if blocked is not None:
        alarms.issue_blocked(session, session.get_one(Issue, issue_id), _cut(words), now)


def _move(session: Session, chunk: Chunk, people: Sequence[int], words: str, not_before: datetime) -> None:
    """Put these deliveries into a new pending chunk, with a key of its own. Numbers are given one after the other."""
    session.execute(select(Issue.id).where(Issue.id == chunk.issue_id).with_for_update())
    highest = session.scalar(select(func.max(Chunk.id)).where(Chunk.issue_id == chunk.issue_id)) or 0
    fresh = Chunk(
        id=(chunk.issue_id << CHUNK_BITS) + number_of(highest) + 1,
        issue_id=chunk.issue_id,
        lane=chunk.lane,
        edition_id=chunk.edition_id,
        n=len(people),
        lo=min(people),
        hi=max(people),
        key=secrets.token_urlsafe(18),
        words=_cut(words),
        not_before=not_before,
        resend_of=chunk.id,
    )
    session.add(fresh)
    session.flush()
    chunk.n -= len(people)
    session.execute(
        update(Delivery)
        .where(Delivery.issue_id == chunk.issue_id, Delivery.subscriber_id.in_(people))
        .values(chunk_id=fresh.id)
        .execution_options(synchronize_session=False)
    )


def _outcome(session: Session, posted: Posted, positions: Sequence[int], outcome: Outcome, words: str | None) -> None:
    people = [posted.people[position] for position in positions]
    session.execute(
        update(Delivery)
        .where(Delivery.issue_id == posted.issue_id, Delivery.subscriber_id.in_(people))
        .values(outcome=outcome, reason=_cut(words) if words else None)
        .execution_options(synchronize_session=False)
    )


def _end_attempt(session: Session, posted: Posted, answer: Answer, state: ChunkState, now: datetime) -> None:
    session.execute(
        update(Attempt)
        .where(Attempt.chunk_id == posted.claim.chunk_id, Attempt.number == posted.claim.attempt)
        .values(
            ended_at=now,
            outcome=state.value,
            status=answer.status,
            request_id=answer.request_id if isinstance(answer, Answered) else None,
        )
    )


def _cut(words: str) -> str:
    return words if len(words) <= WORDS else words[: WORDS - 1] + "…"
