"""Caps count in the database: what they let through, in any stretch of time, and when what waits may go."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter import limits
from newsletter.db import Database

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def test_a_cap_lets_its_number_through_and_no_more(session: Session, now: datetime) -> None:
    answers = [limits.take(session, "a", 2, DAY, now + timedelta(minutes=m)) for m in range(5)]

    assert answers == [True, True, False, False, False]
    assert limits.take(session, "b", 2, DAY, now), "another key has a count of its own"


def test_a_cap_opens_again_when_its_period_is_over_however_often_it_refused(session: Session, now: datetime) -> None:
    for minute in range(60):
        limits.take(session, "a", 1, DAY, now + timedelta(minutes=minute))

    assert not limits.take(session, "a", 1, DAY, now + timedelta(hours=23, minutes=59))
    assert limits.take(session, "a", 1, DAY, now + timedelta(hours=25))


def test_in_no_stretch_of_a_day_are_more_than_the_cap(session: Session, now: datetime) -> None:
    """A count by calendar day would let through twice the cap around midnight."""
    moments = [now + timedelta(minutes=131 * n + 97 * (n % 5) ** 2) for n in range(200)]
    passed = [moment for moment in sorted(moments) if limits.take(session, "a", 2, DAY, moment)]

    assert len(passed) > 20
    assert all(third - first >= DAY for first, third in zip(passed, passed[2:], strict=False))


def test_what_does_not_fit_gets_the_next_period_with_room(session: Session, now: datetime) -> None:
    slots = [limits.slot(session, "form", 2, HOUR, now, ahead=3) for _ in range(9)]

    hours = [None if slot is None else (slot - now) / HOUR for slot in slots]
    assert hours == [0, 0, 1, 1, 2, 2, 3, 3, None]


def test_of_two_who_use_a_token_at_once_one_is_told_so(database: Database, now: datetime) -> None:
    with database.write() as session:
        first = limits.use_once(session, "t", now)
    with database.write() as session:
        second = limits.use_once(session, "t", now)

    assert (first, second) == (True, False)


def test_what_is_over_is_forgotten(session: Session, now: datetime) -> None:
    limits.take(session, "a", 2, DAY, now)
    limits.use_once(session, "t", now + HOUR)

    limits.forget_old(session, now + timedelta(days=2))

    assert session.scalar(select(func.count()).select_from(limits.Counter)) == 0
    assert session.scalar(select(func.count()).select_from(limits.UsedToken)) == 0
