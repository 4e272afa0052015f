from collections.abc import Callable

import pytest

from newsletter.accounts.rules import Role
from newsletter.db import Database
from newsletter.publications import topics
from tests.web.visitors import Visitor
from tests.web.world import World


@pytest.fixture
def editor(signed_in: Callable[[Role], Visitor], world: World) -> Visitor:
    return signed_in(Role.EDITOR)


def names(database: Database, world: World) -> list[str]:
    with database.read() as session:
        return [topic.name for topic in topics.all_of(session, world.publication.id)]


def test_topics_stand_with_their_people(editor: Visitor) -> None:
    page = editor.get("/desk/topics").text

    assert "Harbour charts" in page
    assert '<a href="/desk/people?topic=charts&amp;state=confirmed">1</a>' in page


def test_a_topic_is_made_and_a_second_of_its_name_refused(editor: Visitor, database: Database, world: World) -> None:
    editor.post("/desk/topics", {"name": "Rain", "rhythm": "daily", "description": "Wet", "hidden": "1"})
    again = editor.post("/desk/topics", {"name": " RAIN ", "description": "kept as typed"})

    assert again.status_code == 422
    assert "could not be told apart" in again.text
    assert "kept as typed" in again.text
    assert names(database, world) == ["Harbour charts", "Rain"]
    assert "Hidden" in editor.get("/desk/topics").text


def test_renaming_keeps_the_old_name_as_an_alias(editor: Visitor, database: Database, world: World) -> None:
    done = editor.post("/desk/topics/charts", {"name": "Sea charts", "description": "", "rhythm": ""})

    assert "lives on as an alias" in editor.get(done.location).text
    with database.read() as session:
        found = topics.by_name(session, world.publication.id, "harbour CHARTS")
    assert found is not None
    assert (found.name, found.slug) == ("Sea charts", "charts")


def test_a_rename_that_is_refused_shows_what_was_typed_and_changes_nothing(
    editor: Visitor, database: Database, world: World
) -> None:
    answer = editor.post("/desk/topics/charts", {"name": "x" * 150, "description": "new", "rhythm": ""})

    assert answer.status_code == 422
    assert "150 characters" in answer.text
    assert names(database, world) == ["Harbour charts"]


def test_an_alias_is_added_and_may_not_be_another_topics_name(editor: Visitor) -> None:
    editor.post("/desk/topics", {"name": "Rain"})

    taken = editor.post("/desk/topics/charts/alias", {"alias": "rain"})
    done = editor.post("/desk/topics/charts/alias", {"alias": "Soundings"})

    assert taken.status_code == 422
    assert "There is a topic “Rain” already" in taken.text
    assert "Soundings" in editor.get(done.location).text


def test_topics_move_up_and_down(editor: Visitor, database: Database, world: World) -> None:
    editor.post("/desk/topics", {"name": "Rain"})

    editor.post("/desk/topics/rain/move", {"to": "up"})
    assert names(database, world) == ["Rain", "Harbour charts"]
    editor.post("/desk/topics/rain/move", {"to": "down"})
    assert names(database, world) == ["Harbour charts", "Rain"]


def test_an_unknown_topic_is_404(editor: Visitor) -> None:
    assert editor.get("/desk/topics/fog").status_code == 404
