"""Leaving, pausing, and taking either back.

Each leaving is written down three times in one transaction: the status, a consent row with what was read and
what stood before, and a departure, which takes the person out of an issue that is leaving at this moment.
A second leaving changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.subscribers import consents, departures, people, rules, suppressions, topic_sets
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import Consent, ConsentKind, Status, Subscriber, Subscription, SuppressionKind

ALL = "everything"  # marks the consent rows of one leaving of everything
UNDOABLE = frozenset({ConsentKind.LEAVE, ConsentKind.CHANGE})


def leave_topics(
    session: Session, subscription: Subscription, topic_ids: Iterable[int], source: Source, now: datetime
) -> bool:
    """Take these topics off somebody's choice; False when none of them was in it.

    Topic choices count from the next slice of a freeze on. Whoever gives up the last topic departs, like
    somebody who leaves, and stays signed up.
    """
    current = _locked(session, subscription)
    chosen = {topic.id for topic in topic_sets.topics(session, current.topic_set_id)}
    kept = chosen - set(topic_ids)
    if kept == chosen or current.status is Status.LEFT:
        return False
    before = standing(current)
    current.topic_set_id = topic_sets.intern(session, current.publication_id, kept).id
    consents.record(session, current, ConsentKind.CHANGE, source, now, evidence={"before": before})
    if not kept:
        departures.append(session, current.subscriber_id, current.publication_id, "no topics", now)
    return True


def leave_publication(session: Session, subscription: Subscription, source: Source, now: datetime) -> bool:
    """End a subscription; False when it had ended before."""
    return _leave(session, subscription, source, now, {})


def leave_everything(session: Session, subscriber: Subscriber, source: Source, now: datetime) -> bool:
    """End every subscription, here and in publications to come; a newly confirmed sign-up lifts it."""
    mine = session.scalars(
        select(Subscription).where(Subscription.subscriber_id == subscriber.id).order_by(Subscription.id)
    ).all()
    left = [_leave(session, subscription, source, now, {ALL: True}) for subscription in mine]
    words = "asked to be left alone by everybody here"
    return suppressions.suppress(session, subscriber.address_key, SuppressionKind.EVERYTHING, words, now) or any(left)


def never_again(session: Session, subscriber: Subscriber, source: Source, now: datetime) -> bool:
    """No issue, no confirmation letter, ever: only an operator lifts it, with a reason. False: it was so already."""
    leave_each(session, subscriber, source, now)
    words = "asked never to be mailed again"
    return suppressions.suppress(session, subscriber.address_key, SuppressionKind.NEVER, words, now)


def leave_each(session: Session, subscriber: Subscriber, source: Source, now: datetime) -> int:
    """End every subscription this person has, and return how many."""
    mine = session.scalars(select(Subscription).where(Subscription.subscriber_id == subscriber.id)).all()
    return sum(leave_publication(session, subscription, source, now) for subscription in mine)


def pause(session: Session, subscription: Subscription, source: Source, now: datetime) -> bool:
    """Stop the mail and keep the choice; False unless it was coming."""
    current = _locked(session, subscription)
    if current.status is not Status.CONFIRMED:
        return False
    before = standing(current)
    current.status = Status.PAUSED
    evidence = {"before": before, "pauses": True}
    consents.record(session, current, ConsentKind.CHANGE, source, now, evidence=evidence)
    departures.append(session, current.subscriber_id, current.publication_id, "paused", now)
    return True


def resume(session: Session, subscription: Subscription, source: Source, now: datetime) -> bool:
    """Let the mail come again; False unless it was paused."""
    current = _locked(session, subscription)
    if current.status is not Status.PAUSED:
        return False
    before = standing(current)
    current.status = Status.CONFIRMED
    evidence = {"before": before, "pauses": False}
    consents.record(session, current, ConsentKind.CHANGE, source, now, evidence=evidence)
    return True


def undoable(session: Session, subscription: Subscription, now: datetime) -> Consent | None:
    """The last thing that happened here, if it can be taken back: a leaving or a change, for 24 hours.

    An erasure and "never again" cannot.
    """
    last = consents.last(session, subscription)
    if last is None or last.kind not in UNDOABLE or now - last.at > rules.UNDO_WITHIN:
        return None
    if "before" not in last.evidence or suppressions.active(session, last.address_key) & suppressions.FINAL:
        return None
    return last


def undo(session: Session, subscription: Subscription, source: Source, now: datetime) -> bool:
    """Put back what stood before the last leaving or change; False when there is nothing to take back."""
    current = _locked(session, subscription)
    last = undoable(session, current, now)
    if last is None:
        return False
    if not last.evidence.get(ALL):
        _put_back(session, current, last, source, now)
        return True
    key = last.address_key
    suppressions.lift(session, key, {SuppressionKind.EVERYTHING}, "taken back by the person", now)
    for other in session.scalars(select(Subscription).where(Subscription.subscriber_id == current.subscriber_id)):
        theirs = undoable(session, other, now)
        if theirs is not None and theirs.evidence.get(ALL) and theirs.at == last.at:
            _put_back(session, other, theirs, source, now)
    return True


def standing(subscription: Subscription) -> dict[str, Any]:
    """What an undo needs to know."""
    return {"status": subscription.status.value, "topic_set": subscription.topic_set_id}


def _leave(
    session: Session, subscription: Subscription, source: Source, now: datetime, evidence: dict[str, Any]
) -> bool:
    current = _locked(session, subscription)
    if current.status is Status.LEFT:
        return False
    before = standing(current)
    current.status, current.left_at = Status.LEFT, now
    consents.record(session, current, ConsentKind.LEAVE, source, now, evidence={"before": before, **evidence})
    departures.append(session, current.subscriber_id, current.publication_id, "left", now)
    return True


def _put_back(session: Session, subscription: Subscription, last: Consent, source: Source, now: datetime) -> None:
    before = last.evidence["before"]
    current = _locked(session, subscription)
    current.status, current.topic_set_id, current.left_at = Status(before["status"]), before["topic_set"], None
    consents.record(session, current, ConsentKind.RETURN, source, now, evidence={"undoes": last.id})
    if current.status is not Status.CONFIRMED:
        departures.append(session, current.subscriber_id, current.publication_id, current.status.value, now)


def _locked(session: Session, subscription: Subscription) -> Subscription:
    found = people.lock(session, subscription.publication_id, subscription.subscriber_id)
    return found or subscription
