"""A publication with topics, and people in it, for tests about subscribers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter import keys
from newsletter.keys import KeyRing
from newsletter.publications.models import Publication, Topic
from newsletter.subscribers import people, topic_sets
from newsletter.subscribers.audience import eligible
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import Consent, ConsentKind, Departure, Status, Subscriber, Subscription

SAID = Source(words="I want this", page="/", network_key="ab" * 16, form_version="v1")
TOPICS = ("maps", "ink", "kelp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    session: Session
    publication: Publication
    topics: dict[str, Topic]
    ring: KeyRing = field(default_factory=keys.make)

    def person(
        self, address: str, now: datetime, *chosen: str, status: Status = Status.CONFIRMED, name: str = ""
    ) -> tuple[Subscriber, Subscription]:
        subscriber = people.make_subscriber(self.session, self.ring, address, name, now)
        ids = [self.topics[slug].id for slug in chosen]
        made, _ = people.subscribe(self.session, self.publication, subscriber, ids, status, now)
        return subscriber, made

    def audience(self) -> set[int]:
        return {person for person, _ in self.session.execute(eligible(self.publication.id))}

    def choice(self, subscription: Subscription) -> list[str]:
        return [topic.slug for topic in topic_sets.topics(self.session, subscription.topic_set_id)]

    def kinds(self) -> Sequence[ConsentKind]:
        return self.session.scalars(select(Consent.kind).order_by(Consent.id)).all()

    def departures(self) -> list[tuple[int, str]]:
        rows = self.session.execute(select(Departure.number, Departure.reason).order_by(Departure.number))
        return [(number, reason) for number, reason in rows]

    def count(self, table: type[Consent | Subscriber | Departure]) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0


def open_room(session: Session, now: datetime, slug: str = "sheet", ring: KeyRing | None = None) -> Room:
    publication = Publication(slug=slug, name=slug.title(), list_label=slug, made_at=now)
    session.add(publication)
    session.flush()
    topics = {
        name: Topic(publication_id=publication.id, slug=name, name=name.title(), position=at, made_at=now)
        for at, name in enumerate(TOPICS)
    }
    session.add_all(topics.values())
    session.flush()
    return Room(session=session, publication=publication, topics=topics, ring=ring or keys.make())
