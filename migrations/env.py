"""How Alembic reaches the database, and how it compares our tables with what is there."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import event

import newsletter.accounts.models
import newsletter.delivery.models
import newsletter.issues.models
import newsletter.limits
import newsletter.publications.models
import newsletter.subscribers.models  # noqa: F401  # the imports fill the metadata
from newsletter.db import Base, UTCDateTime, open_database

LOCK = 7215001  # PostgreSQL advisory lock: one migration at a time


def plain(kind: str, column: Any, _context: AutogenContext) -> str | Literal[False]:
    """A migration outlives the program it was written for, so it names no type of ours."""
    if kind == "type" and isinstance(column, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(column, sa.Enum):
        return "sa.String(20)"
    return False


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or ""
    database = open_database(url)
    if database.is_sqlite:
        event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET lock_timeout = '20s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            render_as_batch=database.is_sqlite,
            render_item=plain,
        )
        with context.begin_transaction():
            context.run_migrations()
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")
            connection.commit()
    database.close()


run()
