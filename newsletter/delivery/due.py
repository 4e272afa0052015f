"""Claiming: which chunks this worker may send now, within the pace of their provider account."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from newsletter.delivery import rules
from newsletter.delivery.models import Chunk, ChunkState
from newsletter.issues.models import Issue, State
from newsletter.publications.models import ProviderAccount

BURST_S = 1.0  # the bucket holds what may leave in this time


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A chunk this process holds. `attempt` is the fence: only this attempt may post and record."""

    chunk_id: int
    edition_id: int
    n: int
    lo: int
    hi: int
    attempt: int
    key: str


def is_due(now: datetime) -> ColumnElement[bool]:
    """A pending chunk that need not wait any longer."""
    return (Chunk.state == ChunkState.PENDING) & or_(Chunk.not_before.is_(None), Chunk.not_before <= now)


def issues_to_send(session: Session, now: datetime) -> list[int]:
    """Issues with something to send, oldest launch first; none that waits for its provider account.

    One whose account is gone is among them, so that somebody is told.
    """
    free = or_(ProviderAccount.not_before.is_(None), ProviderAccount.not_before <= now)
    return list(
        session.scalars(
            select(Issue.id)
            .outerjoin(ProviderAccount, ProviderAccount.id == Issue.account_id)
            .where(Issue.state == State.SENDING, ProviderAccount.held_words.is_(None), free)
            .where(select(Chunk.id).where(Chunk.issue_id == Issue.id, is_due(now)).exists())
            .order_by(Issue.launched_at)
        )
    )


def lanes(session: Session, issue_id: int, now: datetime) -> list[int]:
    """Lanes of an issue that hold a due chunk, in the order of the audience, rare editions last."""
    found = session.scalars(select(Chunk.lane).where(Chunk.issue_id == issue_id, is_due(now)).distinct())
    return sorted(found, key=lambda lane: (lane < 0, abs(lane)))


def claim(session: Session, issue: Issue, lane: int, owner: str, now: datetime) -> list[Claim]:
    """Take the due chunks of a lane, as many as the account's pace allows; at least one when any is allowed.

    Whoever comes second gets none of them.
    """
    due = select(Chunk.id, Chunk.n).where(Chunk.issue_id == issue.id, Chunk.lane == lane, is_due(now))
    wanted = list(session.execute(due.order_by(Chunk.id)))
    ids = _within_pace(session, issue.account_id, wanted, now)
    if not ids:
        return []
    taken = session.execute(
        update(Chunk)
        .where(Chunk.id.in_(ids), Chunk.state == ChunkState.PENDING)
        .values(
            state=ChunkState.CLAIMED,
            attempt=Chunk.attempt + 1,
            owner=owner,
            lease_until=now + rules.CLAIM_LEASE,
            account_id=issue.account_id,
        )
        .execution_options(synchronize_session=False)
        .returning(Chunk.id, Chunk.edition_id, Chunk.n, Chunk.lo, Chunk.hi, Chunk.attempt, Chunk.key)
    )
    return sorted((_claim(*row) for row in taken), key=lambda found: found.chunk_id)


def _claim(chunk_id: int, edition_id: int, n: int, lo: int, hi: int, attempt: int, key: str) -> Claim:
    return Claim(chunk_id=chunk_id, edition_id=edition_id, n=n, lo=lo, hi=hi, attempt=attempt, key=key)


def _within_pace(
    session: Session, account_id: int | None, wanted: Sequence[tuple[int, int]], now: datetime
) -> list[int]:
    """Ids of the first chunks the bucket allows. It may go below zero once, and then has to fill up again."""
    account = session.get(ProviderAccount, account_id, with_for_update=True) if account_id else None
    if account is None or account.rate_per_s is None:
        return [chunk_id for chunk_id, _ in wanted]
    refill(account, now)
    taken = []
    for chunk_id, n in wanted:
        if account.tokens <= 0:
            break
        account.tokens -= n
        taken.append(chunk_id)
    return taken


def refill(account: ProviderAccount, now: datetime) -> None:
    """Add what has trickled into the bucket since it was last looked at."""
    rate = account.rate_per_s or 0.0
    since = (now - account.refilled_at).total_seconds() if account.refilled_at else BURST_S
    account.tokens = min(account.tokens + rate * max(since, 0.0), max(rate * BURST_S, 1.0))
    account.refilled_at = now


def renew(session: Session, owner: str, under_way: Collection[int], now: datetime) -> None:
    """Keep this process's claims for another lease, and the chunks whose calls are under way (ids) for theirs."""
    mine = update(Chunk).where(Chunk.owner == owner).execution_options(synchronize_session=False)
    session.execute(mine.where(Chunk.state == ChunkState.CLAIMED).values(lease_until=now + rules.CLAIM_LEASE))
    asked = (Chunk.state == ChunkState.POSTING) & Chunk.id.in_(under_way)
    session.execute(mine.where(asked).values(lease_until=now + rules.POSTING_LEASE))


def give_back(session: Session, owner: str) -> int:
    """Let go of what this process claimed and did not post: when it stops. Says how many chunks."""
    freed = session.execute(
        update(Chunk)
        .where(Chunk.owner == owner, Chunk.state == ChunkState.CLAIMED)
        .values(state=ChunkState.PENDING, owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
        .returning(Chunk.id)
    )
    return len(freed.all())


def take_back(session: Session, claims: Sequence[Claim], owner: str) -> None:
    """Make pending what this process still holds, whether or not it got as far as posting: no byte of it has left."""
    for claim in claims:
        session.execute(
            update(Chunk)
            .where(Chunk.id == claim.chunk_id, Chunk.attempt == claim.attempt, Chunk.owner == owner)
            .where(Chunk.state.in_((ChunkState.CLAIMED, ChunkState.POSTING)))
            .values(state=ChunkState.PENDING, owner=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )
