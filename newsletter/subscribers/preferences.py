"""What a reader changes about themselves: topics and name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.publications.models import Topic
from newsletter.subscribers import consents, departures, leaving, people, rules, topic_sets
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import ConsentKind, Status, Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Names of what was added and taken off, in the publication's order."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed)


def offered(session: Session, publication_id: int, chosen: Collection[int] = ()) -> list[Topic]:
    """The topics a reader may tick: those that are not hidden, and whatever they have chosen already."""
    own = select(Topic).where(Topic.publication_id == publication_id).order_by(Topic.position, Topic.id)
    return [topic for topic in session.scalars(own) if not topic.is_hidden or topic.id in chosen]


def change_topics(
    session: Session, subscription: Subscription, topic_ids: Collection[int], source: Source, now: datetime
) -> Change:
    """Make `topic_ids` somebody's choice; ids that are not offered to them are left out.

    Nothing is written when nothing changes or the person has left. A choice of nothing means no mail: it departs.
    """
    current = people.lock(session, subscription.publication_id, subscription.subscriber_id) or subscription
    if current.status is Status.LEFT:
        return Change()
    before = {topic.id for topic in topic_sets.topics(session, current.topic_set_id)}
    offer = offered(session, current.publication_id, before)
    after = {topic.id for topic in offer if topic.id in topic_ids}
    if after == before:
        return Change()
    stood = leaving.standing(current)
    current.topic_set_id = topic_sets.intern(session, current.publication_id, after).id
    consents.record(session, current, ConsentKind.CHANGE, source, now, evidence={"before": stood})
    if not after:
        departures.append(session, current.subscriber_id, current.publication_id, "no topics", now)
    return Change(
        added=tuple(topic.name for topic in offer if topic.id in after - before),
        removed=tuple(topic.name for topic in offer if topic.id in before - after),
    )


def rename(session: Session, subscriber: Subscriber, typed: str) -> Change:
    """Change the name that mails may greet with; empty is a name like any other."""
    name = rules.name(typed)
    if subscriber.address is None or name == subscriber.name:
        return Change()
    subscriber.name = name
    session.flush()
    return Change(renamed=True)
