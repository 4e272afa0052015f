"""Erasing a person: address, name and choices go; proof of consent and suppressions stay, as keyed hashes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.subscribers import consents, departures, topic_sets
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import ConsentKind, Status, Subscriber, Subscription


def erase(session: Session, subscriber: Subscriber, source: Source, now: datetime) -> bool:
    """Erase a person; False when it was done before.

    An issue that is leaving at this moment leaves them out. The row and its `address_key` stay, so the address
    cannot be mailed by mistake, and a new sign-up revives the row without anything from before.
    """
    if subscriber.address is None:
        return False
    empty(session, subscriber, now)
    for subscription in session.scalars(select(Subscription).where(Subscription.subscriber_id == subscriber.id)):
        consents.record(session, subscription, ConsentKind.ERASE, source, now)
    departures.append(session, subscriber.id, None, "erased", now)
    return True


def empty(session: Session, subscriber: Subscriber, now: datetime) -> None:
    """Take everything off the row and its subscriptions but the fact that there was one."""
    subscriber.address, subscriber.name, subscriber.erased_at = None, "", now
    for subscription in session.scalars(select(Subscription).where(Subscription.subscriber_id == subscriber.id)):
        subscription.status, subscription.left_at = Status.LEFT, subscription.left_at or now
        subscription.topic_set_id = topic_sets.intern(session, subscription.publication_id, ()).id
        subscription.locale = subscription.zone = ""
        subscription.asked_at = subscription.confirmed_at = None
    session.flush()
