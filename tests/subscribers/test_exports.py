import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from newsletter import addresses
from newsletter.subscribers import erasing, exports, files, importing, suppressing, suppressions
from newsletter.subscribers.columns import Column
from newsletter.subscribers.listing import Filter
from newsletter.subscribers.models import Status, SuppressionKind
from tests.subscribers.reading_room import SAID, Room
from tests.subscribers.test_importing import CONSENT, judged, let_in


def as_read(rows: Iterator[Sequence[str]]) -> list[dict[str, str]]:
    """What another program sees in the file."""
    found = files.read(io.BytesIO("".join(files.write(rows)).encode()))
    return [dict(zip(found.header, row.cells, strict=True)) for row in found.rows]


def test_an_export_holds_everybody_who_matches(room: Room, now: datetime) -> None:
    room.person("ada@example.org", now, "maps", "kelp", name="=Ada")
    room.person("bo@example.org", now, status=Status.PAUSED)
    held, _ = room.person("chen@example.org", now)
    suppressions.suppress(room.session, held.address_key, SuppressionKind.NEVER, "asked", now)
    room.session.commit()

    found = as_read(exports.people(room.session, room.publication.id, Filter()))

    assert [(row["address"], row["name"], row["topics"], row["status"], row["stopped"]) for row in found] == [
        ("chen@example.org", "", "", "confirmed", "never"),
        ("bo@example.org", "", "", "paused", ""),
        ("ada@example.org", "=Ada", "maps;kelp", "confirmed", ""),
    ]
    assert len(as_read(exports.people(room.session, room.publication.id, Filter(status=Status.PAUSED)))) == 1


def test_more_people_than_a_slice_are_all_there_once(room: Room, now: datetime) -> None:
    table = "".join(f"reader{number}@example.org\n" for number in range(exports.SLICE + 3))
    let_in(room, judged(room, now, table), now, CONSENT)
    room.session.commit()

    found = as_read(exports.people(room.session, room.publication.id, Filter()))

    assert len({row["address"] for row in found}) == len(found) == exports.SLICE + 3


def test_t_csv_1_an_export_comes_back_as_an_import_of_people_already_here(room: Room, now: datetime) -> None:
    room.person("ada@example.org", now, "maps", name="-Ada")
    room.session.commit()
    text = "".join(files.write(exports.people(room.session, room.publication.id, Filter())))

    found = judged(room, now, text)

    assert found.mapping[:4] == [Column.ADDRESS, Column.NAME, Column.TOPICS, Column.STATE]
    assert found.counts == {"here": 1}
    (row,) = importing.rows(room.session, found)
    assert (row.name, row.topics) == ("-Ada", [room.topics["maps"].id])


def test_an_erased_person_is_in_no_export_and_a_suppression_keeps_the_hash_alone(room: Room, now: datetime) -> None:
    person, _ = room.person("ada@example.org", now)
    suppressions.suppress(room.session, person.address_key, SuppressionKind.NEVER, "asked", now)
    erasing.erase(room.session, person, SAID, now)
    room.session.commit()

    assert as_read(exports.people(room.session, room.publication.id, Filter())) == []
    key = person.address_key
    assert [row[:3] for row in exports.suppressions(room.session)] == [
        exports.SUPPRESSIONS[:3],
        ("", key, "never"),
    ]


def test_the_verdicts_of_a_file_can_be_taken_along(room: Room, now: datetime) -> None:
    found = judged(room, now, "ada@example.org\nno address\n")

    assert [(row["row"], row["verdict"]) for row in as_read(exports.verdicts(room.session, found))] == [
        ("1", "new"),
        ("2", "bad"),
    ]


def test_suppressions_are_found_by_a_whole_address_or_the_beginning_of_a_hash(room: Room, now: datetime) -> None:
    keys = [addresses.key(f"{name}@example.org", room.ring.address_key) for name in ("ada", "bo")]
    for key in keys:
        suppressions.suppress(room.session, key, SuppressionKind.MANUAL, "asked", now)

    def found(wanted: str) -> list[str]:
        return [entry.address_key for entry, _, _ in suppressing.page(room.session, wanted)]

    assert found("") == keys[::-1]
    assert found(keys[0]) == found(keys[0][:10]) == [keys[0]]
    assert found("%") == []
