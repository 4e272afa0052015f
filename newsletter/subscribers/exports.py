"""People and suppressions as CSV, a slice at a time: the database is read as fast as the file is taken."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from newsletter.publications import topics
from newsletter.subscribers import listing
from newsletter.subscribers.columns import Verdict
from newsletter.subscribers.importing import rows as import_rows
from newsletter.subscribers.listing import Filter
from newsletter.subscribers.models import Import, Subscriber, Suppression

SLICE = 1000
PEOPLE = ("address", "name", "topics", "status", "since", "confirmed", "left", "stopped")
SUPPRESSIONS = ("address", "hash", "kind", "reason", "since", "lifted", "lifted because")
VERDICTS = ("row", "address", "name", "verdict", "why")


def people(session: Session, publication_id: int, wanted: Filter) -> Iterator[Sequence[str]]:
    """A row of names, then a row for each person, newest first. Topics are slugs with semicolons between."""
    yield PEOPLE
    slugs = {topic.id: topic.slug for topic in topics.all_of(session, publication_id)}
    before: int | None = None
    while found := listing.page(session, publication_id, wanted, before=before, limit=SLICE):
        for person in found:
            if person.subscriber.address is not None:
                yield _person(person, slugs)
        before = found[-1].subscriber.id
        session.expunge_all()


def suppressions(session: Session) -> Iterator[Sequence[str]]:
    """A row for each suppression; of an erased person only the keyed hash is left to give."""
    yield SUPPRESSIONS
    after = 0
    while found := _suppressions(session, after):
        for held, address in found:
            yield (
                address or "",
                held.address_key,
                held.kind.value,
                held.reason,
                _moment(held.at),
                _moment(held.lifted_at),
                held.lifted_reason,
            )
        after = found[-1][0].id
        session.expunge_all()


def verdicts(session: Session, found: Import) -> Iterator[Sequence[str]]:
    """What the dry run said of each row of a file."""
    yield VERDICTS
    after = 0
    while rows := import_rows(session, found, after=after, limit=SLICE):
        for row in rows:
            yield (str(row.number), row.address, row.name, Verdict(row.verdict).value if row.verdict else "", row.why)
        after = rows[-1].number
        for row in rows:
            session.expunge(row)


def _person(person: listing.Person, slugs: dict[int, str]) -> Sequence[str]:
    subscription = person.subscription
    return (
        person.subscriber.address or "",
        person.subscriber.name,
        ";".join(slug for topic_id, slug in slugs.items() if topic_id in person.topic_ids),
        subscription.status.value,
        _moment(subscription.made_at),
        _moment(subscription.confirmed_at),
        _moment(subscription.left_at),
        ";".join(sorted(kind.value for kind in person.held)),
    )


def _suppressions(session: Session, after: int) -> Sequence[Row[Suppression, str | None]]:
    return session.execute(
        select(Suppression, Subscriber.address)
        .outerjoin(Subscriber, Subscriber.address_key == Suppression.address_key)
        .where(Suppression.id > after)
        .order_by(Suppression.id)
        .limit(SLICE)
    ).all()


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
