from datetime import datetime, timedelta

import pytest

from newsletter.subscribers import listing, suppressions
from newsletter.subscribers.listing import Filter
from newsletter.subscribers.models import Status, SuppressionKind
from tests.subscribers.reading_room import Room

EVERYBODY = Filter()


def fill(room: Room, now: datetime) -> None:
    room.person("ada@example.org", now, "maps", name="Ada Okafor")
    room.person("Bo.Larsen@example.org", now, "ink", name="bo larsen")
    room.person("chen@example.net", now, "maps", "kelp", status=Status.PENDING, name="Chen 100%")
    room.person("d_a@example.net", now, status=Status.LEFT, name="Ärne_Dahl")


def names(found: list[listing.Person]) -> list[str]:
    return [person.subscriber.name for person in found]


def search(room: Room, typed: str, wanted: Filter = EVERYBODY) -> list[str]:
    return names(listing.search(room.session, room.ring, room.publication.id, typed, wanted))


def test_the_newest_come_first_and_pages_neither_skip_nor_repeat(room: Room, now: datetime) -> None:
    for number in range(7):
        room.person(f"reader{number}@example.org", now, name=f"Reader {number}")

    first = listing.page(room.session, room.publication.id, EVERYBODY, limit=3)
    rest = listing.page(room.session, room.publication.id, EVERYBODY, before=first[-1].subscriber.id, limit=9)

    assert names(first) == ["Reader 6", "Reader 5", "Reader 4"]
    assert names(rest) == ["Reader 3", "Reader 2", "Reader 1", "Reader 0"]


def test_a_list_is_filtered_by_status_and_by_topic(room: Room, now: datetime) -> None:
    fill(room, now)
    maps = room.topics["maps"].id

    def page(wanted: Filter) -> list[str]:
        return names(listing.page(room.session, room.publication.id, wanted))

    assert page(Filter(status=Status.LEFT)) == ["Ärne_Dahl"]
    assert page(Filter(topic_id=maps)) == ["Chen 100%", "Ada Okafor"]
    assert page(Filter(status=Status.CONFIRMED, topic_id=maps)) == ["Ada Okafor"]
    assert page(Filter(topic_id=10_000)) == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ada", ["Ada Okafor"]),
        ("ADA@EXAMPLE.org", ["Ada Okafor"]),
        ("bo.larsen@EXAMPLE.org", ["bo larsen"]),
        ("Bo L", ["bo larsen"]),
        ("ärne", ["Ärne_Dahl"]),
        ("A\u0308rne", ["Ärne_Dahl"]),
        ("okafor", []),
        ("", ["Ärne_Dahl", "Chen 100%", "bo larsen", "Ada Okafor"]),
    ],
)
def test_a_search_finds_beginnings_of_addresses_and_names(
    room: Room, now: datetime, typed: str, found: list[str]
) -> None:
    fill(room, now)

    assert search(room, typed) == found


@pytest.mark.parametrize("typed", ["%", "_", "%a", "d%", "a_a", "\\", "' OR 1=1 --", "\U0010ffff"])
def test_t_sql_4_signs_of_patterns_mean_themselves(room: Room, now: datetime, typed: str) -> None:
    fill(room, now)

    assert search(room, typed) == []


def test_t_sql_4_an_underscore_in_an_address_is_found_as_such(room: Room, now: datetime) -> None:
    fill(room, now)
    room.person("dxa@example.net", now, name="Not me")

    assert search(room, "d_a") == ["Ärne_Dahl"]


def test_a_search_keeps_to_its_filter_and_its_publication(room: Room, now: datetime) -> None:
    fill(room, now)

    assert search(room, "ada", Filter(status=Status.LEFT)) == []
    assert listing.search(room.session, room.ring, room.publication.id + 1, "ada", EVERYBODY) == []


def test_a_search_stops_at_the_first_hundred(room: Room, now: datetime) -> None:
    for number in range(listing.MOST_FOUND + 5):
        room.person(f"reader{number}@example.org", now)

    assert len(search(room, "reader")) == listing.MOST_FOUND


def test_counts_are_by_status_by_filter_and_by_topic(room: Room, now: datetime) -> None:
    fill(room, now)
    number = room.publication.id
    maps, ink = room.topics["maps"].id, room.topics["ink"].id

    assert listing.counts(room.session, number) == {
        Status.PENDING: 1,
        Status.CONFIRMED: 2,
        Status.PAUSED: 0,
        Status.LEFT: 1,
    }
    assert listing.count_up_to(room.session, number, Filter(topic_id=maps)) == 2
    assert listing.count_up_to(room.session, number, EVERYBODY, most=2) == 3
    assert listing.counts_by_topic(room.session, number) == {maps: 1, ink: 1}


def test_a_line_says_what_stops_mail_and_where_somebody_came_from(room: Room, now: datetime) -> None:
    person, _ = room.person("ada@example.org", now, "maps", "kelp")
    later = now + timedelta(days=1)
    suppressions.suppress(room.session, person.address_key, SuppressionKind.COMPLAINT, "spam", later)

    (line,) = listing.page(room.session, room.publication.id, EVERYBODY)

    assert line.held == {SuppressionKind.COMPLAINT}
    assert line.topic_ids == {room.topics["maps"].id, room.topics["kelp"].id}
    assert line.first is None
