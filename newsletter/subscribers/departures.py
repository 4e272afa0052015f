"""The list of departures: what a send looks at, in the moment before the first byte, to leave people out."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from newsletter.subscribers.models import Departure, DepartureCounter


def append(session: Session, subscriber_id: int, publication_id: int | None, reason: str, now: datetime) -> int:
    """Note that somebody left (None: everything) and return the number.

    The counter's row stays locked until the transaction ends, so numbers are in the order of commits: whoever
    has read up to a number has missed nobody below it. Call it last, to hold the lock briefly.
    """
    number = session.execute(
        update(DepartureCounter).values(number=DepartureCounter.number + 1).returning(DepartureCounter.number)
    ).scalar_one()
    session.add(
        Departure(number=number, subscriber_id=subscriber_id, publication_id=publication_id, reason=reason, at=now)
    )
    session.flush()
    return number
