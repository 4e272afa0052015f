"""Settling doubt with a provider that knows keys: the same request again, to the byte, under the same key.

Nothing else is ever sent again. The chunk stays `unknown` while it is asked about; the answer settles it like
any late answer. When the request cannot be built identically any more (an address was changed or erased), the
chunk loses its digest and stays unknown, by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from newsletter.delivery import rules
from newsletter.delivery.due import Claim
from newsletter.delivery.messages import Person
from newsletter.delivery.models import Chunk, ChunkState
from newsletter.delivery.sweep import may_replay
from newsletter.issues.models import Issue, State
from newsletter.providers.base import Doubt, Facts
from newsletter.publications.models import ProviderAccount

CHANGED = "In doubt, and the request cannot be built again as it was: an address or the account has changed since."
LEFT = "In doubt, and not asked about again: somebody in this call has left since."
WHILE_LEFT = timedelta(minutes=10)  # a repeat this soon is the same call, whoever has left in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """A chunk in doubt that may be asked about: the digest its request must have, and when it was posted."""

    claim: Claim
    digest: str
    posted_at: datetime


def objection(
    doubt: Doubtful, digest: str | None, people: Sequence[Person], gone: Mapping[int, str], now: datetime
) -> str | None:
    """Why this chunk must not be asked about by sending it again; None: it may.

    The request must be the one of before, and nobody in it may have left since, or a repeat that the provider
    does not know any more would reach them.
    """
    if digest != doubt.digest:
        return CHANGED
    if now - doubt.posted_at > WHILE_LEFT and any(person.id in gone for person in people):
        return LEFT
    return None


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


def claim(session: Session, issue_id: int, facts: Facts, owner: str, now: datetime) -> list[Doubtful]:
    """Take the chunks in doubt that may be sent again."""
    if facts.doubt != Doubt.KEYED:
        return []
    found = session.scalars(select(Chunk).where(Chunk.issue_id == issue_id, _free(now)).with_for_update())
    taken = []
    for chunk in found:
        if chunk.digest and chunk.posting_at and may_replay(chunk, facts, now):
            chunk.owner, chunk.lease_until = owner, now + rules.POSTING_LEASE
            taken.append(Doubtful(claim=_claim_of(chunk), digest=chunk.digest, posted_at=chunk.posting_at))
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


def give_up(session: Session, claim: Claim, reason: str) -> None:
    """This chunk can never be asked about again."""
    session.execute(
        update(Chunk)
        .where(Chunk.id == claim.chunk_id, Chunk.state == ChunkState.UNKNOWN)
        .values(digest=None, owner=None, lease_until=None, words=reason)
        .execution_options(synchronize_session=False)
    )
