"""The database: one way in for web, worker, commands and migrations, the same on SQLite and PostgreSQL.

`Database.write()` is a transaction that commits at the end of the block, `Database.read()` one that cannot
write. On SQLite a writer takes its turn at once (BEGIN IMMEDIATE) and tries again every millisecond: SQLite's
own waiting sleeps longer and longer and misses the short gaps a long job leaves for others.
"""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import URL, DateTime, Engine, Enum, MetaData, TypeDecorator, create_engine, event, make_url
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass, Session, sessionmaker

PATIENCE_S = 30.0  # how long a writer waits for its turn


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: refuses naive values at the door and gives aware ones back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _texts(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """A row. Columns that hold addresses or secrets are `repr=False`: tracebacks travel."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it as it stands
        datetime: UTCDateTime(),
        StrEnum: Enum(StrEnum, native_enum=False, length=20, values_callable=_texts),
    }


def public_id() -> str:
    """A random name for the outside: 12 letters that say nothing about order or number."""
    return secrets.token_urlsafe(9)


class Database:
    """One process's way to one database. Not to be shared across a fork: see `forget_connections`."""

    def __init__(self, engine: Engine, reader: Engine) -> None:
        self.engine = engine
        self.reader = reader
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._write = sessionmaker(engine, expire_on_commit=False)
        self._read = sessionmaker(reader, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits when the block ends and leaves nothing behind when it raises."""
        with self._write.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one moment of the database and cannot write."""
        with self._read() as session:
            yield session

    def session(self, *, readonly: bool) -> Session:
        """A session the caller closes: for a web request."""
        return self._read() if readonly else self._write()

    def forget_connections(self) -> None:
        """Drop the pools without closing what a parent process still uses. Call it in a forked child."""
        self.engine.dispose(close=False)
        self.reader.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()
        self.reader.dispose()


def open_database(url: str, *, pool_size: int = 5) -> Database:
    """Prepare (not yet connect to) the database at `url`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine, reader = _engine(parsed), _engine(parsed)
        event.listen(engine, "connect", _sqlite_writer)
        event.listen(engine, "begin", _take_turn)
        event.listen(reader, "connect", _sqlite_reader)
        event.listen(reader, "begin", _look)
        return Database(engine, reader)
    engine = _engine(parsed, pool_pre_ping=True, pool_size=pool_size, pool_recycle=1800)
    return Database(engine, engine.execution_options(postgresql_readonly=True))


def _engine(url: URL, **options: Any) -> Engine:
    return create_engine(url, hide_parameters=True, **options)  # errors travel, people's data must not


def _sqlite(connection: Any, *statements: str) -> None:
    connection.isolation_level = None  # the begin events decide
    for statement in statements:
        connection.execute(f"PRAGMA {statement}")


def _sqlite_writer(connection: Any, _record: Any) -> None:
    _sqlite(
        connection,
        "busy_timeout=5000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=0",
    )


def _sqlite_reader(connection: Any, _record: Any) -> None:
    _sqlite(connection, "busy_timeout=5000", "journal_mode=WAL", "query_only=ON")


def _look(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _take_turn(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.001)
        else:
            return


def migrations_folder() -> Path:
    """Where the migrations lie: inside the package when installed, beside it in a checkout."""
    packaged = Path(__file__).parent / "_data" / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "migrations"
