"""The list of people, one person, adding by hand and the addresses we must not mail."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.accounts.models import LogEntry
from newsletter.accounts.rules import Role
from newsletter.db import Database
from newsletter.delivery.models import Letter, LetterKind
from newsletter.keys import KeyRing
from newsletter.subscribers import people, suppressions, topic_sets
from newsletter.subscribers.models import Consent, ConsentKind, Status, Subscriber, Subscription, SuppressionKind
from tests.web.conftest import Clock
from tests.web.visitors import Visitor
from tests.web.world import ADDRESS, World

SignedIn = Callable[[Role], Visitor]
CONSENT = {"words": "Send me the sheet.", "where": "book fair", "when": "14 November"}


@pytest.fixture
def publisher(signed_in: SignedIn) -> Visitor:
    return signed_in(Role.PUBLISHER)


def subscription(database: Database, world: World) -> Subscription:
    with database.read() as session:
        return session.get_one(Subscription, world.subscription.id)


def path(world: World, act: str = "") -> str:
    return f"/desk/people/{world.subscriber.public_id}{'/' + act if act else ''}"


def test_the_list_shows_who_is_there_with_topics_and_state(publisher: Visitor, world: World) -> None:
    page = publisher.get("/desk/people").text

    assert ADDRESS in page
    assert 'aria-label="Harbour charts"' in page
    assert "Active" in page


def test_a_search_that_finds_nobody_says_so(publisher: Visitor, world: World) -> None:
    assert "Nobody begins with “zzz”" in publisher.get("/desk/people?q=zzz").text
    assert ADDRESS in publisher.get("/desk/people?q=ada.r").text


@pytest.mark.parametrize("query", ["%", "_", "a%", "'"])
def test_t_sql_4_signs_of_patterns_find_nobody(publisher: Visitor, world: World, query: str) -> None:
    page = publisher.get("/desk/people", query_string={"q": query}).text

    assert "Nobody begins with" in page
    assert ADDRESS not in page


def test_filters_that_match_nobody_offer_the_way_back(publisher: Visitor, world: World) -> None:
    page = publisher.get("/desk/people?state=left&topic=charts").text

    assert "Nobody who is “Left” chose “Harbour charts”" in page
    assert 'href="/desk/people"' in page


def test_an_empty_list_offers_an_import_and_the_sign_up_page(
    publisher: Visitor, world: World, database: Database
) -> None:
    with database.write() as session:
        session.delete(session.get_one(Subscription, world.subscription.id))

    page = publisher.get("/desk/people").text

    assert "Nobody here yet" in page
    assert "/desk/people/import" in page


def test_pages_of_fifty_follow_one_another(
    publisher: Visitor, world: World, database: Database, ring: KeyRing, clock: Clock
) -> None:
    with database.write() as session:
        for number in range(60):
            one = people.make_subscriber(session, ring, f"reader{number:02}@example.org", "", clock.now)
            people.subscribe(session, world.publication, one, [], Status.CONFIRMED, clock.now)

    first = publisher.get("/desk/people").text
    older = first.partition("before=")[2].partition('"')[0]
    second = publisher.get(f"/desk/people?before={older}").text

    assert first.count('class="nm"') == 50
    assert second.count('class="nm"') == 11
    assert ADDRESS in second


def test_a_name_is_shown_as_text_never_as_markup(publisher: Visitor, world: World, database: Database) -> None:
    with database.write() as session:
        session.get_one(Subscriber, world.subscriber.id).name = "<script>alert(1)</script>"

    for page in (publisher.get("/desk/people").text, publisher.get(path(world)).text):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_an_export_is_a_file_and_stands_in_the_log(publisher: Visitor, world: World, database: Database) -> None:
    with database.write() as session:
        session.get_one(Subscriber, world.subscriber.id).name = "=1+1"

    answer = publisher.post("/desk/people/export")

    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.text.splitlines()[1].startswith(f"{ADDRESS},'=1+1,charts,confirmed,")
    assert ",=1+1," in publisher.post("/desk/people/export", {"raw": "1"}).text
    with database.read() as session:
        acts = session.scalars(select(LogEntry.act)).all()
    assert acts.count("export people") == 2


def test_one_person_is_added_with_the_consent_that_was_stated(
    publisher: Visitor, world: World, database: Database, ring: KeyRing
) -> None:
    typed = {"address": "bo@example.org", "name": "Bo", "topic": str(world.topic.id)}

    refused = publisher.post("/desk/people/add", typed)
    assert refused.status_code == 422
    assert "Say what the person agreed to" in refused.text
    assert 'value="bo@example.org"' in refused.text
    added = publisher.post("/desk/people/add", typed | CONSENT)

    assert added.status_code == 303
    page = publisher.get(added.location).text
    assert "Send me the sheet." in page
    assert "Added by hand, with this consent" in page


def test_topics_are_changed_on_somebodys_word_which_is_kept(
    publisher: Visitor, world: World, database: Database
) -> None:
    assert publisher.post(path(world, "topics"), {"topic": ""}).status_code == 422

    publisher.post(path(world, "topics"), {"name": "Ada", "reason": "asked by phone"})

    with database.read() as session:
        consent = session.scalars(select(Consent)).one()
        assert topic_sets.topics(session, session.get_one(Subscription, world.subscription.id).topic_set_id) == []
        assert session.get_one(Subscriber, world.subscriber.id).name == "Ada"
    assert (consent.kind, consent.topics) == (ConsentKind.CHANGE, [])
    assert "asked by phone" in consent.words
    assert "asked by phone" in publisher.get(path(world)).text


def test_pausing_going_on_and_unsubscribing_each_do_what_they_say(
    publisher: Visitor, world: World, database: Database
) -> None:
    publisher.post(path(world, "pause"))
    assert subscription(database, world).status is Status.PAUSED
    publisher.post(path(world, "resume"))
    assert subscription(database, world).status is Status.CONFIRMED

    asked = publisher.get(path(world) + "?ask=unsubscribe").text
    assert "from The Sheet?" in asked
    assert subscription(database, world).status is Status.CONFIRMED
    publisher.post(path(world, "unsubscribe"))
    assert subscription(database, world).status is Status.LEFT


def test_erasing_asks_once_and_leaves_no_address_on_any_page(
    publisher: Visitor, world: World, database: Database
) -> None:
    assert "This cannot be undone" in publisher.get(path(world) + "?ask=erase").text

    done = publisher.post(path(world, "erase"))

    assert "Somebody who was erased" in publisher.get(done.location).text
    for page in ("/desk/people", path(world), "/desk/people?q=ada"):
        assert ADDRESS not in publisher.get(page).text
    with database.read() as session:
        assert session.scalars(select(Subscriber.address)).all() == [None]


def test_mail_is_stopped_and_let_go_with_a_reason_each(publisher: Visitor, world: World, database: Database) -> None:
    assert publisher.post(path(world, "suppress"), {"reason": " "}).status_code == 422
    publisher.post(path(world, "suppress"), {"reason": "wrote on paper"})
    with database.read() as session:
        assert suppressions.active(session, world.subscriber.address_key) == {SuppressionKind.MANUAL}
    assert "Stopped by an editor" in publisher.get(path(world)).text

    assert publisher.post(path(world, "lift"), {}).status_code == 422
    publisher.post(path(world, "lift"), {"reason": "a mix-up"})
    with database.read() as session:
        assert suppressions.active(session, world.subscriber.address_key) == frozenset()


def test_the_preferences_link_is_mailed_and_never_shown(publisher: Visitor, world: World, database: Database) -> None:
    done = publisher.post(path(world, "link"))

    with database.read() as session:
        kinds = session.scalars(select(Letter.kind)).all()
    assert kinds == [LetterKind.PREFERENCES]
    assert "/p/" not in publisher.get(done.location).text


def test_nobody_of_this_name_is_404(publisher: Visitor, world: World) -> None:
    assert publisher.get("/desk/people/nobody").status_code == 404
    assert publisher.post("/desk/people/nobody/erase").status_code == 404


def test_the_list_of_suppressions_finds_one_by_its_address(
    publisher: Visitor, world: World, database: Database, clock: Clock
) -> None:
    page = "/desk/people/suppressions"
    assert "Nobody is here" in publisher.get(page).text
    assert "There is a space" in publisher.post(page, {"address": "a b@example.org", "reason": "x"}).text
    assert publisher.post(page, {"address": "gone@example.org", "reason": ""}).status_code == 422
    clock.forward(timedelta(minutes=1))

    added = publisher.post(page, {"address": "gone@example.org", "reason": "on paper"})
    again = publisher.post(page, {"address": "GONE@example.org", "reason": "on paper"})

    assert "told=added" in added.location
    assert "told=there" in again.location
    found = publisher.get(page + "?q=Gone@example.org").text
    assert "on paper" in found
    assert "nobody we know" in found
    assert "is not among them" in publisher.get(page + "?q=other@example.org").text
    assert "nobody we know" not in publisher.get(page + "?q=%25").text


def test_a_suppression_is_lifted_with_a_reason_that_stays(publisher: Visitor, world: World) -> None:
    page = "/desk/people/suppressions"
    publisher.post(page, {"address": "gone@example.org", "reason": "on paper"})

    assert publisher.post(page + "/1/lift", {}).status_code in (404, 422)
    lift = re.search(r"/desk/people/suppressions/\d+/lift", publisher.get(page).text)
    assert lift
    publisher.post(lift[0], {"reason": "taken back by mail"})

    assert "taken back by mail" in publisher.get(page).text
    assert "on paper" in publisher.post(page + "/export").text
