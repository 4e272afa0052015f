"""A great many people, made up, for measuring: the same number gives the same people but for their random ids."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from newsletter import addresses
from newsletter.db import Database, public_id
from newsletter.keys import KeyRing
from newsletter.publications import publications, topics
from newsletter.publications.models import Publication
from newsletter.subscribers import topic_sets
from newsletter.subscribers.models import Status, Subscriber, Subscription

SLICE = 10_000
TOPICS = ("Harbours", "Maps", "Tides", "Kelp", "Lighthouses", "Ferries", "Weather")
GIVEN = "Ada Bo Chidi Dana Elif Femi Greta Hugo Ines Jun Kofi Lin Marek Noor Ola Per Quin Rosa Sade Tomasz".split()  # noqa: SIM905
FAMILY = "Adeyemi Brandt Costa Dvořák Eriksen Ferrante Guo Haddad Ito Jansen Kowalska Lindqvist Mbeki Nowak".split()  # noqa: SIM905
STATUSES = (Status.CONFIRMED,) * 90 + (Status.LEFT,) * 6 + (Status.PENDING,) * 2 + (Status.PAUSED,) * 2


def generate(
    database: Database, ring: KeyRing, people: int, now: datetime, *, statuses: Sequence[Status] = STATUSES
) -> int:
    """Add `people` subscribers to a publication "Bench" with seven topics, and return its id.

    They come in slices of 10,000, each its own transaction, behind those that are there already. A status is
    drawn from `statuses`.
    """
    with database.write() as session:
        publication_id = _publication(session, now)
        sets = _topic_sets(session, publication_id)
        first = (session.scalar(select(func.max(Subscriber.id))) or 0) + 1
    for numbers in _batches(first, people):
        random = Random(numbers.start)  # noqa: S311  # made-up people
        with database.write() as session:
            session.execute(insert(Subscriber), [_person(ring, random, number, now) for number in numbers])
            session.execute(
                insert(Subscription),
                [_subscription(random, number, publication_id, sets, statuses, now) for number in numbers],
            )
    if not database.is_sqlite:
        _settle(database)
    return publication_id


def _settle(database: Database) -> None:
    """Do what PostgreSQL would do by itself within minutes, and move the sequence: the ids were given."""
    with database.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")  # VACUUM runs in no transaction
        alone.execute(text("SELECT setval(pg_get_serial_sequence('subscriber', 'id'), max(id)) FROM subscriber"))
        alone.execute(text("VACUUM (ANALYZE) subscriber, subscription"))


def _batches(first: int, people: int) -> Iterator[range]:
    for start in range(first, first + people, SLICE):
        yield range(start, min(start + SLICE, first + people))


def _publication(session: Session, now: datetime) -> int:
    found = session.scalar(select(Publication).where(Publication.name == "Bench"))
    if found is None:
        found = publications.create(session, "Bench", now)
        for name in TOPICS:
            topics.create(session, found.id, name, now=now)
    return found.id


def _topic_sets(session: Session, publication_id: int) -> list[int]:
    """Every choice there is of the topics: 128 sets of seven topics."""
    ids = [topic.id for topic in topics.all_of(session, publication_id)]
    chosen = [[topic for place, topic in enumerate(ids) if number >> place & 1] for number in range(2 ** len(ids))]
    return [topic_sets.intern(session, publication_id, some).id for some in chosen]


def _person(ring: KeyRing, random: Random, number: int, now: datetime) -> dict[str, Any]:
    given, family = random.choice(GIVEN), random.choice(FAMILY)
    address = f"{given}.{number}@example.org".lower()
    return {
        "id": number,
        "public_id": public_id(),
        "address_key": addresses.key(address, ring.address_key),
        "address": address,
        "name": f"{given} {family}" if random.random() < 0.7 else "",
        "is_sample": False,
        "made_at": now - timedelta(minutes=random.randrange(1_000_000)),
    }


def _subscription(
    random: Random, number: int, publication_id: int, sets: list[int], statuses: Sequence[Status], now: datetime
) -> dict[str, Any]:
    place = min(int(random.expovariate(0.05)), len(sets) - 1)  # a few sets are chosen by most, many by few
    return {
        "publication_id": publication_id,
        "subscriber_id": number,
        "status": random.choice(statuses),
        "topic_set_id": sets[place],
        "locale": "en",
        "zone": "UTC",
        "made_at": now,
    }
