"""How far an issue has got, counted from the ledger's rows and from nothing else."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.delivery.models import Chunk, ChunkState, Delivery, Edition, Outcome
from newsletter.issues.models import Issue, State

RATE_OVER = timedelta(seconds=30)

# The one place that says what a chunk's state means for a delivery that has no outcome of its own.
# The view `delivery_status` says the same in SQL; a test holds the two together.
STATUS = {
    ChunkState.PENDING: "pending",
    ChunkState.CLAIMED: "pending",
    ChunkState.POSTING: "posting",
    ChunkState.DONE: "accepted",
    ChunkState.UNKNOWN: "unknown",
    ChunkState.FAILED: "failed",
}


@dataclass(slots=True, kw_only=True)
class EditionProgress:
    """One edition's people by status. `topics` are slugs, `sections` ids, in the document's order."""

    edition_id: int
    key: str
    topics: list[str]
    sections: list[str]
    size_bytes: int
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def people(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An issue's people by status, in all and by edition.

    `counts` has accepted, rejected, unknown, failed, posting, pending, cancelled and skipped; `skipped` splits
    the last by reason. `rate_per_s` and `remaining_s` are None while nothing moves.
    """

    state: State
    words: str
    people: int
    counts: Mapping[str, int]
    skipped: Mapping[str, int]
    editions: list[EditionProgress]
    rate_per_s: float | None
    remaining_s: float | None

    @property
    def handed_over(self) -> int:
        return self.counts.get("accepted", 0)


def progress(session: Session, issue: Issue, now: datetime) -> Progress:
    """Count. Chunks are few; only exceptions are counted by delivery."""
    editions = {
        edition.id: EditionProgress(
            edition_id=edition.id,
            key=edition.key,
            topics=edition.topics,
            sections=edition.sections,
            size_bytes=edition.size_bytes,
        )
        for edition in session.scalars(select(Edition).where(Edition.issue_id == issue.id).order_by(Edition.id))
    }
    _count_chunks(session, issue, editions)
    skipped = _count_exceptions(session, issue, editions)
    counts: dict[str, int] = defaultdict(int)
    for edition in editions.values():
        for status, n in edition.counts.items():
            counts[status] += n
    counts["skipped"] = sum(skipped.values())
    rate = _rate(session, issue, now)
    left = counts["pending"] + counts["posting"]
    return Progress(
        state=issue.state,
        words=issue.words,
        people=sum(counts.values()),
        counts=dict(counts),
        skipped=skipped,
        editions=sorted((one for one in editions.values() if one.people), key=lambda one: -one.people),
        rate_per_s=rate,
        remaining_s=left / rate if rate and left and issue.state == State.SENDING else None,
    )


def _count_chunks(session: Session, issue: Issue, editions: dict[int, EditionProgress]) -> None:
    rows = session.execute(
        select(Chunk.edition_id, Chunk.state, func.sum(Chunk.n))
        .where(Chunk.issue_id == issue.id)
        .group_by(Chunk.edition_id, Chunk.state)
    )
    for edition_id, state, n in rows:
        status = STATUS[state]
        if status == "pending" and issue.state == State.CANCELLED:
            status = "cancelled"
        editions[edition_id].counts[status] += int(n)


def _count_exceptions(session: Session, issue: Issue, editions: dict[int, EditionProgress]) -> dict[str, int]:
    """Move what has an outcome of its own from its chunk's status to it; the skipped ones by reason."""
    rows = session.execute(
        select(Chunk.edition_id, Chunk.state, Delivery.outcome, Delivery.reason, func.count())
        .select_from(Delivery)
        .outerjoin(Chunk, Chunk.id == Delivery.chunk_id)
        .where(Delivery.issue_id == issue.id, Delivery.outcome.is_not(None))
        .group_by(Chunk.edition_id, Chunk.state, Delivery.outcome, Delivery.reason)
    )
    skipped: dict[str, int] = defaultdict(int)
    for edition_id, state, outcome, reason, n in rows:
        if edition_id in editions and state is not None:
            status = STATUS[state]
            if status == "pending" and issue.state == State.CANCELLED:
                status = "cancelled"
            editions[edition_id].counts[status] -= n
        if outcome == Outcome.SKIPPED:
            skipped[reason or ""] += n
        elif outcome is not None and edition_id in editions:
            editions[edition_id].counts[outcome.value] += n
    return dict(skipped)


def _rate(session: Session, issue: Issue, now: datetime) -> float | None:
    """Mails a second over the last half minute, or since the send began if that is shorter."""
    if issue.sending_at is None:
        return None
    start = max(now - RATE_OVER, issue.sending_at)
    done = session.scalar(
        select(func.sum(Chunk.n)).where(
            Chunk.issue_id == issue.id, Chunk.state == ChunkState.DONE, Chunk.done_at >= start
        )
    )
    seconds = (now - start).total_seconds()
    return float(done) / seconds if done and seconds > 0 else None
