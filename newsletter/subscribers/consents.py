"""Consents: who agreed to what words, when and from where. Rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from newsletter.subscribers import topic_sets
from newsletter.subscribers.models import Consent, ConsentKind, Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where somebody said yes or no: exactly what they read there, and a keyed hash of their network."""

    words: str
    page: str = ""
    network_key: str = ""
    form_version: str = ""


def record(
    session: Session,
    subscription: Subscription,
    kind: ConsentKind,
    source: Source,
    now: datetime,
    *,
    evidence: dict[str, Any] | None = None,
) -> Consent:
    """Write down that the subscription's person agreed, changed or refused; topics as they stand now."""
    subscriber = session.get_one(Subscriber, subscription.subscriber_id)
    consent = Consent(
        publication_id=subscription.publication_id,
        subscriber_id=subscriber.id,
        address_key=subscriber.address_key,
        kind=kind,
        words=source.words,
        form_version=source.form_version,
        page=source.page[:300],
        network_key=source.network_key,
        topics=[topic.slug for topic in topic_sets.topics(session, subscription.topic_set_id)],
        evidence=evidence or {},
        at=now,
    )
    session.add(consent)
    session.flush()
    return consent


def last(session: Session, subscription: Subscription) -> Consent | None:
    """What was written down last about this person in this publication."""
    return session.scalar(_of(subscription).order_by(Consent.id.desc()).limit(1))


def history(session: Session, subscriber_id: int) -> Sequence[Consent]:
    """Everything one person ever agreed to or refused, oldest first."""
    return session.scalars(select(Consent).where(Consent.subscriber_id == subscriber_id).order_by(Consent.id)).all()


def _of(subscription: Subscription) -> Select[Consent]:
    return select(Consent).where(
        Consent.subscriber_id == subscription.subscriber_id,
        Consent.publication_id == subscription.publication_id,
    )
