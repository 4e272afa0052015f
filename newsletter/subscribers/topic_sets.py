"""Topic sets: each distinct choice of topics is kept once, so a send maps sets to editions, not people."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.publications.models import Topic
from newsletter.subscribers.models import TopicSet
from newsletter.upsert import insert


def intern(session: Session, publication_id: int, topic_ids: Iterable[int]) -> TopicSet:
    """The set of these topics; the first to choose it makes it. Ids of other publications are left out."""
    asked = set(topic_ids)
    own = session.scalars(select(Topic.id).where(Topic.publication_id == publication_id, Topic.id.in_(asked)))
    key = ",".join(str(topic_id) for topic_id in sorted(own))
    wanted = select(TopicSet).where(TopicSet.publication_id == publication_id, TopicSet.key == key)
    if found := session.scalar(wanted):
        return found
    session.execute(insert(session, TopicSet).values(publication_id=publication_id, key=key).on_conflict_do_nothing())
    return session.scalars(wanted).one()


def topics(session: Session, topic_set_id: int) -> Sequence[Topic]:
    """The topics of a set, in the publication's order."""
    chosen = session.get_one(TopicSet, topic_set_id).topic_ids
    return session.scalars(select(Topic).where(Topic.id.in_(chosen)).order_by(Topic.position, Topic.id)).all()
