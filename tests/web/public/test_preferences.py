"""Changing topics and name, pausing, taking back: by the link of a mail, or by one that is asked for."""

from datetime import timedelta

from sqlalchemy import select

from newsletter.delivery.models import LetterKind
from newsletter.subscribers import erasing
from newsletter.subscribers.models import Consent, Status, Subscriber
from tests.subscribers.reading_room import SAID
from tests.web.public.conftest import Reader


def test_what_somebody_chose_is_ticked_and_the_rest_is_offered(reader: Reader) -> None:
    page = reader.visitor.get(reader.preferences())

    assert page.text.count(" checked>") == 1
    assert page.text.count('type="checkbox"') == 3
    assert 'name="robots" content="noindex"' in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_topics_and_name_are_saved_told_and_proved(reader: Reader) -> None:
    page = reader.press(reader.preferences(), topic=["ink", "kelp"], name="Ada  Reader\r\n")

    assert "Saved. Ink and Kelp are added. Harbour charts is gone. Your name is changed." in page.text
    assert reader.choice() == ["ink", "kelp"]
    with reader.database.read() as session:
        assert session.get_one(Subscriber, reader.world.subscriber.id).name == "Ada Reader"
        assert session.scalars(select(Consent.topics)).all() == [["ink", "kelp"]]


def test_saving_the_same_changes_nothing(reader: Reader) -> None:
    assert "Nothing to save." in reader.press(reader.preferences(), topic=["charts"], name="").text

    with reader.database.read() as session:
        assert session.scalars(select(Consent)).all() == []


def test_the_last_change_can_be_taken_back(reader: Reader) -> None:
    link = reader.preferences()
    page = reader.press(link, topic=["ink"], name="")
    assert f'action="{link}/undo"' in page.text

    assert "Taken back." in reader.visitor.post(f"{link}/undo").text
    assert reader.choice() == ["charts"]
    assert "There is nothing to take back." in reader.visitor.post(f"{link}/undo").text


def test_a_pause_is_a_button_and_so_is_its_end(reader: Reader) -> None:
    link = reader.preferences()

    assert "Paused." in reader.press(link, f"{link}/pause").text
    assert reader.status() is Status.PAUSED
    assert "Send me mail again" in reader.visitor.get(link).text

    assert "The mail comes again." in reader.press(link, f"{link}/resume").text
    assert reader.status() is Status.CONFIRMED


def test_a_link_from_an_old_mail_still_opens(reader: Reader) -> None:
    link = reader.preferences()
    reader.clock.forward(timedelta(days=700))

    assert "What you get" in reader.visitor.get(link).text


def test_who_has_left_sees_nothing_and_cannot_be_brought_back_by_an_old_link(reader: Reader) -> None:
    link = reader.preferences()
    reader.visitor.open("POST", reader.one_click())

    for page in (
        reader.visitor.get(link),
        reader.visitor.post(link, {"topic": ["ink"]}),
        reader.visitor.post(f"{link}/resume"),
        reader.visitor.post(f"{link}/undo"),
    ):
        assert "You do not get The Sheet." in page.text
        assert "ada.reader" not in page.text
    assert reader.status() is Status.LEFT
    assert reader.choice() == ["charts"]


def test_who_was_erased_is_nobody(reader: Reader) -> None:
    link = reader.preferences()
    with reader.database.write() as session:
        erasing.erase(session, session.get_one(Subscriber, reader.world.subscriber.id), SAID, reader.clock.now)

    assert "You do not get The Sheet." in reader.visitor.get(link).text


def test_a_link_can_be_asked_for(reader: Reader) -> None:
    reader.visitor.get("/preferences")
    reader.clock.forward(timedelta(seconds=5))

    page = reader.visitor.post("/preferences", {"address": "ada.reader@example.org"})

    assert "a letter with a link is on its way there" in page.text
    assert reader.letters() == [LetterKind.PREFERENCES]


def test_the_way_out_is_on_the_page(reader: Reader) -> None:
    page = reader.visitor.get(reader.preferences())

    path = page.text.partition('href="/u/')[2].partition('"')[0]

    assert "Leave The Sheet?" in reader.visitor.get(f"/u/{path}").text


def test_words_of_others_are_escaped(reader: Reader) -> None:
    reader.press(reader.preferences(), topic=["ink"], name="<img src=x onerror=alert(1)>")

    page = reader.visitor.get(reader.preferences()).text

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
