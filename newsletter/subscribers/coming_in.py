"""Letting the people of a file in, many at a time: subscribers, subscriptions, and a consent for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert as plain_insert
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter.db import public_id
from newsletter.publications import topics
from newsletter.publications.models import Publication
from newsletter.subscribers import judging, topic_sets
from newsletter.subscribers.columns import Verdict
from newsletter.subscribers.models import (
    Consent,
    ConsentKind,
    Import,
    ImportRow,
    Status,
    Subscriber,
    Subscription,
)
from newsletter.upsert import insert


def let_in(session: Session, found: Import, rows: Sequence[ImportRow], now: datetime) -> int:
    """Let in those of these rows that are still new, and return how many came.

    The verdict of every other row is put right: somebody may have left since the dry run, and a row that says
    "not subscribed" anywhere in the file outweighs one that does not.
    """
    _judge_again(session, found, rows)
    coming = {str(row.address_key): row for row in rows if row.verdict == Verdict.NEW}
    if not coming:
        return 0
    people = _make_subscribers(session, coming, now)
    subscribed = _subscribe(session, found, {people[key]: row for key, row in coming.items()}, now)
    if found.consent:
        _record_consents(session, found, subscribed, now)
    return len(subscribed)


def _judge_again(session: Session, found: Import, rows: Sequence[ImportRow]) -> None:
    keys = {row.address_key for row in rows if row.address_key}
    standings = judging.stand(session, found.publication_id, keys)
    out = set(
        session.scalars(
            select(ImportRow.address_key).where(
                ImportRow.import_id == found.id, ImportRow.address_key.in_(keys), ImportRow.verdict == Verdict.OUT
            )
        )
    )
    for row in rows:
        row.verdict, row.why = standings[str(row.address_key)]
        if row.address_key in out and row.verdict == Verdict.NEW:
            row.verdict, row.why = Verdict.OUT, "another row of the file says not subscribed"


def _make_subscribers(session: Session, coming: dict[str, ImportRow], now: datetime) -> dict[str, tuple[int, str]]:
    """Id and key of each person, made if missing. One who signs up at this moment keeps what they typed."""
    values = [
        {"public_id": public_id(), "address_key": key, "address": row.address, "name": row.name}
        | {"is_sample": False, "made_at": now}
        for key, row in coming.items()
    ]
    session.execute(insert(session, Subscriber).values(values).on_conflict_do_nothing())
    made = session.execute(select(Subscriber.address_key, Subscriber.id).where(Subscriber.address_key.in_(coming)))
    return {key: (subscriber_id, key) for key, subscriber_id in made}


def _subscribe(
    session: Session, found: Import, people: dict[tuple[int, str], ImportRow], now: datetime
) -> dict[tuple[int, str], ImportRow]:
    """Those who have a subscription now by this file: new ones, and earlier ones that a consent confirms."""
    publication = session.get_one(Publication, found.publication_id)
    status = Status.CONFIRMED if found.consent else Status.PENDING
    sets: dict[tuple[int, ...], int] = {}
    for row in people.values():
        chosen = tuple(sorted(row.topics))
        if chosen not in sets:
            sets[chosen] = topic_sets.intern(session, publication.id, chosen).id
    values = [
        {"publication_id": publication.id, "subscriber_id": subscriber_id, "status": status}
        | {"topic_set_id": sets[tuple(sorted(row.topics))], "locale": publication.locale, "zone": publication.zone}
        | {"made_at": now, "confirmed_at": now if found.consent else None}
        for (subscriber_id, _), row in people.items()
    ]
    statement = insert(session, Subscription).values(values).on_conflict_do_nothing()
    came = set(session.scalars(statement.returning(Subscription.subscriber_id)))
    if found.consent:
        came |= _confirm_unasked(session, publication.id, [subscriber_id for subscriber_id, _ in people], now)
    return {person: row for person, row in people.items() if person[0] in came}


def _confirm_unasked(session: Session, publication_id: int, subscriber_ids: Sequence[int], now: datetime) -> set[int]:
    """Earlier files brought some of them without a consent; this one states it."""
    return set(
        session.scalars(
            update(Subscription)
            .where(
                Subscription.publication_id == publication_id,
                Subscription.subscriber_id.in_(subscriber_ids),
                Subscription.status == Status.PENDING,
                Subscription.asked_at.is_(None),
            )
            .values(status=Status.CONFIRMED, confirmed_at=now)
            .returning(Subscription.subscriber_id),
            execution_options={"synchronize_session": False},
        )
    )


def _record_consents(session: Session, found: Import, people: dict[tuple[int, str], ImportRow], now: datetime) -> None:
    if not people:
        return
    slugs = {topic.id: topic.slug for topic in topics.all_of(session, found.publication_id)}
    same: dict[str, Any] = {
        "publication_id": found.publication_id,
        "kind": ConsentKind.IMPORT,
        "words": found.consent["words"],
        "page": found.consent["where"][:300],
        "form_version": "",
        "network_key": "",
        "at": now,
    }
    session.execute(
        plain_insert(Consent),
        [
            same
            | {"subscriber_id": subscriber_id, "address_key": key}
            | {"topics": [slugs[topic_id] for topic_id in row.topics if topic_id in slugs]}
            | {"evidence": _evidence(found, row)}
            for (subscriber_id, key), row in people.items()
        ],
    )


def _evidence(found: Import, row: ImportRow) -> dict[str, Any]:
    return {
        "when": found.consent["when"],
        "file": found.file_name,
        "row": row.number,
        "import": found.public_id,
        "stated_by": found.editor_id,
    }
