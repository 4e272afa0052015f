from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from newsletter.publications import topics
from newsletter.publications.models import Publication
from newsletter.publications.topics import BadTopic, TopicNames


def names(session: Session, publication: Publication) -> list[str]:
    return [topic.name for topic in topics.all_of(session, publication.id)]


def test_topics_stand_in_the_order_they_were_made(session: Session, publication: Publication, now: datetime) -> None:
    for name in ("Rain", "Lamps", "Benches"):
        topics.create(session, publication.id, name, now=now)

    assert names(session, publication) == ["Rain", "Lamps", "Benches"]


@pytest.mark.parametrize("name", ["Rain", " rain ", "RAIN", "rai\u0301n"])
def test_two_topics_of_one_name_are_refused_with_a_sentence(
    session: Session, publication: Publication, now: datetime, name: str
) -> None:
    topics.create(session, publication.id, "Rain", now=now)
    topics.create(session, publication.id, "raín", now=now)

    with pytest.raises(BadTopic, match="could not be told apart") as caught:
        topics.create(session, publication.id, name, now=now)

    assert caught.value.field == "name"
    assert len(names(session, publication)) == 2


def test_the_same_name_may_stand_in_another_publication(
    session: Session, publication: Publication, now: datetime
) -> None:
    other = Publication(slug="other", name="Other", list_label="other", made_at=now)
    session.add(other)
    session.flush()
    topics.create(session, publication.id, "Rain", now=now)

    assert topics.create(session, other.id, "Rain", now=now).slug == "rain"


def test_a_renamed_topic_keeps_slug_and_old_name(session: Session, publication: Publication, now: datetime) -> None:
    topic = topics.create(session, publication.id, "Bicycles", now=now)

    topics.rename(session, topic, "Cycling")
    topics.rename(session, topic, "Wheels")

    assert (topic.name, topic.slug) == ("Wheels", "bicycles")
    for name in ("bicycles", "CYCLING", "Wheels"):
        assert topics.by_name(session, publication.id, name) is topic


def test_a_topic_may_take_an_old_name_back(session: Session, publication: Publication, now: datetime) -> None:
    topic = topics.create(session, publication.id, "Bicycles", now=now)
    topics.rename(session, topic, "Cycling")

    topics.rename(session, topic, "Bicycles")

    assert topics.names(session, publication.id) == [
        TopicNames(slug="bicycles", name="Bicycles", aliases=("Cycling",), hidden=False)
    ]


def test_a_new_spelling_of_the_same_name_makes_no_alias(
    session: Session, publication: Publication, now: datetime
) -> None:
    topic = topics.create(session, publication.id, "rain", now=now)

    topics.rename(session, topic, "Rain")

    assert topic.name == "Rain"
    assert topics.aliases(session, publication.id) == {}


def test_an_alias_of_one_topic_cannot_name_another(session: Session, publication: Publication, now: datetime) -> None:
    topic = topics.create(session, publication.id, "Bicycles", now=now)
    topics.rename(session, topic, "Cycling")
    other = topics.create(session, publication.id, "Rain", now=now)

    with pytest.raises(BadTopic, match="another name of the topic “Cycling”"):
        topics.rename(session, other, "bicycles")
    with pytest.raises(BadTopic):
        topics.create(session, publication.id, "Bicycles", now=now)
    with pytest.raises(BadTopic):
        topics.add_alias(session, other, "Bicycles")


def test_an_alias_given_twice_is_there_once(session: Session, publication: Publication, now: datetime) -> None:
    topic = topics.create(session, publication.id, "Rain", now=now)

    topics.add_alias(session, topic, "Wet days")
    topics.add_alias(session, topic, "WET  days")

    assert [alias.name for alias in topics.aliases(session, publication.id)[topic.id]] == ["Wet days"]


@pytest.mark.parametrize("name", ["", "   ", "\u0000\u0007", "x" * 101])
def test_a_name_that_nobody_can_read_is_refused(
    session: Session, publication: Publication, now: datetime, name: str
) -> None:
    with pytest.raises(BadTopic):
        topics.create(session, publication.id, name, now=now)


def test_names_without_letters_of_ours_get_numbered_slugs(
    session: Session, publication: Publication, now: datetime
) -> None:
    slugs = [topics.create(session, publication.id, name, now=now).slug for name in ("日本", "中国", "Rain!", "Rain?")]

    assert slugs == ["topic-1", "topic-2", "rain", "rain-2"]


def test_the_order_is_what_was_asked_and_the_rest_follows(
    session: Session, publication: Publication, now: datetime
) -> None:
    for name in ("Rain", "Lamps", "Benches"):
        topics.create(session, publication.id, name, now=now)

    topics.order(session, publication.id, ["benches"])

    assert names(session, publication) == ["Benches", "Rain", "Lamps"]


def test_an_unknown_topic_in_an_order_changes_nothing(
    session: Session, publication: Publication, now: datetime
) -> None:
    for name in ("Rain", "Lamps"):
        topics.create(session, publication.id, name, now=now)

    with pytest.raises(BadTopic, match="no topic “fog”"):
        topics.order(session, publication.id, ["lamps", "fog"])

    assert names(session, publication) == ["Rain", "Lamps"]


def test_a_topic_moved_beyond_an_end_stays_there(session: Session, publication: Publication, now: datetime) -> None:
    first = topics.create(session, publication.id, "Rain", now=now)
    topics.create(session, publication.id, "Lamps", now=now)

    topics.move(session, first, -1)
    assert names(session, publication) == ["Rain", "Lamps"]
    topics.move(session, first, 1)
    assert names(session, publication) == ["Lamps", "Rain"]
