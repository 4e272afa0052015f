from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.subscribers import erasing, leaving, people, preferences, suppressions
from newsletter.subscribers.models import Consent, ConsentKind, Departure, Status, Suppression, SuppressionKind
from tests.subscribers.reading_room import SAID, Room, open_room

ADDRESS = "ines@example.org"
HOUR = timedelta(hours=1)


def test_who_leaves_is_out_at_once_with_proof_and_a_number(room: Room, now: datetime) -> None:
    subscriber, subscription = room.person(ADDRESS, now, "maps", "ink")

    assert leaving.leave_publication(room.session, subscription, SAID, now)

    assert room.audience() == set()
    assert room.departures() == [(1, "left")]
    consent = room.session.scalars(select(Consent)).one()
    assert (consent.kind, consent.words, consent.topics) == (ConsentKind.LEAVE, "I want this", ["maps", "ink"])
    assert consent.address_key == subscriber.address_key
    assert suppressions.active(room.session, subscriber.address_key) == frozenset()


def test_leaving_twice_is_leaving_once(room: Room, now: datetime) -> None:
    _, subscription = room.person(ADDRESS, now)
    leaving.leave_publication(room.session, subscription, SAID, now)

    assert not leaving.leave_publication(room.session, subscription, SAID, now + HOUR)

    assert room.count(Consent) == room.count(Departure) == 1
    assert subscription.left_at == now


def test_leaving_one_publication_leaves_the_other_alone(room: Room, now: datetime) -> None:
    other = open_room(room.session, now, "other", room.ring)
    subscriber, here = room.person(ADDRESS, now)
    other.person(ADDRESS, now)

    leaving.leave_publication(room.session, here, SAID, now)

    assert room.audience() == set()
    assert other.audience() == {subscriber.id}


def test_leaving_everything_ends_all_and_can_be_taken_back_whole(room: Room, now: datetime) -> None:
    other = open_room(room.session, now, "other", room.ring)
    subscriber, here = room.person(ADDRESS, now, "maps")
    other.person(ADDRESS, now, "kelp")
    leaving.leave_everything(room.session, subscriber, SAID, now)

    assert room.audience() == other.audience() == set()
    assert suppressions.active(room.session, subscriber.address_key) == {SuppressionKind.EVERYTHING}

    assert leaving.undo(room.session, here, SAID, now + HOUR)

    assert room.audience() == other.audience() == {subscriber.id}


def test_undo_puts_status_and_topics_back_within_a_day_and_once(room: Room, now: datetime) -> None:
    subscriber, subscription = room.person(ADDRESS, now, "maps", "ink")
    leaving.leave_publication(room.session, subscription, SAID, now)

    assert leaving.undo(room.session, subscription, SAID, now + 24 * HOUR)
    assert not leaving.undo(room.session, subscription, SAID, now + 24 * HOUR)

    assert room.audience() == {subscriber.id}
    assert room.choice(subscription) == ["maps", "ink"]
    assert (subscription.status, subscription.left_at) == (Status.CONFIRMED, None)
    assert room.kinds() == [ConsentKind.LEAVE, ConsentKind.RETURN]


def test_after_a_day_nobody_with_an_old_link_can_put_a_person_back(room: Room, now: datetime) -> None:
    _, subscription = room.person(ADDRESS, now)
    leaving.leave_publication(room.session, subscription, SAID, now)

    assert not leaving.undo(room.session, subscription, SAID, now + 24 * HOUR + timedelta(seconds=1))

    assert room.audience() == set()


def test_taking_a_leaving_back_never_confirms_who_had_not_confirmed(room: Room, now: datetime) -> None:
    _, subscription = room.person(ADDRESS, now, status=Status.PENDING)
    leaving.leave_publication(room.session, subscription, SAID, now)

    leaving.undo(room.session, subscription, SAID, now)

    assert subscription.status is Status.PENDING
    assert room.audience() == set()


def test_never_again_cannot_be_taken_back_by_a_link(room: Room, now: datetime) -> None:
    subscriber, subscription = room.person(ADDRESS, now)
    leaving.never_again(room.session, subscriber, SAID, now)

    assert not leaving.undo(room.session, subscription, SAID, now)
    assert not leaving.never_again(room.session, subscriber, SAID, now)

    assert room.audience() == set()
    assert suppressions.active(room.session, subscriber.address_key) == {SuppressionKind.NEVER}


def test_leaving_topics_keeps_the_rest_and_is_no_departure(room: Room, now: datetime) -> None:
    """Topic choices count from the next slice of a freeze on; a departure would take away the other topics too."""
    subscriber, subscription = room.person(ADDRESS, now, "maps", "ink", "kelp")

    assert leaving.leave_topics(room.session, subscription, [room.topics["ink"].id], SAID, now)

    assert room.choice(subscription) == ["maps", "kelp"]
    assert room.audience() == {subscriber.id}
    assert room.departures() == []


def test_leaving_the_last_topic_departs_and_stays_signed_up(room: Room, now: datetime) -> None:
    subscriber, subscription = room.person(ADDRESS, now, "ink")

    leaving.leave_topics(room.session, subscription, [room.topics["ink"].id], SAID, now)

    assert room.departures() == [(1, "no topics")]
    assert room.audience() == {subscriber.id}
    assert not leaving.leave_topics(room.session, subscription, [room.topics["ink"].id], SAID, now)


def test_a_pause_stops_the_mail_and_keeps_the_choice(room: Room, now: datetime) -> None:
    subscriber, subscription = room.person(ADDRESS, now, "ink")

    assert leaving.pause(room.session, subscription, SAID, now)
    assert not leaving.pause(room.session, subscription, SAID, now)
    assert room.audience() == set()
    assert room.departures() == [(1, "paused")]

    assert leaving.resume(room.session, subscription, SAID, now)
    assert not leaving.resume(room.session, subscription, SAID, now)
    assert room.audience() == {subscriber.id}
    assert room.choice(subscription) == ["ink"]


def test_erasing_keeps_the_proofs_and_nothing_that_names_anybody(room: Room, now: datetime) -> None:
    subscriber, subscription = room.person(ADDRESS, now, "ink", name="Ines")
    leaving.pause(room.session, subscription, SAID, now)
    suppressions.suppress(room.session, subscriber.address_key, SuppressionKind.COMPLAINT, "spam", now)

    assert erasing.erase(room.session, subscriber, SAID, now)
    assert not erasing.erase(room.session, subscriber, SAID, now)

    assert (subscriber.address, subscriber.name, subscriber.erased_at) == (None, "", now)
    assert room.kinds() == [ConsentKind.CHANGE, ConsentKind.ERASE]
    assert {row.address_key for row in room.session.scalars(select(Consent))} == {subscriber.address_key}
    assert suppressions.active(room.session, subscriber.address_key) == {SuppressionKind.COMPLAINT}
    assert room.departures()[-1][1] == "erased"
    assert people.by_address(room.session, room.ring, ADDRESS) is subscriber


def test_changed_topics_say_what_came_and_went_and_hidden_ones_cannot_be_taken(room: Room, now: datetime) -> None:
    room.topics["kelp"].is_hidden = True
    _, subscription = room.person(ADDRESS, now, "maps")
    ids = {topic.id for topic in room.topics.values()} - {room.topics["maps"].id}

    change = preferences.change_topics(room.session, subscription, ids, SAID, now)

    assert (change.added, change.removed) == (("Ink",), ("Maps",))
    assert room.choice(subscription) == ["ink"]
    assert not preferences.change_topics(room.session, subscription, ids, SAID, now)
    assert room.kinds() == [ConsentKind.CHANGE]


def test_a_hidden_topic_that_somebody_has_stays_theirs(room: Room, now: datetime) -> None:
    _, subscription = room.person(ADDRESS, now, "kelp")
    room.topics["kelp"].is_hidden = True

    offer = preferences.offered(room.session, room.publication.id, {room.topics["kelp"].id})
    preferences.change_topics(room.session, subscription, {topic.id for topic in offer}, SAID, now)

    assert room.choice(subscription) == ["maps", "ink", "kelp"]


def test_who_has_left_changes_nothing_by_an_old_link(room: Room, now: datetime) -> None:
    _, subscription = room.person(ADDRESS, now, "maps")
    leaving.leave_publication(room.session, subscription, SAID, now)

    assert not preferences.change_topics(room.session, subscription, {room.topics["ink"].id}, SAID, now)
    assert not leaving.leave_topics(room.session, subscription, [room.topics["maps"].id], SAID, now)


def test_a_suppression_is_lifted_once_and_keeps_why(session: Session, now: datetime) -> None:
    suppressions.suppress(session, "aa", SuppressionKind.MANUAL, "asked by phone", now)
    assert not suppressions.suppress(session, "aa", SuppressionKind.MANUAL, "again", now)

    lifted = [suppressions.lift(session, "aa", {SuppressionKind.MANUAL}, "a slip", now) for _ in range(2)]

    assert lifted == [1, 0]
    row = session.scalars(select(Suppression)).one()
    assert (row.reason, row.lifted_reason, row.lifted_at) == ("asked by phone", "a slip", now)
    assert suppressions.blocks(session, ["aa", "bb"]) == {}


@pytest.mark.parametrize("kind", list(SuppressionKind))
def test_every_kind_of_suppression_keeps_people_out(room: Room, now: datetime, kind: SuppressionKind) -> None:
    subscriber, _ = room.person(ADDRESS, now)

    suppressions.suppress(room.session, subscriber.address_key, kind, "", now)

    assert room.audience() == set()
    assert room.departures() == [(1, "suppressed")]
