import io
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from newsletter import addresses
from newsletter.subscribers import erasing, files, importing, joining, leaving, people, suppressions
from newsletter.subscribers.columns import Column, Verdict
from newsletter.subscribers.importing import CAME_IN, CannotImport
from newsletter.subscribers.models import (
    Consent,
    ConsentKind,
    Import,
    ImportRow,
    ImportState,
    Status,
    Subscription,
    SuppressionKind,
)
from tests.subscribers.reading_room import SAID, Room

CONSENT = {"where": "our old provider", "when": "since 2021", "words": "Send me the sheet."}
EDITOR = 7


def bring(room: Room, now: datetime, table: str) -> Import:
    """A file that waits for its columns."""
    data = table.encode()
    reading = files.read(io.BytesIO(data))
    found = importing.begin(room.session, room.publication, EDITOR, "people.csv", len(data), reading, now)
    importing.add_rows(room.session, found, reading.rows)
    importing.read_to_end(room.session, found, reading.has_header)
    return found


def judged(room: Room, now: datetime, table: str, *everybody: str) -> Import:
    found = bring(room, now, table)
    importing.map_columns(room.session, found, [Column(column) for column in found.mapping], everybody)
    run(room, found, now)
    return found


def run(room: Room, found: Import, now: datetime) -> None:
    while importing.step_of(room.session, room.ring, found, now):
        pass


def let_in(room: Room, found: Import, now: datetime, consent: dict[str, str] | None = None) -> None:
    importing.let_in(room.session, found, consent, now)
    run(room, found, now)


def verdicts(room: Room, found: Import) -> list[tuple[int, str | None, str]]:
    return [(row.number, row.verdict, row.why) for row in importing.rows(room.session, found)]


def status(room: Room, address: str) -> Status | None:
    person = people.by_address(room.session, room.ring, address)
    found = people.subscription(room.session, room.publication.id, person.id) if person else None
    return found.status if found else None


def test_new_people_come_in_confirmed_with_topics_name_and_consent(room: Room, now: datetime) -> None:
    found = judged(room, now, "address,name,topics\nada@example.org,Ada,Maps; Kelp\nbo@example.org,,\n", "ink")

    let_in(room, found, now, CONSENT)

    assert (found.state, found.counts[CAME_IN]) == (ImportState.FINISHED, 2)
    ada = people.by_address(room.session, room.ring, "ada@example.org")
    assert ada is not None
    subscription = people.subscription(room.session, room.publication.id, ada.id)
    assert subscription is not None
    assert (ada.name, subscription.status, room.choice(subscription)) == (
        "Ada",
        Status.CONFIRMED,
        ["maps", "ink", "kelp"],
    )
    consent = room.session.scalars(select(Consent).where(Consent.subscriber_id == ada.id)).one()
    assert (consent.kind, consent.words, consent.page) == (ConsentKind.IMPORT, CONSENT["words"], CONSENT["where"])
    assert consent.evidence == {
        "when": CONSENT["when"],
        "file": "people.csv",
        "row": 2,
        "import": found.public_id,
        "stated_by": EDITOR,
    }
    assert len(room.audience()) == 2


def test_without_a_stated_consent_nobody_is_ever_in_an_audience(room: Room, now: datetime) -> None:
    found = judged(room, now, "ada@example.org\nbo@example.org\n")

    let_in(room, found, now)

    assert status(room, "ada@example.org") is Status.PENDING
    assert room.audience() == set()
    assert room.kinds() == []
    assert joining.expire_unconfirmed(room.session, now + timedelta(days=30)) == 0


@pytest.mark.parametrize("part", ["where", "when", "words"])
def test_a_consent_with_a_part_missing_lets_nobody_in(room: Room, now: datetime, part: str) -> None:
    found = judged(room, now, "ada@example.org\n")

    with pytest.raises(CannotImport, match="all three"):
        importing.let_in(room.session, found, CONSENT | {part: "  "}, now)

    assert found.state is ImportState.JUDGED


def test_every_row_gets_its_verdict_and_the_dry_run_changes_nobody(room: Room, now: datetime) -> None:
    session = room.session
    room.person("here@example.org", now, "maps")
    room.person("asked@example.org", now, status=Status.PENDING)[1].asked_at = now
    _, gone = room.person("left@example.org", now)
    leaving.leave_publication(session, gone, SAID, now)
    erased, _ = room.person("erased@example.org", now)
    erasing.erase(session, erased, SAID, now)
    key = addresses.key("bounced@example.org", room.ring.address_key)
    suppressions.suppress(session, key, SuppressionKind.HARD_BOUNCE, "gone", now)
    before = session.scalar(select(func.count()).select_from(Subscription))

    found = judged(
        room,
        now,
        "address,status\nnew@example.org,\nHERE@example.org,\nasked@example.org,\nleft@example.org,\n"
        "erased@example.org,\nbounced@example.org,\nno address,\nnew@EXAMPLE.org,\nout@example.org,unsubscribed\n",
    )

    assert verdicts(room, found) == [
        (2, Verdict.NEW, ""),
        (3, Verdict.HERE, ""),
        (4, Verdict.HERE, "has been asked to confirm"),
        (5, Verdict.LEFT, "left on 25 Nov 2026"),
        (6, Verdict.LEFT, "was erased"),
        (7, Verdict.SUPPRESSED, "bounced for good"),
        (8, Verdict.BAD, "There is a space in this address."),
        (9, Verdict.TWICE, "same as row 2"),
        (10, Verdict.OUT, "the file says “unsubscribed”"),
    ]
    assert found.counts == {"new": 1, "without topic": 1, "here": 2, "left": 2, "suppressed": 1} | {
        "bad": 1,
        "twice": 1,
        "out": 1,
    }
    assert session.scalar(select(func.count()).select_from(Subscription)) == before


def test_whoever_left_between_dry_run_and_import_stays_out(room: Room, now: datetime) -> None:
    found = judged(room, now, "ada@example.org\nbo@example.org\n")
    _, subscription = room.person("ada@example.org", now)
    leaving.leave_publication(room.session, subscription, SAID, now)
    bo = addresses.key("bo@example.org", room.ring.address_key)
    suppressions.suppress(room.session, bo, SuppressionKind.COMPLAINT, "spam", now)

    let_in(room, found, now, CONSENT)

    assert status(room, "ada@example.org") is Status.LEFT
    assert status(room, "bo@example.org") is None
    assert (found.counts["new"], found.counts["left"], found.counts["suppressed"]) == (0, 1, 1)
    assert room.audience() == set()


def test_a_row_that_says_unsubscribed_outweighs_one_that_does_not(room: Room, now: datetime) -> None:
    found = judged(room, now, "address,status\nada@example.org,active\nada@example.org,unsubscribed\n")

    let_in(room, found, now, CONSENT)

    assert status(room, "ada@example.org") is None
    assert found.counts[CAME_IN] == 0


def test_a_file_never_changes_what_somebody_chose_themselves(room: Room, now: datetime) -> None:
    person, subscription = room.person("ada@example.org", now, "maps", name="Ada")
    found = judged(room, now, "address,name,topics\nada@example.org,Eve,Ink\n")

    let_in(room, found, now, CONSENT)

    assert (person.name, room.choice(subscription)) == ("Ada", ["maps"])


def test_a_second_file_with_a_consent_confirms_those_the_first_brought_without(room: Room, now: datetime) -> None:
    let_in(room, judged(room, now, "ada@example.org\n"), now)

    let_in(room, judged(room, now, "ada@example.org\n"), now, CONSENT)

    assert status(room, "ada@example.org") is Status.CONFIRMED
    assert room.kinds() == [ConsentKind.IMPORT]


def test_names_of_no_topic_are_counted_and_an_alias_is_one(room: Room, now: datetime) -> None:
    found = judged(room, now, "address,topics\na@example.org,fog; maps\nb@example.org,fog\n")

    assert found.strange_topics == {"fog": 2}


def test_the_columns_can_be_given_another_meaning_until_people_come_in(room: Room, now: datetime) -> None:
    found = judged(room, now, "one,two\na@example.org,b@example.org\n")
    assert [row.address for row in importing.rows(room.session, found)] == ["a@example.org"]

    importing.back_to_columns(room.session, found)
    importing.map_columns(room.session, found, [Column.NOTHING, Column.ADDRESS], [])
    run(room, found, now)

    assert [row.address for row in importing.rows(room.session, found)] == ["b@example.org"]
    let_in(room, found, now, CONSENT)
    with pytest.raises(CannotImport, match="dealt with already"):
        importing.map_columns(room.session, found, [Column.ADDRESS, Column.NOTHING], [])


def test_slices_come_to_the_same_as_one(room: Room, now: datetime) -> None:
    found = judged(room, now, "".join(f"reader{number % 1200}@example.org\n" for number in range(1500)))
    let_in(room, found, now, CONSENT)

    assert found.counts == {"new": 1200, "without topic": 1200, "twice": 300, CAME_IN: 1200}
    assert len(room.audience()) == 1200


def test_an_import_that_was_stopped_lets_nobody_else_in(room: Room, now: datetime) -> None:
    found = judged(room, now, "".join(f"reader{number}@example.org\n" for number in range(importing.SLICE + 5)))
    importing.let_in(room.session, found, CONSENT, now)
    importing.step_of(room.session, room.ring, found, now)

    assert importing.stop(room.session, found, now)
    assert not importing.step_of(room.session, room.ring, found, now)

    assert len(room.audience()) == found.counts[CAME_IN] == importing.SLICE
    assert not importing.stop(room.session, found, now)


def test_when_an_import_ends_its_addresses_go_and_its_counts_stay(room: Room, now: datetime) -> None:
    found = judged(room, now, "ada@example.org\n")
    let_in(room, found, now, CONSENT)

    while importing.step(room.session, room.ring, now):
        pass

    assert room.session.scalar(select(func.count()).select_from(ImportRow)) == 0
    assert found.counts[CAME_IN] == 1


def test_a_file_nobody_went_on_with_is_thrown_away_after_seven_days(room: Room, now: datetime) -> None:
    found = judged(room, now, "ada@example.org\n")

    assert not importing.step(room.session, room.ring, now + timedelta(days=7))
    while importing.step(room.session, room.ring, now + timedelta(days=7, seconds=1)):
        pass

    room.session.refresh(found)
    assert found.state is ImportState.STOPPED
    assert room.session.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_a_file_of_names_alone_is_refused(room: Room, now: datetime) -> None:
    with pytest.raises(CannotImport, match="names of its columns"):
        bring(room, now, "address,name\n")


def test_the_import_of_another_publication_is_not_found(room: Room, now: datetime) -> None:
    found = bring(room, now, "ada@example.org\n")

    assert importing.by_public_id(room.session, room.publication.id + 1, found.public_id) is None
    assert importing.by_public_id(room.session, room.publication.id, found.public_id) is found
