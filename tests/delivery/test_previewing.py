"""What the desk shows of a text that is being written."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import settings as at_most
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery import previewing
from newsletter.delivery.editions import Composed
from newsletter.delivery.previewing import Recent, Shows
from newsletter.issues import document
from newsletter.keys import make
from newsletter.publications.models import Publication
from tests.delivery.newsroom import TEXT, Newsroom, open_newsroom

HOME = "https://news.example.org"
MIXED = (
    TEXT
    + "\n## Both {topic=harbour-charts,night-sky}\n\n### One {topic=night-sky}\n\ntext\n\n## Small print\n\nfor all\n"
)


@pytest.fixture
def room(settings: Settings, database: Database) -> Newsroom:
    return open_newsroom(settings, database, make())


def composed(room: Newsroom, text: str = TEXT) -> Composed:
    with room.database.read() as session:
        publication = session.get_one(Publication, room.publication_id)
        return Recent().compose(session, publication, text, HOME, "1")


def test_people_are_counted_by_edition_and_by_section(room: Newsroom) -> None:
    with room.database.read() as session:
        counts = previewing.by_edition(Shows(composed(room)), previewing.crowd(session, room.publication_id))

    assert [(each.key, each.people) for each in counts] == [("harbour-charts", 20), ("harbour-charts,night-sky", 20)]
    assert previewing.reach(counts) == {"harbour-charts": 40, "night-sky": 20}


@pytest.mark.parametrize("text", [TEXT, MIXED, "# No section\n\nwords\n", ""])
def test_what_is_shown_is_what_the_send_would_show(room: Newsroom, text: str) -> None:
    found = composed(room, text)
    shows = Shows(found)

    for chosen in ((), ("night-sky",), ("harbour-charts",), ("harbour-charts", "night-sky"), ("nonsense",)):
        topics = frozenset(chosen)
        assert shows.key(topics) == found.key_of(topics), chosen
        assert list(shows.sections(topics)) == [each.id for each in document.visible(found.resolved, topics)], chosen


def test_a_text_is_composed_once_for_all_who_ask_at_once(room: Newsroom) -> None:
    recent = Recent()

    def ask(text: str) -> Composed:
        with room.database.read() as session:
            return recent.compose(session, session.get_one(Publication, room.publication_id), text, HOME, "1")

    with ThreadPoolExecutor(4) as pool:
        same = list(pool.map(ask, [TEXT] * 4))

    assert len({id(each) for each in same}) == 1
    assert ask(TEXT + "more\n") is not same[0]


def test_a_change_of_the_publication_is_seen_at_once(room: Newsroom) -> None:
    recent = Recent()
    with room.database.write() as session:
        publication = session.get_one(Publication, room.publication_id)
        before = recent.compose(session, publication, TEXT, HOME, "1")
        publication.postal_address = "2 Chart Row"
        after = recent.compose(session, publication, TEXT, HOME, "1")

    assert "2 Chart Row" not in previewing.mail(before, None, "Ines", HOME).html
    assert "2 Chart Row" in previewing.mail(after, None, "Ines", HOME).html


def test_the_mail_is_the_editions_own_with_somebodys_name(room: Newsroom) -> None:
    mail = previewing.mail(composed(room), frozenset({"night-sky"}), "Lin Okoro", HOME)

    assert "Good morning Lin." in mail.text
    assert "comet" in mail.html
    assert "Soundings" not in mail.html


def test_whoever_gets_nothing_is_shown_the_mail_without_sections(room: Newsroom) -> None:
    mail = previewing.mail(composed(room), frozenset(), "Lin", HOME)

    assert "Good morning Lin." in mail.text
    assert "comet" not in mail.html


def test_a_place_leads_to_each_item(room: Newsroom) -> None:
    html = previewing.with_places(previewing.mail(composed(room), None, "Lin", HOME).html)

    assert 'id="harbour-charts--1"' in html
    assert html.index('id="harbour-charts--1"') < html.index('id="night-sky"') < html.index('id="night-sky--1"')


def test_sample_people_get_different_editions(room: Newsroom, session: Session) -> None:
    assert previewing.sample_people(session, room.publication_id, Shows(composed(room)), 5) == []


@at_most(max_examples=30)
@given(st.text(max_size=200))
def test_places_change_nothing_but_headings(html: str) -> None:
    if "<h3" not in html:
        assert previewing.with_places(html) == html
