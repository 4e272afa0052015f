"""What the commands share: the way to the database, how they answer, and how they fail.

Exit codes: 0 done, 1 the thing failed (one sentence on standard error), 2 the command was called wrongly.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from newsletter import config, keys, schema
from newsletter.config import Settings, SettingsError
from newsletter.db import Database, open_database
from newsletter.issues import drafting
from newsletter.issues.document import Finding
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.publications import installation
from newsletter.publications.models import Publication

P = ParamSpec("P")
R = TypeVar("R")


class Failed(click.ClickException):
    """The thing failed: one sentence, exit code 1."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class House:
    """An open installation."""

    settings: Settings
    database: Database
    ring: KeyRing


def settings() -> Settings:
    """The settings, or a sentence for each variable that is wrong."""
    try:
        return config.load()
    except SettingsError as error:
        raise Failed(str(error)) from None


@contextmanager
def house() -> Iterator[House]:
    """The installation, open, its database of the right shape."""
    found = settings()
    database = open_database(found.database)
    try:
        with said_plainly():
            ring = keys.load(found)
            if schema.current(database) != schema.head():
                raise Failed("The database has another shape than this program. Run `newsletter db upgrade` first.")
            with database.read() as session:
                installation.check(session, ring)
            yield House(found, database, ring)
    except (SettingsError, installation.OtherKeys) as error:
        raise Failed(str(error)) from None
    finally:
        database.close()


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn a database that does not answer into a sentence."""
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise Failed(
            f"The database does not answer: {reason}. Check NEWSLETTER_DATABASE_URL and that the server runs, "
            "or that the data folder can be written."
        ) from None


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """`--json`: answer for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")(command)


def answer(found: Any, as_json: bool, say: Callable[[], str]) -> None:
    """Print what was found: as JSON, or as words."""
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else say())


def the_publication(session: Session, slug: str | None) -> Publication:
    """The publication named, or the only one; a real one goes before the sample."""
    order = select(Publication).order_by(Publication.is_sample, Publication.id)
    found = session.scalars(order if slug is None else order.where(Publication.slug == slug)).first()
    if found is None:
        raise Failed(
            f"There is no publication “{slug}”."
            if slug
            else "There is no publication yet. `newsletter sample load` makes one to try, the desk a real one."
        )
    return found


def the_issue(session: Session, public_id: str) -> Issue:
    """The issue with this id, or a sentence."""
    found = drafting.find(session, public_id)
    if found is None:
        raise Failed(f"There is no issue “{public_id}”. `newsletter issue list` shows those there are.")
    return found


def table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """Columns as wide as what stands in them."""
    lines: list[tuple[str, ...]] = [head, *rows]
    widths = [max(len(row[place]) for row in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines
    )


def said_findings(findings: Sequence[Finding]) -> list[str]:
    """A line for each finding: where, what, and what to do."""
    return [
        f"{'to mend' if each.blocking else 'to consider'}{f', line {each.line}' if each.line else ''}: "
        f"{each.message} {each.mend}"
        for each in findings
    ]
