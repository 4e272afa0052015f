"""An installation of a measurement's own: a folder that is thrown away, or an empty database that is emptied again.

Nothing comes from the settings of whoever measures, and nothing of their data is touched.
"""

import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from pydantic import SecretStr
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from newsletter import clock, config, keys, schema
from newsletter.bench import people
from newsletter.bench.measuring import CannotMeasure
from newsletter.bench.texts import issue_of
from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.issues import drafting
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.publications import installation, publications
from newsletter.publications.models import Publication
from newsletter.subscribers.models import Status

ADDRESS = "https://news.example.org"  # one-click links have to be https (RFC 8058, section 3.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The open installation."""

    settings: Settings
    database: Database
    ring: KeyRing

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to work here: ours without anybody's settings, and these."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
        chosen = {
            "DATA_DIR": str(self.settings.data_dir),
            "DATABASE_URL": self.settings.database_url.get_secret_value(),
            "BASE_URL": self.settings.base_url,
            "SAMPLE": str(self.settings.sample),
            "LOG_LEVEL": self.settings.log_level,
        }
        return kept | {config.PREFIX + name: value for name, value in chosen.items()}

    def fill(self, number: int, *, statuses: Sequence[Status] = people.STATUSES) -> int:
        """Make a publication that may send, with its topics and so many people; returns its id."""
        publication_id = people.generate(self.database, self.ring, number, clock.now(), statuses=statuses)
        with self.database.write() as session:
            installation.ensure(session, self.ring, clock.now())
            publication = session.get_one(Publication, publication_id)
            publication.account_id = installation.outbox(session, clock.now()).id
            publications.change(
                session,
                publication,
                {"sender_address": "bench@example.org", "postal_address": "1 Chart Row, Exampleton"},
            )
        return publication_id

    def issue(self, session: Session, publication_id: int, items: int) -> Issue:
        """A new draft of so many items."""
        return drafting.make(session, publication_id, issue_of(items), None, clock.now())


@contextmanager
def open_room(database_url: str = "embedded", *, sample: bool = False) -> Iterator[Room]:
    """A migrated installation without anybody in it. Raises CannotMeasure when the database is not empty."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        settings = _settings(Path(folder), database_url, sample)
        database = open_database(settings.database)
        try:
            _need_empty(database)
            schema.upgrade(settings.database, clock.now())
            try:
                yield Room(settings=settings, database=database, ring=keys.load(settings))
            finally:
                if not database.is_sqlite:
                    command.downgrade(schema.config(settings.database), "base")
        finally:
            database.close()


def _settings(folder: Path, database_url: str, sample: bool) -> Settings:
    """Every setting by its value, so that the environment has no say."""
    return Settings(
        data_dir=folder,
        database_url=SecretStr(database_url),
        broker_url=SecretStr("embedded"),
        base_url=ADDRESS,
        host="127.0.0.1",
        port=free_port(),
        trusted_proxies=0,
        keys=None,
        sample=sample,
        senders=4,
        log_level="warning",
    )


def _need_empty(database: Database) -> None:
    try:
        tables = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
    except OperationalError as error:
        raise CannotMeasure(f"The database does not answer: {str(error.orig).strip().splitlines()[0]}.") from None
    if tables:
        raise CannotMeasure("The database to measure on is not empty. Name one without tables: it is emptied after.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
