"""Over any history of signing up, leaving, pausing, bouncing and erasing: who is mailed had said yes, last.

Checked against the proofs (consents, suppressions), which the condition for an audience does not look at, and
against the departures: whoever drops out of the audience has taken a number, so a send that is under way sees it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.delivery import signups
from newsletter.delivery.signups import Typed
from newsletter.subscribers import erasing, joining, leaving, people, preferences, suppressions
from newsletter.subscribers.models import (
    Consent,
    ConsentKind,
    Departure,
    Status,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionKind,
)
from tests.subscribers.reading_room import SAID, Room, open_room

PEOPLE = ("ada@example.org", "ben@example.org")
ACTS = (
    *("sign up", "confirm", "leave", "leave all", "never", "bounce", "complaint", "lift"),
    *("pause", "resume", "undo", "topics", "erase", "expire"),
)


class Step(NamedTuple):
    who: str
    act: str
    later_h: int


steps = st.builds(Step, st.sampled_from(PEOPLE), st.sampled_from(ACTS), st.sampled_from([0, 1, 30, 200]))


@given(history=st.lists(steps, min_size=1, max_size=25))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_nobody_suppressed_unconfirmed_paused_or_gone_is_ever_in_an_audience(
    session: Session, now: datetime, history: list[Step]
) -> None:
    undone = session.begin_nested()
    room = open_room(session, now)
    for step in history:
        now += timedelta(hours=step.later_h)
        before, number = room.audience(), _departures(session)
        _act(room, step, now)
        after = room.audience()
        for subscriber_id in after:
            _had_said_yes(room, subscriber_id)
        for subscriber_id in before - after:
            assert _departed(session, subscriber_id, number), f"{step} took somebody out without a number"
        session.expire_all()
    undone.rollback()


def _act(room: Room, step: Step, now: datetime) -> None:
    session = room.session
    if step.act == "sign up":
        typed = Typed(address=step.who, topic_ids=frozenset({room.topics["maps"].id}))
        signups.sign_up(session, room.ring, room.publication, typed, SAID, now)
        return
    if step.act == "expire":
        joining.expire_unconfirmed(session, now)
        return
    person = people.by_address(session, room.ring, step.who)
    current = person and people.subscription(session, room.publication.id, person.id)
    if person is None or not isinstance(current, Subscription):
        return
    key = person.address_key
    acts: dict[str, Callable[[], object]] = {
        "confirm": lambda: signups.confirm(session, room.publication.id, person.id, current.asked_at or now, SAID, now),
        "leave": lambda: leaving.leave_publication(session, current, SAID, now),
        "leave all": lambda: leaving.leave_everything(session, person, SAID, now),
        "never": lambda: leaving.never_again(session, person, SAID, now),
        "bounce": lambda: suppressions.suppress(session, key, SuppressionKind.HARD_BOUNCE, "", now),
        "complaint": lambda: suppressions.suppress(session, key, SuppressionKind.COMPLAINT, "", now),
        "lift": lambda: suppressions.lift(session, key, suppressions.FINAL, "asked", now),
        "pause": lambda: leaving.pause(session, current, SAID, now),
        "resume": lambda: leaving.resume(session, current, SAID, now),
        "undo": lambda: leaving.undo(session, current, SAID, now),
        "topics": lambda: preferences.change_topics(session, current, {room.topics["ink"].id}, SAID, now),
        "erase": lambda: erasing.erase(session, person, SAID, now),
    }
    acts[step.act]()


def _had_said_yes(room: Room, subscriber_id: int) -> None:
    person = room.session.get_one(Subscriber, subscriber_id)
    assert person.address
    assert _last_word(room.session, subscriber_id) is Status.CONFIRMED
    held = select(func.count()).select_from(Suppression)
    held = held.where(Suppression.address_key == person.address_key, Suppression.lifted_at.is_(None))
    assert room.session.scalar(held) == 0


def _last_word(session: Session, subscriber_id: int) -> Status:
    """Where the proofs say that somebody stands."""
    stood: Status = Status.LEFT
    proofs = {row.id: row for row in session.scalars(select(Consent).where(Consent.subscriber_id == subscriber_id))}
    for _, proof in sorted(proofs.items()):
        if proof.kind is ConsentKind.CONFIRM:
            stood = stood if stood is Status.PAUSED else Status.CONFIRMED
        elif proof.kind in (ConsentKind.LEAVE, ConsentKind.ERASE):
            stood = Status.LEFT
        elif proof.kind is ConsentKind.RETURN:
            stood = Status(proofs[proof.evidence["undoes"]].evidence["before"]["status"])
        elif proof.kind is ConsentKind.CHANGE and proof.evidence.get("pauses") is not None:
            stood = Status.PAUSED if proof.evidence["pauses"] else Status.CONFIRMED
    return stood


def _departures(session: Session) -> int:
    return session.scalar(select(func.max(Departure.number))) or 0


def _departed(session: Session, subscriber_id: int, since: int) -> bool:
    found = select(Departure.number).where(Departure.subscriber_id == subscriber_id, Departure.number > since)
    return session.scalars(found).first() is not None
