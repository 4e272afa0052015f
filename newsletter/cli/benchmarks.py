"""`newsletter bench`: how fast the program is on this machine.

Everything happens in a folder of its own that is thrown away; nobody's settings or data are touched.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from newsletter.app import create_app
from newsletter.bench import finding, hostile, idle, machine, mail, pages, preview, send
from newsletter.bench.measuring import Bench, CannotMeasure, Figure
from newsletter.bench.room import Room, open_room
from newsletter.cli.context import Failed, answer, json_option, table

P = ParamSpec("P")
R = TypeVar("R")

number = click.IntRange(min=1)
items_option = click.option("--items", type=number, default=30, show_default=True, help="Items of the issue.")
database_option = click.option(
    "--database",
    envvar="NEWSLETTER_BENCH_DATABASE_URL",
    default="embedded",
    metavar="URL",
    help="An empty PostgreSQL to measure on instead of SQLite; it is emptied again. "
    "NEWSLETTER_BENCH_DATABASE_URL does the same.",
)


def rounds_option(default: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return click.option("--rounds", type=number, default=default, show_default=True, help="How often each is measured.")


@click.group("bench")
@click.pass_context
def bench_command(context: click.Context) -> None:
    """Measure how fast the program is on this machine, in a folder of its own."""
    context.obj = machine.describe(Path(tempfile.gettempdir()))  # before anything here keeps it busy


@bench_command.command("mail")
@items_option
@rounds_option(5)
@json_option
def bench_mail(items: int, rounds: int, as_json: bool) -> None:
    """Compile an issue and each of its editions."""
    with _told():
        _say([mail.measure(items=items, count=rounds)], as_json)


@bench_command.command("hostile")
@json_option
def bench_hostile(as_json: bool) -> None:
    """Read text that is made to keep the parser busy."""
    with _told():
        _say([hostile.measure()], as_json)


@bench_command.command("preview")
@items_option
@click.option("--people", type=number, default=10_000, show_default=True, help="People of the publication.")
@rounds_option(20)
@database_option
@json_option
def bench_preview(items: int, people: int, rounds: int, database: str, as_json: bool) -> None:
    """Type into an issue and wait for the mail beside it."""
    with _room(database) as room:
        found = preview.measure(create_app, room, items=items, people=people, count=rounds)
        _say([found], as_json, room)


@bench_command.command("send")
@click.option("--people", type=number, default=10_000, show_default=True, help="People who get the issue.")
@click.option("--provider", type=click.Choice(list(send.PROVIDERS)), default="postmark", show_default=True)
@items_option
@rounds_option(3)
@database_option
@json_option
def bench_send(people: int, provider: str, items: int, rounds: int, database: str, as_json: bool) -> None:
    """Send an issue with everything running as `newsletter run` starts it; exit code 1 if one mail is astray."""
    with _room(database) as room:
        found = send.measure(room, people=people, items=items, provider=provider, count=rounds)
        _say([found], as_json, room)


@bench_command.command("people")
@click.option("--people", type=number, default=1_000_000, show_default=True, help="People in the list.")
@rounds_option(10)
@database_option
@json_option
def bench_people(people: int, rounds: int, database: str, as_json: bool) -> None:
    """Find people among very many; making a million takes some minutes."""
    with _room(database) as room:
        _say([finding.measure(create_app, room, people=people, count=rounds)], as_json, room)


@bench_command.command("idle")
@click.option("--seconds", type=click.FloatRange(min=0.1), default=20.0, show_default=True, help="How long to watch.")
@rounds_option(3)
@database_option
@json_option
def bench_idle(seconds: float, rounds: int, database: str, as_json: bool) -> None:
    """Start `newsletter run` and watch it do nothing."""
    with _room(database, sample=True) as room:
        _say([idle.measure(room, seconds=seconds, count=rounds)], as_json, room)


@bench_command.command("pages")
@json_option
def bench_pages(as_json: bool) -> None:
    """Weigh every page that readers see."""
    with _room("embedded") as room:
        _say([pages.measure(create_app, room)], as_json, room)


@bench_command.command("all")
@click.option("--people", type=number, default=100_000, show_default=True, help="People in the list.")
@click.option("--readers", type=number, default=10_000, show_default=True, help="People who get the issue.")
@click.option("--seconds", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="How long to rest.")
@rounds_option(3)
@database_option
@json_option
def bench_all(people: int, readers: int, seconds: float, rounds: int, database: str, as_json: bool) -> None:
    """Measure everything in turn, in sizes that take a few minutes."""
    found = []
    with _told():
        found.append(mail.measure(items=30, count=rounds))
    with _room("embedded") as room:
        found.append(pages.measure(create_app, room))
    with _room(database) as room:
        found.append(preview.measure(create_app, room, items=30, people=readers, count=rounds))
    with _room(database) as room:
        found.append(send.measure(room, people=readers, items=30, provider="postmark", count=rounds))
    with _room(database) as room:
        found.append(finding.measure(create_app, room, people=people, count=rounds))
    with _room(database, sample=True) as room:
        found.append(idle.measure(room, seconds=seconds, count=rounds))
        _say(found, as_json, room)


@contextmanager
def _room(database: str, *, sample: bool = False) -> Iterator[Room]:
    with _told(), open_room(database, sample=sample) as room:
        yield room


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except CannotMeasure as error:
        raise Failed(str(error)) from None


def _say(found: Sequence[Bench], as_json: bool, room: Room | None = None) -> None:
    here = dict(click.get_current_context().obj)
    if room:
        here["database"] = machine.database_version(room.database)
    values = {"machine": here, "benches": [bench.to_json() for bench in found]}
    lines = [line for bench in found for line in [*_lines(bench), ""]]
    answer(values, as_json, lambda: "\n".join([*lines, *(f"{name}: {value}" for name, value in here.items())]))


def _lines(bench: Bench) -> Iterator[str]:
    yield f"{bench.name}: {bench.what}"
    yield table([_row(figure) for figure in bench.figures], ("", "min", "median", "max", "", "target", "of it"))
    yield from bench.notes


def _row(figure: Figure) -> tuple[str, ...]:
    target = f"<= {figure.target:g}" if figure.target is not None else ""
    share = f"{figure.of_target:.0%}" if figure.of_target is not None else ""
    values = (min(figure.values), figure.median, max(figure.values))
    return (
        figure.name,
        *(f"{value:,.{0 if value >= 1000 else 3}{'f' if value >= 1000 else 'g'}}" for value in values),
        figure.unit,
        target,
        share,
    )
