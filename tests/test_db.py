"""The database: moments, transactions, and who may write."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import exc, select, text, update
from sqlalchemy.orm import Session

from newsletter import schema
from newsletter.accounts import editors
from newsletter.accounts.editors import LastOwner
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.db import Database

NEVER_MIND = (exc.OperationalError, exc.InternalError)


@pytest.fixture
def editor(database: Database, now: datetime) -> Editor:
    with database.write() as session:
        return editors.make(session, address="ada@example.org", role=Role.EDITOR, now=now)


def name_of(database: Database, editor: Editor) -> str:
    with database.read() as session:
        return session.get_one(Editor, editor.id).name


def test_a_moment_comes_back_as_it_was_in_utc(session: Session) -> None:
    moment = datetime(2026, 3, 1, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    made = editors.make(session, address="ada@example.org", role=Role.EDITOR, now=moment)
    session.expire_all()

    assert made.made_at == moment
    assert made.made_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(session: Session) -> None:
    naive = datetime(2026, 3, 1, 1, 30)  # noqa: DTZ001  # that is the mistake

    with pytest.raises(exc.StatementError, match="without a time zone"):
        editors.make(session, address="ada@example.org", role=Role.EDITOR, now=naive)


def _rename_and_fail(session: Session, editor_id: int) -> None:
    session.get_one(Editor, editor_id).name = "Bo"
    session.flush()
    raise LastOwner


def test_what_is_written_stays_and_what_fails_leaves_nothing(database: Database, editor: Editor) -> None:
    with database.write() as session:
        session.get_one(Editor, editor.id).name = "Ada"
    with pytest.raises(LastOwner), database.write() as session:
        _rename_and_fail(session, editor.id)

    assert name_of(database, editor) == "Ada"


def test_whoever_reads_cannot_write(database: Database, editor: Editor) -> None:
    with pytest.raises(NEVER_MIND), database.read() as session:
        session.execute(update(Editor).values(name="Bo"))

    assert name_of(database, editor) == ""


def test_a_session_that_nobody_commits_leaves_nothing(database: Database, editor: Editor) -> None:
    with database.session(readonly=False) as session:
        session.execute(update(Editor).values(name="Bo"))

    assert name_of(database, editor) == ""


def test_writers_take_turns_and_none_is_lost(database: Database, editor: Editor) -> None:
    def add() -> None:
        for _ in range(10):
            with database.write() as session:
                session.execute(update(Editor).values(name=Editor.name + "x"))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert name_of(database, editor) == "x" * 40


def test_readers_do_not_wait_for_a_writer(database: Database, editor: Editor) -> None:
    with database.write() as session:
        session.execute(update(Editor).values(name="Bo"))

        assert name_of(database, editor) == ""


def test_what_a_row_says_of_itself_names_nobody(database: Database, editor: Editor) -> None:
    assert "ada" not in repr(editor)


def test_an_error_of_the_database_does_not_repeat_what_was_to_be_written(
    database: Database, editor: Editor, now: datetime
) -> None:
    with pytest.raises(exc.IntegrityError) as raised, database.write() as session:
        session.add(Editor(address=editor.address, role=Role.VIEWER, made_at=now))

    assert "[SQL parameters hidden due to hide_parameters=True]" in str(raised.value)


@pytest.mark.sqlite
def test_the_embedded_database_survives_a_power_cut(database: Database) -> None:
    with database.engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert found == ["wal", 2, 1]


def test_a_migrated_database_is_what_this_version_expects(database: Database, now: datetime) -> None:
    url = database.engine.url.render_as_string(hide_password=False)

    assert schema.current(database) == schema.head()
    assert schema.upgrade(url, now) is False


def test_both_databases_know_what_was_asked_for(session: Session) -> None:
    assert session.execute(select(text("1"))).scalar_one() == 1
