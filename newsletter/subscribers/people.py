"""Finding people and making them: one row an address, for ever."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from newsletter import addresses
from newsletter.db import public_id
from newsletter.keys import KeyRing
from newsletter.publications.models import Publication
from newsletter.subscribers import rules, topic_sets
from newsletter.subscribers.models import Status, Subscriber, Subscription
from newsletter.upsert import insert


def by_address(session: Session, ring: KeyRing, address: str) -> Subscriber | None:
    """The person at this address, in whatever spelling; an erased person too (then `address` is None)."""
    key = addresses.key(address, ring.address_key)
    return session.scalar(select(Subscriber).where(Subscriber.address_key == key))


def by_public_id(session: Session, public_id: str) -> Subscriber | None:
    """The person with this name for the outside; an erased person too."""
    return session.scalar(select(Subscriber).where(Subscriber.public_id == public_id))


def make_subscriber(
    session: Session, ring: KeyRing, address: str, name: str, now: datetime, *, is_sample: bool = False
) -> Subscriber:
    """The person at this address, made if missing. An erased person comes back, with nothing from before.

    Who is there already keeps address and name as they are. The row stays locked until the transaction ends.
    """
    row = {
        "public_id": public_id(),
        "address_key": addresses.key(address, ring.address_key),
        "address": address,
        "name": rules.name(name),
        "is_sample": is_sample,
        "made_at": now,
    }
    session.execute(insert(session, Subscriber).values(row).on_conflict_do_nothing())
    subscriber = session.scalars(
        select(Subscriber)
        .where(Subscriber.address_key == row["address_key"])
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if subscriber.address is None:
        subscriber.address, subscriber.name = address, rules.name(name)
        subscriber.made_at, subscriber.erased_at = now, None
        session.flush()
    return subscriber


def subscription(session: Session, publication_id: int, subscriber_id: int) -> Subscription | None:
    """This person's subscription."""
    return session.scalar(_subscription(publication_id, subscriber_id))


def lock(session: Session, publication_id: int, subscriber_id: int) -> Subscription | None:
    """This person's subscription as it is now; nobody else changes it until the transaction ends."""
    return session.scalar(
        _subscription(publication_id, subscriber_id).with_for_update().execution_options(populate_existing=True)
    )


def _subscription(publication_id: int, subscriber_id: int) -> Select[Subscription]:
    return select(Subscription).where(
        Subscription.publication_id == publication_id, Subscription.subscriber_id == subscriber_id
    )


def subscribe(
    session: Session,
    publication: Publication,
    subscriber: Subscriber,
    topic_ids: Iterable[int],
    status: Status,
    now: datetime,
) -> tuple[Subscription, bool]:
    """This person's subscription, locked, and whether it was made here: else it is as it was."""
    row = {
        "publication_id": publication.id,
        "subscriber_id": subscriber.id,
        "status": status,
        "topic_set_id": topic_sets.intern(session, publication.id, topic_ids).id,
        "locale": publication.locale,
        "zone": publication.zone,
        "made_at": now,
        "confirmed_at": now if status is Status.CONFIRMED else None,
    }
    statement = insert(session, Subscription).values(row).on_conflict_do_nothing().returning(Subscription.id)
    is_new = session.execute(statement).scalar_one_or_none() is not None
    found = lock(session, publication.id, subscriber.id)
    if found is None:
        raise LookupError(f"subscription of {subscriber.id} in {publication.id} is gone: rows are never deleted")
    return found, is_new
