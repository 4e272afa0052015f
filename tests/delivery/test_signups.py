"""Signing up as one verb: who gets which letter, how many, and that a stranger who types an address learns nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter import addresses
from newsletter.delivery import signups
from newsletter.delivery.models import Letter, LetterKind
from newsletter.delivery.signups import Typed
from newsletter.subscribers import erasing, joining, leaving, people, rules, suppressions
from newsletter.subscribers.consents import Source
from newsletter.subscribers.joining import Confirming
from newsletter.subscribers.models import Consent, ConsentKind, Status, Subscriber, Subscription, SuppressionKind
from tests.subscribers.reading_room import SAID, Room, open_room

ADDRESS = "ines@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def room(session: Session, now: datetime) -> Room:
    return open_room(session, now)


def sign_up(room: Room, now: datetime, address: str = ADDRESS, *chosen: str, network: str = "n") -> None:
    typed = Typed(address=address, name="Ines", topic_ids=frozenset(room.topics[slug].id for slug in chosen))
    source = Source(words=SAID.words, page="/", form_version="v1", network_key=network)
    signups.sign_up(room.session, room.ring, room.publication, typed, source, now)


def confirm(room: Room, asked: datetime, now: datetime, address: str = ADDRESS) -> Confirming:
    person = people.by_address(room.session, room.ring, address)
    assert person
    return signups.confirm(room.session, room.publication.id, person.id, asked, SAID, now)


def letters(room: Room) -> list[LetterKind]:
    return list(room.session.scalars(select(Letter.kind).order_by(Letter.id)))


def standing(room: Room, address: str = ADDRESS) -> Subscription:
    person = people.by_address(room.session, room.ring, address)
    found = person and people.subscription(room.session, room.publication.id, person.id)
    assert isinstance(found, Subscription)
    return found


def test_a_sign_up_waits_for_its_owner_and_is_proved(room: Room, now: datetime) -> None:
    sign_up(room, now, ADDRESS, "maps", "kelp")

    assert room.audience() == set()
    assert letters(room) == [LetterKind.CONFIRM]
    proof = room.session.scalars(select(Consent)).one()
    assert (proof.kind, proof.words, proof.topics, proof.at) == (ConsentKind.SIGN_UP, SAID.words, ["maps", "kelp"], now)
    assert (proof.page, proof.form_version, proof.network_key) == ("/", "v1", "n")


def test_t_bomb_4_nothing_that_was_typed_is_in_the_letter(room: Room, now: datetime) -> None:
    sign_up(room, now, ADDRESS, "maps")

    letter = room.session.scalars(select(Letter)).one()
    assert letter.words == {"moment": int(now.timestamp())}
    assert letter.address is None


def test_who_confirms_is_in_and_is_welcomed_once(room: Room, now: datetime) -> None:
    sign_up(room, now, ADDRESS, "maps")

    became = [confirm(room, now, now + HOUR), confirm(room, now, now + 2 * HOUR)]

    assert became == [Confirming.READY, Confirming.DONE]
    assert room.audience() == {standing(room).subscriber_id}
    assert letters(room) == [LetterKind.CONFIRM, LetterKind.WELCOME]
    assert room.kinds() == [ConsentKind.SIGN_UP, ConsentKind.CONFIRM]


@pytest.mark.parametrize(("after", "became"), [(7 * DAY, Confirming.READY), (7 * DAY + HOUR, Confirming.OVER)])
def test_a_confirmation_link_is_good_for_seven_days(
    room: Room, now: datetime, after: timedelta, became: Confirming
) -> None:
    sign_up(room, now)

    assert confirm(room, now, now + after) is became


def test_an_old_confirmation_link_does_not_bring_back_who_has_left(room: Room, now: datetime) -> None:
    sign_up(room, now)
    confirm(room, now, now)
    leaving.leave_publication(room.session, standing(room), SAID, now + HOUR)

    assert confirm(room, now, now + 2 * HOUR) is Confirming.OVER
    assert room.audience() == set()


def test_who_gets_it_already_is_shown_the_way_to_their_choices_and_nothing_changes(room: Room, now: datetime) -> None:
    sign_up(room, now, ADDRESS, "maps")
    confirm(room, now, now)

    sign_up(room, now + HOUR, ADDRESS, "ink")

    assert letters(room)[2:] == [LetterKind.PREFERENCES]
    assert room.choice(standing(room)) == ["maps"]
    assert standing(room).status is Status.CONFIRMED


def test_who_comes_back_after_leaving_everything_is_heard_once_confirmed(room: Room, now: datetime) -> None:
    sign_up(room, now)
    confirm(room, now, now)
    subscriber = room.session.get_one(Subscriber, standing(room).subscriber_id)
    leaving.leave_everything(room.session, subscriber, SAID, now + HOUR)
    later = now + 2 * DAY
    sign_up(room, later, ADDRESS, "kelp")
    assert room.audience() == set(), "a stranger's typing lifts nothing"

    confirm(room, later, later)

    assert room.audience() == {subscriber.id}
    assert room.choice(standing(room)) == ["kelp"]


@pytest.mark.parametrize("kind", sorted(suppressions.FINAL))
def test_who_asked_never_to_be_mailed_gets_no_letter_and_no_old_link_works(
    room: Room, now: datetime, kind: SuppressionKind
) -> None:
    sign_up(room, now)
    key = addresses.key(ADDRESS, room.ring.address_key)
    suppressions.suppress(room.session, key, kind, "", now)

    sign_up(room, now + DAY)

    assert letters(room) == [LetterKind.CONFIRM]
    assert confirm(room, now, now + DAY) is Confirming.BARRED
    assert room.audience() == set()


def test_where_mails_bounced_one_confirmation_in_thirty_days_may_try_and_opens_it(room: Room, now: datetime) -> None:
    sign_up(room, now)
    confirm(room, now, now)
    key = addresses.key(ADDRESS, room.ring.address_key)
    suppressions.suppress(room.session, key, SuppressionKind.HARD_BOUNCE, "550", now)
    later = now + 2 * DAY

    for hours in (0, 30, 60):
        sign_up(room, later + hours * HOUR)
    assert letters(room)[2:] == [LetterKind.CONFIRM]

    assert confirm(room, later, later + HOUR) is Confirming.READY
    assert suppressions.active(room.session, key) == frozenset()
    assert room.audience() == {standing(room).subscriber_id}


def test_an_erased_person_may_sign_up_like_anybody(room: Room, now: datetime) -> None:
    sign_up(room, now, ADDRESS, "maps")
    confirm(room, now, now)
    subscriber = room.session.get_one(Subscriber, standing(room).subscriber_id)
    erasing.erase(room.session, subscriber, SAID, now + HOUR)
    later = now + 2 * DAY

    sign_up(room, later, ADDRESS, "ink")

    assert confirm(room, later, later) is Confirming.READY
    assert room.choice(standing(room)) == ["ink"]


def test_t_bomb_1_one_mailbox_gets_two_letters_in_a_day_whoever_types_it(room: Room, now: datetime) -> None:
    spellings = ["victim@example.org", "v.ictim@example.org", "victim+{}@example.org", "VICTIM@example.org"]
    for number in range(160):
        at = now + number * timedelta(minutes=9)  # 24 hours in all
        sign_up(room, at, spellings[number % 4].format(number), network=f"net{number}")

    assert letters(room) == [LetterKind.CONFIRM] * 2


def test_a_mailbox_gets_three_confirmations_in_thirty_days(room: Room, now: datetime) -> None:
    for day in range(0, 30, 2):
        sign_up(room, now + day * DAY)

    assert letters(room) == [LetterKind.CONFIRM] * 3


def test_t_bomb_2_a_flood_from_everywhere_waits_its_turn_and_leaves_other_letters_alone(
    room: Room, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signups, "FORM_AN_HOUR", 5)
    for number in range(12):
        sign_up(room, now, f"p{number}@example.org", network=f"net{number}")

    waits = list(room.session.scalars(select(Letter.not_before).order_by(Letter.id)))
    assert [wait and (wait - now) / HOUR for wait in waits] == [None] * 5 + [1] * 5 + [2] * 2
    assert confirm(room, now, now, "p0@example.org") is Confirming.READY
    assert room.session.scalar(select(Letter.not_before).where(Letter.kind == LetterKind.WELCOME)) is None


def test_one_network_gets_ten_letters_an_hour_at_once_and_others_are_not_held_up(room: Room, now: datetime) -> None:
    for number in range(11):
        sign_up(room, now, f"p{number}@example.org", network="loud")
    sign_up(room, now, "q@example.org", network="quiet")

    waits = [wait is not None for wait in room.session.scalars(select(Letter.not_before).order_by(Letter.id))]
    assert waits == [False] * 10 + [True, False]


def test_a_letter_that_waits_does_not_wait_its_links_life_away(
    room: Room, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signups, "FORM_AN_HOUR", 1)
    for number in range(10):
        sign_up(room, now, f"p{number}@example.org", network=f"net{number}")

    last = standing(room, "p9@example.org")
    assert last.asked_at == now + 9 * HOUR
    assert confirm(room, now + 9 * HOUR, now + 7 * DAY + 8 * HOUR, "p9@example.org") is Confirming.READY


def test_asking_for_a_link_writes_to_who_has_something_to_open(room: Room, now: datetime) -> None:
    sign_up(room, now)
    for address in (ADDRESS, "stranger@example.org"):
        signups.ask_for_link(room.session, room.ring, room.publication, address, SAID, now + HOUR)
    assert letters(room) == [LetterKind.CONFIRM] * 2

    confirm(room, now, now + 2 * HOUR)
    for hours in range(3, 8):
        signups.ask_for_link(room.session, room.ring, room.publication, ADDRESS, SAID, now + hours * HOUR)

    assert letters(room)[2:] == [LetterKind.WELCOME, LetterKind.PREFERENCES, LetterKind.PREFERENCES]


def test_who_never_confirmed_is_forgotten_after_seven_days(room: Room, now: datetime) -> None:
    sign_up(room, now, ADDRESS, "maps")
    assert joining.expire_unconfirmed(room.session, now + 7 * DAY) == 0

    assert joining.expire_unconfirmed(room.session, now + 7 * DAY + HOUR) == 1

    person = people.by_address(room.session, room.ring, ADDRESS)
    assert person
    assert (person.address, person.name) == (None, "")
    assert joining.expire_unconfirmed(room.session, now + 8 * DAY) == 0
    assert confirm(room, now + 7 * DAY, now + 8 * DAY) is Confirming.OVER


def test_who_had_left_and_does_not_confirm_again_has_still_left(room: Room, now: datetime) -> None:
    sign_up(room, now)
    confirm(room, now, now)
    leaving.leave_publication(room.session, standing(room), SAID, now + HOUR)
    sign_up(room, now + 2 * DAY)
    assert standing(room).status is Status.PENDING

    joining.expire_unconfirmed(room.session, now + 10 * DAY)

    assert standing(room).status is Status.LEFT
    person = room.session.get_one(Subscriber, standing(room).subscriber_id)
    assert person.address == ADDRESS


def test_who_was_imported_without_consent_is_never_asked_and_never_forgotten(room: Room, now: datetime) -> None:
    room.person(ADDRESS, now, status=Status.PENDING)

    assert joining.expire_unconfirmed(room.session, now + 365 * DAY) == 0
    signups.ask_for_link(room.session, room.ring, room.publication, ADDRESS, SAID, now)

    assert rules.CONFIRM_WITHIN == 7 * DAY
    assert letters(room) == [LetterKind.CONFIRM], "unless they ask themselves"
