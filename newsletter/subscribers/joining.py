"""Signing up, confirming, and forgetting who never confirmed. `delivery.signups` writes the letters for it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.publications.models import Publication
from newsletter.subscribers import consents, erasing, people, rules, suppressions, topic_sets
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import ConsentKind, Status, Subscriber, Subscription

MANY = 500  # rows forgotten in one go, so that nobody else waits long


class Confirming(StrEnum):
    """What a confirmation link can do now."""

    READY = "ready"
    DONE = "done"  # confirmed before; pressing again is welcome and changes nothing
    OVER = "over"  # older than 7 days, or the sign-up was forgotten or taken back
    BARRED = "barred"  # this address asked never to be mailed, or an operator says so


def ask(
    session: Session,
    publication: Publication,
    subscriber: Subscriber,
    topic_ids: Iterable[int],
    source: Source,
    asked: datetime,
    now: datetime,
) -> Subscription:
    """Note that somebody typed this address and ticked these topics. Nothing is agreed before it is confirmed.

    `asked` is when the confirmation letter goes out, which may be later.
    Somebody who gets the publication already is left as they are: a stranger may have typed their address.
    """
    chosen = list(topic_ids)
    current, _ = people.subscribe(session, publication, subscriber, chosen, Status.PENDING, now)
    if current.status in (Status.CONFIRMED, Status.PAUSED):
        return current
    current.status = Status.PENDING
    current.asked_at = asked
    current.topic_set_id = topic_sets.intern(session, publication.id, chosen).id
    consents.record(session, current, ConsentKind.SIGN_UP, source, now)
    return current


def can_confirm(
    session: Session, subscription: Subscription | None, subscriber: Subscriber, asked: datetime, now: datetime
) -> Confirming:
    """What the link of the letter from `asked` can do. Every letter of the last 7 days counts, not only the last."""
    held = suppressions.active(session, subscriber.address_key)
    if held & suppressions.FINAL:
        return Confirming.BARRED
    if subscription is None or subscription.status is Status.LEFT:
        return Confirming.OVER
    if subscription.status is not Status.PENDING and not held:
        return Confirming.DONE
    return Confirming.READY if now - asked <= rules.CONFIRM_WITHIN else Confirming.OVER


def confirm(
    session: Session,
    subscription: Subscription | None,
    subscriber: Subscriber,
    asked: datetime,
    source: Source,
    now: datetime,
) -> Confirming:
    """Confirm a sign-up; READY means that this call did it, of two at once only one is told so.

    Lifts a leaving of everything and a hard bounce: the letter has evidently arrived.
    """
    current = subscription and people.lock(session, subscription.publication_id, subscription.subscriber_id)
    can = can_confirm(session, current, subscriber, asked, now)
    if current is None or can is not Confirming.READY:
        return can
    if current.status is Status.PENDING:
        current.status, current.confirmed_at, current.left_at = Status.CONFIRMED, now, None
    evidence = {"letter_of": asked.isoformat()}
    consents.record(session, current, ConsentKind.CONFIRM, source, now, evidence=evidence)
    reason = "confirmed a sign-up"
    suppressions.lift(session, subscriber.address_key, suppressions.LIFTED_BY_CONFIRMING, reason, now)
    return can


def expire_unconfirmed(session: Session, now: datetime) -> int:
    """Forget sign-ups that nobody confirmed within 7 days; returns how many, at most 500 a call.

    Who had been here before goes back to having left; of others address and name go. Rows that came from a file
    without consent were never asked, and stay as they are.
    """
    old = session.scalars(
        select(Subscription)
        .where(Subscription.status == Status.PENDING, Subscription.asked_at < now - rules.CONFIRM_WITHIN)
        .order_by(Subscription.id)
        .limit(MANY)
        .with_for_update(skip_locked=True)
    ).all()
    for subscription in old:
        subscription.status = Status.LEFT
        subscription.left_at = subscription.left_at or now
        session.flush()
        if not _is_known(session, subscription.subscriber_id):
            erasing.empty(session, session.get_one(Subscriber, subscription.subscriber_id), now)
    return len(old)


def _is_known(session: Session, subscriber_id: int) -> bool:
    """Whether this person gets anything here, waits to, or ever confirmed: else we have no reason to keep them."""
    reasons = (
        select(func.count())
        .select_from(Subscription)
        .where(
            Subscription.subscriber_id == subscriber_id,
            (Subscription.status != Status.LEFT) | Subscription.confirmed_at.is_not(None),
        )
    )
    return bool(session.scalar(reasons))
