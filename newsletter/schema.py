"""Bringing a database to the shape this version of the program expects."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from newsletter.db import Database, migrations_folder, open_database


def config(url: str) -> Config:
    """Alembic's own configuration, without a file: where the migrations lie and which database is meant."""
    settings = Config()
    settings.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def head() -> str:
    """Name of the newest migration."""
    return ScriptDirectory.from_config(config("sqlite://")).get_current_head() or ""


def current(database: Database) -> str:
    """Name of the migration the database stands at; empty before the first."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def upgrade(url: str, now: datetime) -> bool:
    """Migrate to the newest shape; True when there was something to do.

    An SQLite file that holds data is first copied beside itself (online backup, kept). Doing it twice changes
    nothing; two processes at once wait for each other.
    """
    parsed = make_url(url)
    file = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
    with closing(open_database(url)) as database:
        before = current(database)
        if before == head():
            return False
    if file and before:
        copy(file, file.with_name(f"{file.stem}-{before}-{now:%Y%m%dT%H%M%S}{file.suffix}"))
    command.upgrade(config(url), "head")
    return True


def copy(file: Path, to: Path) -> None:
    """A consistent copy of an SQLite database that may be in use."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
