"""Who is behind each number: lists read from the view `delivery_status`, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Select, String, column, func, select, table
from sqlalchemy.orm import Session

from newsletter.db import UTCDateTime
from newsletter.delivery.models import BIG, Edition
from newsletter.issues.models import Issue
from newsletter.subscribers.models import Subscriber

STATUS = table(
    "delivery_status",
    column("issue_id", BigInteger),
    column("subscriber_id", BigInteger),
    column("chunk_id", BIG),
    column("edition_id", BIG),
    column("status", String),
    column("reason", String),
    column("at", UTCDateTime()),
)


MOST_ISSUES = 500  # a person's page looks this far back


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One delivery, as a list shows it. `topics` are those of the edition, as slugs."""

    issue: Issue
    subscriber: Subscriber
    status: str
    reason: str | None
    topics: Sequence[str]
    at: datetime | None


def _lines() -> Select[Issue, Subscriber, str, str | None, list[str] | None, datetime | None]:
    view = STATUS.c
    return (
        select(Issue, Subscriber, view.status, view.reason, Edition.topics, view.at)
        .select_from(STATUS)
        .join(Issue, Issue.id == view.issue_id)
        .join(Subscriber, Subscriber.id == view.subscriber_id)
        .outerjoin(Edition, Edition.id == view.edition_id)
    )


def _line(
    issue: Issue, subscriber: Subscriber, status: str, reason: str | None, topics: list[str] | None, at: datetime | None
) -> Line:
    return Line(issue=issue, subscriber=subscriber, status=status, reason=reason, topics=topics or [], at=at)


def people(
    session: Session,
    issue: Issue,
    status: str,
    *,
    reason: str | None = None,
    edition_id: int | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[Line]:
    """Deliveries of an issue with this status, by subscriber id, from `after` on (not included)."""
    found = _lines().where(STATUS.c.issue_id == issue.id, STATUS.c.status == status, STATUS.c.subscriber_id > after)
    if reason is not None:
        found = found.where(STATUS.c.reason == reason)
    if edition_id is not None:
        found = found.where(STATUS.c.edition_id == edition_id)
    return [_line(*row) for row in session.execute(found.order_by(STATUS.c.subscriber_id).limit(limit))]


def deliveries_of(session: Session, subscriber_id: int, *, limit: int = 200) -> list[Line]:
    """What one person was sent or not sent, newest issue first.

    The ledger's key begins with the issue, so each launched issue is looked up by itself: a few hundred at most.
    """
    launched = select(Issue.id).where(Issue.version_id.is_not(None)).order_by(Issue.id.desc()).limit(MOST_ISSUES)
    ids = session.scalars(launched).all()
    found = _lines().where(STATUS.c.issue_id.in_(ids), STATUS.c.subscriber_id == subscriber_id)
    found = found.order_by(STATUS.c.issue_id.desc()).limit(limit)
    return [_line(*row) for row in session.execute(found)]


def count(session: Session, issue: Issue, status: str) -> int:
    """How many deliveries of an issue have this status, by the view."""
    found = select(func.count()).select_from(STATUS)
    return session.scalar(found.where(STATUS.c.issue_id == issue.id, STATUS.c.status == status)) or 0
