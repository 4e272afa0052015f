from datetime import datetime, timedelta
from threading import Thread

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from newsletter.accounts import log
from newsletter.accounts.models import LogEntry
from newsletter.db import Database


def write(session: Session, now: datetime) -> list[LogEntry]:
    return [
        log.record(session, 1, "launch", "issue 1", {"people": 200, "title": "Ærø"}, now),
        log.record(session, None, "import", "people", {}, now + timedelta(seconds=1)),
        log.record(session, 2, "erase", "subscriber x", {"reason": "asked"}, now + timedelta(microseconds=1500)),
    ]


def test_a_log_as_it_was_written_is_whole(session: Session, now: datetime) -> None:
    write(session, now)
    session.expire_all()

    assert log.verify(session) is None


def test_an_entry_that_was_changed_shows(session: Session, now: datetime) -> None:
    entries = write(session, now)

    session.execute(update(LogEntry).where(LogEntry.id == entries[1].id).values(act="export"))
    session.expire_all()

    assert log.verify(session) == entries[1].id


def test_an_entry_that_was_taken_out_shows_in_the_one_after_it(session: Session, now: datetime) -> None:
    entries = write(session, now)

    session.execute(delete(LogEntry).where(LogEntry.id == entries[0].id))
    session.expire_all()

    assert log.verify(session) == entries[1].id


def test_the_newest_come_first_page_by_page(session: Session, now: datetime) -> None:
    first, second, third = write(session, now)

    assert list(log.latest(session, limit=2)) == [third, second]
    assert list(log.latest(session, limit=2, before=second.id)) == [first]


def test_entries_written_at_once_make_one_chain(database: Database, now: datetime) -> None:
    def several() -> None:
        for _ in range(5):
            with database.write() as session:
                log.record(session, 1, "save", "issue 1", {}, now)

    threads = [Thread(target=several) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        assert len(session.scalars(select(LogEntry)).all()) == 20
        assert log.verify(session) is None
