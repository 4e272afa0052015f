"""A database for each test: migrated once a run, then as cheap as a test wants it.

SQLite: a copy of the migrated file. PostgreSQL: one database that is emptied, because that takes 1 ms where
CREATE DATABASE … TEMPLATE takes 30 to 200 and TRUNCATE the same (35 tables, 2 cores, PostgreSQL 15 and 18).
"""

import shutil
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from newsletter import clock, schema

OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        schema.upgrade(f"sqlite:///{self._template}", clock.now())

    def fresh(self, folder: Path) -> str:
        file = folder / "newsletter.db"
        shutil.copy(self._template, file)
        return f"sqlite:///{file}"


class Postgresql:
    """One database on a server. What the migrations wrote stands in it again for each test."""

    def __init__(self, server: str, name: str) -> None:
        self.url = create(server, name)
        schema.upgrade(self.url, clock.now())
        self._connection = psycopg.connect(dsn(self.url), autocommit=True)
        self._empty = self._script()

    def _script(self) -> str:
        self._connection.execute("CREATE SCHEMA seed")
        steps = ["SET session_replication_role = replica"]  # no trigger and no foreign key minds
        for (table,) in self._connection.execute(TABLES).fetchall():
            self._connection.execute(f'CREATE TABLE seed."{table}" AS TABLE public."{table}"')
            steps.append(f'DELETE FROM public."{table}"')
            if self._connection.execute(f'SELECT FROM seed."{table}" LIMIT 1').rowcount:
                steps.append(f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE TABLE seed."{table}"')
        return "; ".join([*steps, "SET session_replication_role = DEFAULT"])

    def fresh(self) -> str:
        self._connection.execute(OTHERS)
        self._connection.execute(self._empty)
        return self.url

    def close(self) -> None:
        self._connection.close()


def create(server: str, name: str) -> str:
    """Make an empty database of this name, in place of one that may be there; its address."""
    with psycopg.connect(dsn(server), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop(server: str, name: str) -> None:
    with psycopg.connect(dsn(server), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def dsn(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
