"""The log of what editors did. Each entry's digest covers the one before: a changed or missing entry shows.

What the chain cannot show is that its newest entries are gone; a copy of the last digest kept elsewhere can.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.accounts.models import LogEntry

_TURN = 7215002  # PostgreSQL advisory lock: entries are written one after the other


def record(
    session: Session, editor_id: int | None, act: str, subject: str, detail: Mapping[str, Any], now: datetime
) -> LogEntry:
    """Write down an act, in the transaction that does it. `detail` is JSON and holds no address and no secret."""
    if session.get_bind().dialect.name == "postgresql":  # on SQLite only one writes at a time anyway
        session.execute(select(func.pg_advisory_xact_lock(_TURN)))
    previous = session.scalar(select(LogEntry.digest).order_by(LogEntry.id.desc()).limit(1)) or ""
    entry = LogEntry(
        at=now,
        editor_id=editor_id,
        act=act,
        subject=subject,
        detail=dict(detail),
        previous=previous,
        digest=_digest(now, editor_id, act, subject, detail, previous),
    )
    session.add(entry)
    session.flush()
    return entry


def latest(session: Session, limit: int = 50, before: int | None = None) -> Sequence[LogEntry]:
    """The newest entries first; `before` is the id of the last one already seen."""
    statement = select(LogEntry).order_by(LogEntry.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(LogEntry.id < before)
    return session.scalars(statement).all()


def verify(session: Session) -> int | None:
    """The id of the first entry that is not what was written; None when all are."""
    previous = ""
    for entry in session.scalars(select(LogEntry).order_by(LogEntry.id)).yield_per(1000):
        expected = _digest(entry.at, entry.editor_id, entry.act, entry.subject, entry.detail, previous)
        if entry.previous != previous or entry.digest != expected:
            return entry.id
        previous = entry.digest
    return None


def _digest(
    at: datetime, editor_id: int | None, act: str, subject: str, detail: Mapping[str, Any], previous: str
) -> str:
    words = [at.isoformat(), editor_id, act, subject, detail, previous]
    return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
