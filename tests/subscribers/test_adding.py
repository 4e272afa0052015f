from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from newsletter.subscribers import adding, erasing, leaving, people, suppressions
from newsletter.subscribers.adding import CannotAdd, Typed
from newsletter.subscribers.models import Consent, ConsentKind, Status, Subscriber, SuppressionKind
from tests.subscribers.reading_room import SAID, Room

TYPED = Typed(address="ada@example.org", name="Ada", where="book fair", when="14 November", words="Send me the sheet.")
EDITOR = 7


def add(room: Room, now: datetime, typed: Typed = TYPED) -> Subscriber:
    return adding.add(room.session, room.ring, room.publication, typed, EDITOR, now)


def test_one_person_comes_in_with_the_consent_that_was_stated(room: Room, now: datetime) -> None:
    person = add(room, now, replace(TYPED, topic_ids=(room.topics["maps"].id,)))

    subscription = people.subscription(room.session, room.publication.id, person.id)
    consent = room.session.scalars(select(Consent)).one()
    assert subscription is not None
    assert (subscription.status, room.choice(subscription)) == (Status.CONFIRMED, ["maps"])
    assert (consent.kind, consent.words, consent.page) == (ConsentKind.IMPORT, TYPED.words, TYPED.where)
    assert consent.evidence == {"when": TYPED.when, "stated_by": EDITOR}
    assert room.audience() == {person.id}


@pytest.mark.parametrize(
    ("typed", "field"),
    [(replace(TYPED, where=" "), "where"), (replace(TYPED, when=""), "when"), (replace(TYPED, words="\n"), "words")],
)
def test_without_a_whole_consent_nobody_comes_in(room: Room, now: datetime, typed: Typed, field: str) -> None:
    with pytest.raises(CannotAdd) as caught:
        add(room, now, typed)

    assert caught.value.field == field
    assert room.count(Subscriber) == 0


def test_a_bad_address_and_a_second_time_get_a_sentence(room: Room, now: datetime) -> None:
    with pytest.raises(CannotAdd, match="a space"):
        add(room, now, replace(TYPED, address="a da@example.org"))

    add(room, now)
    with pytest.raises(CannotAdd, match="is here already"):
        add(room, now, replace(TYPED, address="ADA@example.org"))


def test_nobody_who_left_was_erased_or_is_suppressed_is_brought_back(room: Room, now: datetime) -> None:
    _, left = room.person("left@example.org", now)
    leaving.leave_publication(room.session, left, SAID, now)
    erased, _ = room.person("erased@example.org", now)
    erasing.erase(room.session, erased, SAID, now)
    held, _ = room.person("held@example.org", now)
    suppressions.suppress(room.session, held.address_key, SuppressionKind.COMPLAINT, "spam", now)

    for name in ("left", "erased", "held"):
        with pytest.raises(CannotAdd, match="by signing up"):
            add(room, now, replace(TYPED, address=f"{name}@example.org"))
    assert room.audience() == set()
