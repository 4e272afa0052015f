"""Looking in the database for what is due. Idempotent: any worker may do it, at any time, twice at once.

It launches what is scheduled, takes back claims whose owner is gone, names what may or may not have been sent,
and finishes issues. Nobody is ever sent again because time has passed: an expired `posting` is unknown.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from newsletter.delivery.models import Chunk, ChunkState, Letter
from newsletter.delivery.owners import is_gone
from newsletter.issues.models import Issue, State
from newsletter.providers.base import Doubt, Facts
from newsletter.publications.models import Installation, ProviderAccount

LOST = "The worker that was sending this stopped in the middle of a call."

Ledger = type[Chunk] | type[Letter]
FactsOf = Callable[[ProviderAccount], Facts | None]  # what an account's provider declares, if it can be opened


def reap(session: Session, now: datetime) -> int:
    """Take back what dead or late owners held. Says how many chunks and letters moved."""
    return sum(_reap(session, kind, now) for kind in (Chunk, Letter))


def _reap(session: Session, kind: Ledger, now: datetime) -> int:
    held = select(kind.owner).where(kind.state.in_((ChunkState.CLAIMED, ChunkState.POSTING))).distinct()
    dead = [owner for owner in session.scalars(held) if owner and is_gone(owner)]
    over = or_(kind.lease_until < now, kind.owner.in_(dead))
    freed = _move(session, kind, and_(kind.state == ChunkState.CLAIMED, over), {"state": ChunkState.PENDING})
    doubt: dict[str, object] = {"state": ChunkState.UNKNOWN}
    doubt |= {"words": LOST, "ever_unknown": True} if kind is Chunk else {"reason": LOST}
    lost = _move(session, kind, and_(kind.state == ChunkState.POSTING, over), doubt)
    return freed + lost


def _move(session: Session, kind: Ledger, where: ColumnElement[bool], values: dict[str, object]) -> int:
    moved = session.execute(
        update(kind)
        .where(where)
        .values(**values, owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
        .returning(kind.id)
    )
    return len(moved.all())


def finish(session: Session, facts_of: FactsOf, now: datetime) -> list[int]:
    """End every issue that has nothing left to send and no doubt that could still be settled. Their ids."""
    finished = []
    open_states = (ChunkState.PENDING, ChunkState.CLAIMED, ChunkState.POSTING)
    for issue in session.scalars(select(Issue).where(Issue.state == State.SENDING)):
        chunks = select(Chunk.id).where(Chunk.issue_id == issue.id)
        if session.scalar(chunks.where(Chunk.state.in_(open_states)).limit(1)):
            continue
        if _can_be_settled(session, issue, facts_of, now):
            continue
        moved = session.scalar(  # unless somebody paused or stopped it at this moment
            update(Issue)
            .where(Issue.id == issue.id, Issue.state == State.SENDING)
            .values(state=State.FINISHED, finished_at=now)
            .returning(Issue.id)
        )
        finished += [moved] if moved else []
    return finished


def _can_be_settled(session: Session, issue: Issue, facts_of: FactsOf, now: datetime) -> bool:
    """Whether an unknown chunk of this issue may still be sent again under its key."""
    account = session.get(ProviderAccount, issue.account_id) if issue.account_id else None
    facts = facts_of(account) if account else None
    return facts is not None and any(may_replay(chunk, facts, now) for chunk in unknown_chunks(session, issue.id))


def unknown_chunks(session: Session, issue_id: int) -> list[Chunk]:
    found = select(Chunk).where(Chunk.issue_id == issue_id, Chunk.state == ChunkState.UNKNOWN)
    return list(session.scalars(found.order_by(Chunk.id)))


def may_replay(chunk: Chunk, facts: Facts, now: datetime) -> bool:
    """Whether the same request may be sent again: the provider knows keys, and is still sure to know this one.

    A chunk whose request could not be built again to the byte has lost its digest and stays unknown.
    """
    if facts.doubt != Doubt.KEYED or chunk.posting_at is None or chunk.digest is None:
        return False
    return (now - chunk.posting_at).total_seconds() < 0.8 * facts.key_lifetime_s


def beat(session: Session, now: datetime) -> None:
    """Note that a worker is alive and sweeping."""
    session.execute(update(Installation).values(beat_at=now))
