"""Putting the sample in, and taking it out again."""

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from newsletter import addresses, upsert
from newsletter.db import public_id
from newsletter.delivery.models import Chunk, Composition, Delivery, Edition, EditionMap, Letter
from newsletter.issues import drafting
from newsletter.issues.models import Issue, Media, Version
from newsletter.keys import KeyRing
from newsletter.publications import installation, naming, topics
from newsletter.publications.models import Publication, Topic, TopicAlias
from newsletter.sample.people import Person, invented
from newsletter.subscribers import topic_sets
from newsletter.subscribers.models import (
    Consent,
    ConsentKind,
    Import,
    ImportRow,
    Status,
    Subscriber,
    Subscription,
    TopicSet,
)

ISSUE = Path(__file__).with_name("issue.md")
WORDS = "Invented for the sample publication; nobody agreed to anything."


class SampleTopic(NamedTuple):
    name: str
    description: str
    rhythm: str


TOPICS = (
    SampleTopic("Along the shore", "Tides, mudflats, islands, and what washes up.", "every week"),
    SampleTopic("Night sky", "What to look at after dark, and from where.", "every week"),
    SampleTopic("Kitchen garden", "Vegetables in small places, through all seasons.", "every week"),
    SampleTopic("Old maps", "Atlases, plans and the people who drew them.", "twice a month"),
    SampleTopic("Bicycles", "Riding them, mending them, carrying things on them.", "every week"),
    SampleTopic("Small museums", "One room, one subject, one person who can explain it.", "twice a month"),
    SampleTopic("Radio", "Programmes worth an evening, and sets worth a repair.", "every week"),
)


def load(session: Session, ring: KeyRing, now: datetime) -> Publication | None:
    """Put the sample in; None when there is a publication already, whichever it is."""
    if session.scalar(select(Publication.id).limit(1)):
        return None
    installation.ensure(session, ring, now)
    publication = Publication(
        slug="lantern",
        name="The Lantern",
        description="A letter every Friday about the sea, the sky, the garden and other things to do with an evening.",
        sender_name="The Lantern",
        sender_address="letter@lantern.example.org",
        reply_to="editors@lantern.example.org",
        contact="editors@lantern.example.org",
        postal_address="The Lantern, 4 Quay Lane, Holm",
        list_label="lantern",
        account_id=installation.outbox(session, now).id,
        is_sample=True,
        made_at=now,
    )
    session.add(publication)
    session.flush()
    made = [
        topics.create(session, publication.id, each.name, description=each.description, rhythm=each.rhythm, now=now)
        for each in TOPICS
    ]
    _people(session, ring, publication, [topic.id for topic in made], now)
    issue = drafting.make(session, publication.id, ISSUE.read_text(), None, now)
    issue.is_sample = True
    session.flush()
    return publication


def _people(session: Session, ring: KeyRing, publication: Publication, topic_ids: list[int], now: datetime) -> None:
    """All of them in four statements: a first start should not make anybody wait."""
    persons = {addresses.key(person.address, ring.address_key): person for person in invented()}
    rows: list[dict[str, Any]] = [
        {"address_key": key, "address": each.address, "name": each.name, "is_sample": True}
        | {"public_id": public_id(), "made_at": now}
        for key, each in persons.items()
    ]
    session.execute(upsert.insert(session, Subscriber).on_conflict_do_nothing(), rows)
    found = select(Subscriber.address_key, Subscriber.id).where(Subscriber.address_key.in_(persons))
    people = {number: persons[key] for key, number in session.execute(found)}
    choices = {person.topics for person in people.values()}
    sets = {chosen: _topic_set(session, publication, topic_ids, chosen) for chosen in choices}
    keys = {person: key for key, person in persons.items()}
    subscriptions = [_subscription(publication, number, each, sets, now) for number, each in people.items()]
    consents = [_consent(publication, number, keys[each], each, now) for number, each in people.items()]
    session.execute(insert(Subscription), subscriptions)
    session.execute(insert(Consent), consents)


def _topic_set(session: Session, publication: Publication, topic_ids: list[int], places: frozenset[int]) -> int:
    return topic_sets.intern(session, publication.id, [topic_ids[place] for place in places]).id


def _subscription(
    publication: Publication, number: int, person: Person, sets: dict[frozenset[int], int], now: datetime
) -> dict[str, Any]:
    status = Status(person.status)
    return {
        "publication_id": publication.id,
        "subscriber_id": number,
        "status": status,
        "topic_set_id": sets[person.topics],
        "locale": publication.locale,
        "zone": publication.zone,
        "made_at": now,
        "confirmed_at": None if status is Status.PENDING else now,
        "left_at": now if status is Status.LEFT else None,
    }


def _consent(publication: Publication, number: int, key: str, person: Person, now: datetime) -> dict[str, Any]:
    return {
        "publication_id": publication.id,
        "subscriber_id": number,
        "address_key": key,
        "kind": ConsentKind.IMPORT,
        "words": WORDS,
        "form_version": "",
        "page": "",
        "network_key": "",
        "topics": [naming.slug(TOPICS[place].name) for place in sorted(person.topics)],
        "evidence": {},
        "at": now,
    }


def remove(session: Session) -> int:
    """Take out every sample publication with its issues, topics and people. How many people went.

    Whoever has signed up by themselves for another publication stays.
    """
    gone = 0
    for publication in session.scalars(select(Publication).where(Publication.is_sample)):
        gone += _remove(session, publication)
    return gone


def _remove(session: Session, publication: Publication) -> int:
    issues = select(Issue.id).where(Issue.publication_id == publication.id)
    of_issues: tuple[type[Any], ...] = (Composition, Edition, EditionMap, Delivery, Chunk, Version)
    for table in of_issues:
        session.execute(delete(table).where(table.issue_id.in_(issues)))
    imports = select(Import.id).where(Import.publication_id == publication.id)
    session.execute(delete(ImportRow).where(ImportRow.import_id.in_(imports)))
    of_people: tuple[type[Any], ...] = (Letter, Consent, Subscription, Import)
    for table in of_people:
        session.execute(delete(table).where(table.publication_id == publication.id))
    still_here = select(Subscription.subscriber_id)
    people_gone = session.execute(
        delete(Subscriber).where(Subscriber.is_sample, Subscriber.id.not_in(still_here)).returning(Subscriber.id)
    ).all()
    of_itself: tuple[type[Any], ...] = (Issue, TopicSet, TopicAlias, Media, Topic)
    for table in of_itself:
        session.execute(delete(table).where(table.publication_id == publication.id))
    session.delete(publication)
    session.flush()
    return len(people_gone)
