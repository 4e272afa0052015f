"""Settling doubt with a provider that knows keys: the same request again, to the byte, under the same key.

Nothing else is ever sent again. The chunk stays `unknown` while it is asked about; the answer settles it like
any late answer. When the request cannot be built identically any more (an address was changed or erased), the
chunk loses its digest and stays unknown, by name.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from newsletter.delivery import rules
from newsletter.delivery.due import Claim
from newsletter.delivery.models import Chunk, ChunkState
from newsletter.delivery.sweep import may_replay
from newsletter.issues.models import Issue, State
from newsletter.providers.base import Doubt, Facts
from newsletter.publications.models import ProviderAccount

CHANGED = "In doubt, and the request cannot be built again as it was: somebody's address has changed since."


def candidates(session: Session, now: datetime) -> list[int]:
    """Issues with chunks in doubt that nobody is asking about."""
    found = session.scalars(
        select(Issue.id)
        .join(ProviderAccount, ProviderAccount.id == Issue.account_id)
        .where(Issue.state == State.SENDING, ProviderAccount.held_words.is_(None))
        .where(or_(ProviderAccount.not_before.is_(None), ProviderAccount.not_before <= now))
        .where(select(Chunk.id).where(Chunk.issue_id == Issue.id, _free(now)).exists())
    )
    return list(found)


def claim(session: Session, issue_id: int, facts: Facts, owner: str, now: datetime) -> list[tuple[Claim, str]]:
    """Take the unknown chunks that may be sent again, each with the digest its request must have."""
    if facts.doubt != Doubt.KEYED:
        return []
    found = session.scalars(select(Chunk).where(Chunk.issue_id == issue_id, _free(now)).with_for_update())
    taken = []
    for chunk in found:
        if may_replay(chunk, facts, now):
            chunk.owner, chunk.lease_until = owner, now + rules.POSTING_LEASE
            taken.append((_claim_of(chunk), chunk.digest or ""))
    return taken


def _free(now: datetime) -> ColumnElement[bool]:
    """In doubt, could still be repeated, asked about by nobody, and not only a moment ago."""
    unasked = or_(Chunk.lease_until.is_(None), Chunk.lease_until < now)
    rested = or_(Chunk.not_before.is_(None), Chunk.not_before <= now)
    return (Chunk.state == ChunkState.UNKNOWN) & Chunk.digest.is_not(None) & unasked & rested


def _claim_of(chunk: Chunk) -> Claim:
    return Claim(
        chunk_id=chunk.id,
        edition_id=chunk.edition_id,
        n=chunk.n,
        lo=chunk.lo,
        hi=chunk.hi,
        attempt=chunk.attempt,
        key=chunk.key,
    )


def give_up(session: Session, claim: Claim) -> None:
    """This chunk can never be asked about again."""
    session.execute(
        update(Chunk)
        .where(Chunk.id == claim.chunk_id, Chunk.state == ChunkState.UNKNOWN)
        .values(digest=None, owner=None, lease_until=None, words=CHANGED)
        .execution_options(synchronize_session=False)
    )
