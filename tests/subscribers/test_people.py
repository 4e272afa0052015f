import threading
from datetime import datetime, timedelta

from sqlalchemy import select

from newsletter import keys
from newsletter.db import Database
from newsletter.publications.models import Publication
from newsletter.subscribers import erasing, people, topic_sets
from newsletter.subscribers.models import Status, Subscriber, TopicSet
from tests.subscribers.reading_room import SAID, Room, open_room


def test_one_mailbox_is_one_person_in_whatever_spelling(room: Room, now: datetime) -> None:
    first = people.make_subscriber(room.session, room.ring, "Ines@example.org", "Ines", now)
    again = people.make_subscriber(room.session, room.ring, "ines@EXAMPLE.org", "Somebody", now)

    assert again is first
    assert (first.address, first.name) == ("Ines@example.org", "Ines")
    assert people.by_address(room.session, room.ring, "INES@example.org") is first
    assert people.by_address(room.session, room.ring, "other@example.org") is None


def test_an_erased_person_who_signs_up_again_is_the_same_row_without_a_past(room: Room, now: datetime) -> None:
    subscriber, subscription = room.person("ines@example.org", now, "maps", name="Ines")
    erasing.erase(room.session, subscriber, SAID, now)

    later = now + timedelta(days=1)
    back = people.make_subscriber(room.session, room.ring, "ines@example.org", "I.", later)

    assert back.id == subscriber.id
    assert (back.address, back.name, back.made_at, back.erased_at) == ("ines@example.org", "I.", later, None)
    assert subscription.status is Status.LEFT
    assert room.choice(subscription) == []


def test_two_who_sign_up_with_one_address_at_once_are_one_person(database: Database, now: datetime) -> None:
    ring = keys.make()
    with database.write() as session:
        publication_id = open_room(session, now).publication.id
    both_ready = threading.Barrier(2)

    def sign_up() -> None:
        both_ready.wait()
        with database.write() as session:
            publication = session.get_one(Publication, publication_id)
            subscriber = people.make_subscriber(session, ring, "ines@example.org", "", now)
            topics = [1, 2]
            people.subscribe(session, publication, subscriber, topics, Status.PENDING, now)

    threads = [threading.Thread(target=sign_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        assert len(session.scalars(select(Subscriber)).all()) == 1
        assert len(session.scalars(select(TopicSet)).all()) == 1


def test_a_topic_set_is_kept_once_and_holds_only_topics_of_its_publication(room: Room, now: datetime) -> None:
    other = open_room(room.session, now, "other")
    ids = [room.topics["ink"].id, room.topics["maps"].id]

    one = topic_sets.intern(room.session, room.publication.id, ids)
    same = topic_sets.intern(room.session, room.publication.id, [*reversed(ids), other.topics["kelp"].id, 10**6])
    none = topic_sets.intern(room.session, room.publication.id, [])

    assert one is same
    assert one.topic_ids == frozenset(ids)
    assert none.topic_ids == frozenset()
