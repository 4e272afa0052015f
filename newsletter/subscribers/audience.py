"""Who may get an issue: the one condition that the freeze and every count use."""

from sqlalchemy import ColumnElement, Select, and_, case, exists, select

from newsletter.subscribers.models import Status, Subscriber, Subscription, Suppression


def eligible(publication_id: int) -> Select[int, int]:
    """Subscriber and topic set of everybody who may be mailed: confirmed, not suppressed, not erased."""
    return (
        select(Subscription.subscriber_id, Subscription.topic_set_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscription.publication_id == publication_id, Subscription.status == Status.CONFIRMED, reachable())
    )


def standing(publication_id: int) -> Select[int, int, str | None]:
    """Subscriber, topic set and the reason to skip them (None: may be mailed) of all who have not left.

    Those without a reason are exactly the eligible ones.
    """
    reason = case(
        (~reachable(), "suppressed"),
        (Subscription.status == Status.PAUSED, "paused"),
    )
    return (
        select(Subscription.subscriber_id, Subscription.topic_set_id, reason)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Subscription.publication_id == publication_id,
            Subscription.status.in_([Status.CONFIRMED, Status.PAUSED]),
        )
    )


def reachable() -> ColumnElement[bool]:
    """For a statement over Subscriber: there is an address, and nothing says that it must not be mailed."""
    suppressed = exists().where(Suppression.address_key == Subscriber.address_key, Suppression.lifted_at.is_(None))
    return and_(Subscriber.address.is_not(None), Subscriber.erased_at.is_(None), ~suppressed)
