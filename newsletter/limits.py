"""Caps: how often something may happen in a stretch of time.

Counted in the database, so that all web processes share one count. A key names what is counted and holds no
address in the clear: whoever counts by address or network passes a keyed hash.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.db import Base
from newsletter.upsert import insert

PARTS = 24  # a period is counted in so many windows


class Counter(Base, kw_only=True):
    """How often something happened in one window of time."""

    __tablename__ = "counter"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    window: Mapped[int] = mapped_column(BigInteger, primary_key=True)  # start, seconds since 1970
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UsedToken(Base, kw_only=True):
    """A form's or a link's one-time mark that was used; kept until it would have expired."""

    __tablename__ = "used_token"

    token_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


def take(session: Session, key: str, limit: int, period: timedelta, now: datetime) -> bool:
    """Count one more and say True, or say False when `limit` were counted in the last `period`.

    The period slides and is never shorter than it says (up to a 24th longer). What is refused is not counted,
    so a flood cannot lock anybody out for longer than the period.
    """
    grain = int(period.total_seconds()) // PARTS
    moment = int(now.timestamp())
    window = moment - moment % grain
    _add(session, key, window, now + period + timedelta(seconds=grain), None)
    counted = session.scalar(
        select(func.sum(Counter.count)).where(Counter.key == key, Counter.window > window - period.total_seconds() - 1)
    )
    if counted is not None and counted <= limit:
        return True
    session.execute(update(Counter).where(Counter.key == key, Counter.window == window).values(count=Counter.count - 1))
    return False


def slot(session: Session, key: str, limit: int, period: timedelta, now: datetime, *, ahead: int) -> datetime | None:
    """The first moment from `now` on at which one more fits, and take it; None when the next `ahead` periods are full.

    For what may wait: the first `limit` of a period are served at once, the next in the period after it.
    """
    length = int(period.total_seconds())
    moment = int(now.timestamp())
    first = moment - moment % length
    full = session.scalars(
        select(Counter.window).where(Counter.key == key, Counter.window >= first, Counter.count >= limit)
    )
    taken = set(full)
    for window in range(first, first + ahead * length + 1, length):
        if window in taken:
            continue
        if _add(session, key, window, datetime.fromtimestamp(window, UTC) + period, limit):
            return max(now, datetime.fromtimestamp(window, UTC))
    return None


def use_once(session: Session, token_hash: str, expires_at: datetime) -> bool:
    """Mark a one-time token as used; False when it was used before. Of two at once, one is told True."""
    statement = insert(session, UsedToken).values(token_hash=token_hash, expires_at=expires_at)
    statement = statement.on_conflict_do_nothing()
    return session.execute(statement.returning(UsedToken.token_hash)).scalar_one_or_none() is not None


def forget_old(session: Session, now: datetime) -> None:
    """Drop the counts and used tokens that nothing can ask about any more."""
    session.execute(delete(Counter).where(Counter.expires_at <= now))
    session.execute(delete(UsedToken).where(UsedToken.expires_at <= now))


def _add(session: Session, key: str, window: int, expires_at: datetime, limit: int | None) -> bool:
    """One more in this window, unless it holds `limit`. The row stays locked until the transaction ends."""
    statement = insert(session, Counter).values(key=key, window=window, count=1, expires_at=expires_at)
    statement = statement.on_conflict_do_update(
        index_elements=[Counter.key, Counter.window],
        set_={"count": Counter.count + 1},
        where=None if limit is None else Counter.count < limit,
    )
    return session.execute(statement.returning(Counter.count)).scalar_one_or_none() is not None
