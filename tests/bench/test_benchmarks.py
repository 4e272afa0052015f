"""Every measurement runs and answers as programs expect; how fast anything is, no test says."""

import json
import os
import sys
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from newsletter.bench.measuring import Figure
from newsletter.bench.texts import issue_of
from newsletter.cli import main
from newsletter.issues.document import parse
from tests import databases

pytestmark = pytest.mark.measures

linux = pytest.mark.skipif(sys.platform != "linux", reason="What processes hold is read from /proc, on Linux only.")


def bench(*words: str) -> dict[str, Any]:
    """What the command answers, as JSON."""
    ended = CliRunner().invoke(main, ["bench", *words, "--json"])
    assert ended.exit_code == 0, ended.output
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def figures(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {figure["name"]: figure for measured in found["benches"] for figure in measured["figures"]}


def test_every_figure_comes_with_its_spread_and_its_target() -> None:
    figure = Figure(name="wait", unit="ms", values=[5.0, 1.0, 3.0], target=6.0).to_json()

    assert (figure["min"], figure["median"], figure["max"], figure["rounds"]) == (1.0, 3.0, 5.0, 3)
    assert figure["of_target"] == 0.5


def test_the_issue_has_as_many_items_as_were_asked_for() -> None:
    document = parse(issue_of(30))

    assert sum(len(section.items) for section in document.sections) == 30
    assert not document.findings


def test_mail() -> None:
    found = bench("mail", "--items", "2", "--rounds", "1")

    assert figures(found)["edition compile, 100 KB"]["median"] > 0
    assert found["machine"]["cores"] == os.cpu_count()


def test_hostile() -> None:
    assert figures(bench("hostile"))["all of them"]["max"] > 0


def test_pages() -> None:
    sizes = figures(bench("pages"))

    assert sizes["sign-up"]["median"] > sizes["sign-up, compressed"]["median"] > 0


def test_preview() -> None:
    found = bench("preview", "--items", "2", "--people", "20", "--rounds", "1")

    assert figures(found)["a pause in typing"]["target"] == 150.0
    assert found["machine"]["database"].startswith("SQLite")


def test_people_on_an_empty_postgresql_that_is_emptied_again(postgresql_server: str) -> None:
    url = databases.create(postgresql_server, "newsletter_bench")
    try:
        found = bench("people", "--people", "50", "--rounds", "1", "--database", url)

        assert found["machine"]["database"].startswith("PostgreSQL")
        with psycopg.connect(databases.dsn(url)) as connection:
            assert connection.execute(databases.TABLES).fetchall() == []
    finally:
        databases.drop(postgresql_server, "newsletter_bench")


def test_a_database_that_holds_anything_is_left_alone(database_url: str) -> None:
    ended = CliRunner().invoke(main, ["bench", "people", "--people", "1", "--database", database_url])

    assert ended.exit_code == 1
    assert "is not empty" in ended.stderr


@linux
@pytest.mark.parametrize("provider", ["postmark", "smtp"])
def test_send(provider: str) -> None:
    """It fails by itself when one mail is astray."""
    found = bench("send", "--people", "30", "--items", "2", "--rounds", "1", "--provider", provider)

    assert "the same 30 people" in found["benches"][0]["notes"][0]


@linux
def test_idle() -> None:
    found = figures(bench("idle", "--seconds", "0.1", "--rounds", "1"))

    assert found["memory, resident"]["median"] > found["memory, shared parts once"]["median"] > 0


@pytest.mark.parametrize("words", [["mail", "--items", "0"], ["send", "--provider", "nobody"], ["nothing"]])
def test_a_command_that_is_called_wrongly_says_so(words: list[str]) -> None:
    assert CliRunner().invoke(main, ["bench", *words]).exit_code == 2
