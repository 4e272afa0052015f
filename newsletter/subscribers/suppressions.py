"""Suppressions: addresses that must not be mailed, kept as keyed hashes.

Every kind keeps a person out of every audience. They differ in what else they stop and in who may lift them:
`EVERYTHING` ends with a newly confirmed sign-up, `HARD_BOUNCE` with a confirmed letter (one in 30 days may ask
for it), and NEVER, COMPLAINT and MANUAL only by an operator with a reason.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter.subscribers import departures
from newsletter.subscribers.models import Subscriber, Suppression, SuppressionKind

FINAL = frozenset({SuppressionKind.NEVER, SuppressionKind.COMPLAINT, SuppressionKind.MANUAL})
LIFTED_BY_CONFIRMING = frozenset({SuppressionKind.EVERYTHING, SuppressionKind.HARD_BOUNCE})


def suppress(session: Session, address_key: str, kind: SuppressionKind, reason: str, now: datetime) -> bool:
    """Stop all issues to an address, including one that is leaving now. False: it was so already."""
    if kind in active(session, address_key):
        return False
    session.add(Suppression(address_key=address_key, kind=kind, reason=reason, at=now))
    session.flush()
    subscriber_id = session.scalar(select(Subscriber.id).where(Subscriber.address_key == address_key))
    if subscriber_id is not None:
        departures.append(session, subscriber_id, None, "suppressed", now)
    return True


def lift(session: Session, address_key: str, kinds: Collection[SuppressionKind], reason: str, now: datetime) -> int:
    """End the suppressions of these kinds and return how many there were. The rows stay, with the reason."""
    return len(
        session.scalars(
            update(Suppression)
            .where(
                Suppression.address_key == address_key,
                Suppression.kind.in_(kinds),
                Suppression.lifted_at.is_(None),
            )
            .values(lifted_at=now, lifted_reason=reason)
            .returning(Suppression.id)
        ).all()
    )


def active(session: Session, address_key: str) -> frozenset[SuppressionKind]:
    """The kinds that hold for one address now."""
    return blocks(session, [address_key]).get(address_key, frozenset())


def blocks(session: Session, address_keys: Iterable[str]) -> dict[str, frozenset[SuppressionKind]]:
    """The kinds that hold now, by address key; addresses that may be mailed are not in it."""
    rows = session.execute(
        select(Suppression.address_key, Suppression.kind).where(
            Suppression.address_key.in_(list(address_keys)), Suppression.lifted_at.is_(None)
        )
    )
    found: dict[str, frozenset[SuppressionKind]] = {}
    for address_key, kind in rows:
        found[address_key] = found.get(address_key, frozenset()) | {kind}
    return found
