"""The dry run: a verdict for each row of a file, with the reason. Nothing but the rows is written."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter import addresses
from newsletter.keys import KeyRing
from newsletter.publications import naming, topics
from newsletter.subscribers import columns, suppressions
from newsletter.subscribers.columns import Column, Said, Verdict
from newsletter.subscribers.models import Import, ImportRow, Status, Subscriber, Subscription, SuppressionKind

HELD = {
    SuppressionKind.EVERYTHING: "asked for no more mail at all",
    SuppressionKind.NEVER: "asked never to be mailed again",
    SuppressionKind.COMPLAINT: "complained",
    SuppressionKind.HARD_BOUNCE: "bounced for good",
    SuppressionKind.MANUAL: "stopped by an editor",
}


class Standing(NamedTuple):
    """How an address stands with a publication: what its row deserves, and why."""

    verdict: Verdict
    why: str = ""


def judge(session: Session, ring: KeyRing, found: Import, rows: Sequence[ImportRow]) -> dict[str, int]:
    """Give each row its verdict; returns how often each name of a topic was met that is none here."""
    by_name = _topic_ids(session, found.publication_id)
    everybody = [by_name[slug] for slug in found.everybody if slug in by_name]
    mapping = [Column(column) for column in found.mapping]
    said = [columns.take(row.cells, mapping, by_name) for row in rows]
    for row, words in zip(rows, said, strict=True):
        row.address, row.name = words.address, words.name
        row.topics = list(dict.fromkeys([*everybody, *words.topic_ids]))
        row.address_key = None if words.fault else addresses.key(words.address, ring.address_key)
    session.flush()
    standings = stand(session, found.publication_id, {row.address_key for row in rows if row.address_key})
    first = _first_rows(session, found.id, standings)
    for row, words in zip(rows, said, strict=True):
        row.verdict, why = _verdict(row, words, standings, first)
        row.why = why[:300]
    session.flush()
    return dict(Counter(name for words in said for name in words.strange_topics))


def stand(session: Session, publication_id: int, keys: Collection[str]) -> dict[str, Standing]:
    """How each address stands now. NEW: nobody is here, or somebody from an earlier file who was never asked."""
    held = suppressions.blocks(session, keys)
    here = session.execute(
        select(Subscriber.address_key, Subscriber.erased_at, Subscription)
        .outerjoin(
            Subscription,
            (Subscription.subscriber_id == Subscriber.id) & (Subscription.publication_id == publication_id),
        )
        .where(Subscriber.address_key.in_(keys))
    )
    standings = dict.fromkeys(keys, Standing(Verdict.NEW))
    for key, erased_at, subscription in here:
        standings[key] = _of(erased_at, subscription)
    for key, kinds in held.items():
        standings[key] = Standing(Verdict.SUPPRESSED, ", ".join(HELD[kind] for kind in sorted(kinds)))
    return standings


def _of(erased_at: datetime | None, subscription: Subscription | None) -> Standing:
    if erased_at is not None:
        return Standing(Verdict.LEFT, "was erased")
    if subscription is None:
        return Standing(Verdict.NEW)
    if subscription.status is Status.LEFT:
        at = subscription.left_at
        return Standing(Verdict.LEFT, f"left on {at.day} {at:%b %Y}" if at else "left")
    if subscription.status is Status.PENDING:
        if subscription.asked_at is None:
            return Standing(Verdict.NEW, "is here unconfirmed, from an earlier file")
        return Standing(Verdict.HERE, "has been asked to confirm")
    return Standing(Verdict.HERE, "paused" if subscription.status is Status.PAUSED else "")


def _verdict(row: ImportRow, said: Said, standings: dict[str, Standing], first: dict[str, int]) -> tuple[Verdict, str]:
    if row.address_key is None:
        return Verdict.BAD, said.fault
    if said.is_out:
        return Verdict.OUT, said.why
    if (number := first[row.address_key]) < row.number:
        return Verdict.TWICE, f"same as row {number}"
    return standings[row.address_key]


def _first_rows(session: Session, import_id: int, keys: Collection[str]) -> dict[str, int]:
    first = session.execute(
        select(ImportRow.address_key, func.min(ImportRow.number))
        .where(ImportRow.import_id == import_id, ImportRow.address_key.in_(keys))
        .group_by(ImportRow.address_key)
    )
    return {str(key): number for key, number in first}


def _topic_ids(session: Session, publication_id: int) -> dict[str, int]:
    """The id of each topic by everything it is called, slug included."""
    found = topics.all_of(session, publication_id)
    named = {
        alias.name_key: topic_id for topic_id, some in topics.aliases(session, publication_id).items() for alias in some
    }
    return named | {topic.slug: topic.id for topic in found} | {naming.key(topic.name): topic.id for topic in found}
