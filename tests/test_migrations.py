"""The migrations make exactly the tables the program declares, on both databases, and can be taken back."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect

from newsletter import clock, schema
from tests import databases


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: str = request.getfixturevalue("postgresql_server")
    name = f"newsletter_migrations_{os.getpid()}"
    yield databases.create(server, name)
    databases.drop(server, name)


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def test_up_equal_down_and_up_again(empty: str) -> None:
    assert schema.upgrade(empty, clock.now()) is True
    command.check(schema.config(empty))  # raises when the models say something else
    made = tables(empty)

    command.downgrade(schema.config(empty), "base")
    assert tables(empty) == set()

    assert schema.upgrade(empty, clock.now()) is True
    assert tables(empty) == made
    assert schema.upgrade(empty, clock.now()) is False
