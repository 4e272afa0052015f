"""What somebody reads when it did not work."""

import sqlite3

import pytest
from flask import Flask, abort
from sqlalchemy import exc, text

from newsletter.accounts.models import Editor
from newsletter.web import request
from newsletter.web.policy import Who, allow
from tests.web.visitors import Visitor

pytestmark = pytest.mark.sqlite  # what is tested here does not depend on the database

JSON = {"Accept": "application/json"}
SECRET = "ada.reader@example.org"


def _broken() -> str:
    raise RuntimeError(f"no room for {SECRET}")


def _absent() -> str:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise exc.OperationalError("SELECT 1", {}, error)


def _no_connection() -> str:
    raise exc.TimeoutError("QueuePool limit")


def _writes() -> str:
    request.session().execute(text("UPDATE editor SET name = 'x'"))
    return ""


def _refuses() -> str:
    abort(409, "Jonas changed this while you were writing.")


@pytest.fixture
def broken(app: Flask) -> Flask:
    """The application with views that go wrong."""
    for view in (_broken, _absent, _no_connection, _writes, _refuses):
        app.add_url_rule(f"/{view.__name__}", view.__name__, allow(Who.PUBLIC)(view))
    return app


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nowhere", 404, "There is nothing at this address."),
        ("/desk/account/password", 405, "This address does not work that way."),
        ("/_broken", 500, "This did not work, and the fault is ours."),
        ("/_absent", 503, "The database does not answer."),
        ("/_no_connection", 503, "The database does not answer."),
        ("/_writes", 500, "This did not work, and the fault is ours."),
        ("/_refuses", 409, "Jonas changed this while you were writing."),
    ],
)
def test_an_error_is_a_page_with_a_sentence(
    path: str, status: int, sentence: str, broken: Flask, visitor: Visitor
) -> None:
    answer = visitor.get(path)

    assert answer.status_code == status
    assert sentence in answer.text
    assert '<link rel="stylesheet"' in answer.text
    for leak in ("Traceback", "sqlite", "QueuePool", "RuntimeError", SECRET):
        assert leak not in answer.text


def test_a_script_is_told_as_json(broken: Flask, visitor: Visitor) -> None:
    answer = visitor.get("/_broken", headers=JSON)

    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert answer.json
    assert answer.json["title"] == "This did not work, and the fault is ours"
    assert set(answer.json) == {"title", "status", "detail", "id"}


def test_the_mark_on_the_page_finds_the_fault_in_the_log(
    broken: Flask, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    answer = visitor.get("/_broken", headers=JSON)

    assert answer.json
    assert answer.json["id"] in caplog.text


def test_a_database_that_does_not_answer_says_when_to_come_back(broken: Flask, visitor: Visitor) -> None:
    assert visitor.get("/_absent").headers["Retry-After"] == "5"


def test_a_page_that_is_looked_at_cannot_write(broken: Flask, visitor: Visitor, owner: Editor) -> None:
    answer = visitor.get("/_writes")

    assert answer.status_code == 500
    with visitor.state.database.read() as session:
        assert session.get_one(Editor, owner.id).name != "x"
