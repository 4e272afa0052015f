"""Bringing people from a file, from the upload to the last row."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from newsletter.accounts.rules import Role
from newsletter.db import Database
from newsletter.keys import KeyRing
from newsletter.subscribers import importing
from newsletter.subscribers.models import Consent, Import, ImportState, Status, Subscription
from tests.web.conftest import Clock
from tests.web.visitors import Visitor
from tests.web.world import ADDRESS, World

TABLE = f"address;name;topics\nbo@example.org;Bo;Harbour charts\n{ADDRESS};Ada;\nno address;;\nbo@EXAMPLE.org;;\n"
COLUMNS = {"column-0": "address", "column-1": "name", "column-2": "topics"}
CONSENT = {"stated": "yes", "words": "Send me the sheet.", "where": "our old form", "when": "since 2021"}


@pytest.fixture
def publisher(signed_in: Callable[[Role], Visitor], world: World) -> Visitor:
    return signed_in(Role.PUBLISHER)


def bring(publisher: Visitor, table: str | bytes = TABLE, name: str = "people.csv") -> str:
    """Upload a file and return the path of its page."""
    data = table.encode() if isinstance(table, str) else table
    answer = publisher.post("/desk/people/import", {"file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_file_walks_from_upload_to_people(publisher: Visitor, world: World, database: Database) -> None:
    page = bring(publisher)
    mapping = publisher.get(page).text
    assert "What do the columns mean?" in mapping
    assert "read as UTF-8, semicolons" in mapping

    publisher.post(page + "/columns", COLUMNS)
    dry = publisher.get(page).text
    assert "1 of 4 rows will come in" in dry
    for words in ("same as row 2", "There is a space in this address.", "Already here", "nothing has changed"):
        assert words in dry
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Subscription)) == 1

    publisher.post(page + "/let-in", CONSENT)
    assert "1 person came in" in publisher.get(page).text
    with database.read() as session:
        came = session.scalars(select(Subscription).order_by(Subscription.id.desc())).first()
        consent = session.scalars(select(Consent)).one()
    assert came is not None
    assert came.status is Status.CONFIRMED
    assert (consent.words, consent.page, consent.evidence["row"]) == (CONSENT["words"], CONSENT["where"], 2)
    assert consent.evidence["stated_by"] == world.editors[Role.PUBLISHER].id


def test_without_a_word_on_consent_nobody_comes_in(publisher: Visitor, database: Database) -> None:
    page = bring(publisher)
    publisher.post(page + "/columns", COLUMNS)

    unsaid = publisher.post(page + "/let-in", {})
    half = publisher.post(page + "/let-in", CONSENT | {"words": " "})

    assert (unsaid.status_code, half.status_code) == (422, 422)
    assert "Say whether these people agreed" in unsaid.text
    assert "our old form" in half.text
    publisher.post(page + "/let-in", {"stated": "no"})
    with database.read() as session:
        statuses = set(session.scalars(select(Subscription.status)))
        assert session.scalar(select(func.count()).select_from(Consent)) == 0
    assert statuses == {Status.CONFIRMED, Status.PENDING}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty."),
        (b"PK\x03\x04zip", "Save the table as CSV"),
        (b"\x00\x01\x02binary", "This is no text file"),
        (b'address,name\n"never closed,' + b"x" * 70_000, "longer than"),
        (b"address,name\n", "names of its columns"),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_sentence_and_leaves_nothing(
    publisher: Visitor, database: Database, data: bytes, words: str
) -> None:
    answer = publisher.post("/desk/people/import", {"file": (io.BytesIO(data), "x.csv")})

    assert answer.status_code == 422
    assert words in answer.text
    with database.read() as session:
        assert set(session.scalars(select(Import.state))) <= {ImportState.STOPPED}


def test_no_file_and_columns_that_fit_nobody_get_a_sentence(publisher: Visitor) -> None:
    assert "Choose a file first" in publisher.post("/desk/people/import", {}).text
    page = bring(publisher)
    answer = publisher.post(page + "/columns", {"column-1": "name"})

    assert answer.status_code == 422
    assert "Say which column holds the addresses" in answer.text


def test_rows_are_listed_by_verdict_and_paged(publisher: Visitor) -> None:
    page = bring(publisher, "".join(f"reader{number:03}@example.org\n" for number in range(120)) + "bad\n")
    publisher.post(page + "/columns", {"column-0": "address"})

    first = publisher.get(page).text
    assert "reader049@example.org" in first
    assert "reader050@example.org" not in first
    assert "reader050@example.org" in publisher.get(page + "?after=50").text
    out = publisher.get(page + "?rows=out").text
    assert "reader000@example.org" not in out
    assert "No address" in out
    assert "No row of this kind" in publisher.get(page + "?rows=here").text


def test_formula_cells_are_data_and_the_verdicts_file_is_safe(publisher: Visitor) -> None:
    page = bring(publisher, 'address,name\n"=HYPERLINK(""http://example.org"")",=1+1\nbo@example.org,=1+1\n')
    publisher.post(page + "/columns", {"column-0": "address", "column-1": "name"})

    assert "A formula, not an address." in publisher.get(page).text
    assert publisher.get(page + "/verdicts.csv").text.splitlines()[2] == "3,bo@example.org,'=1+1,new,"


def test_a_file_that_is_thrown_away_brings_nobody(publisher: Visitor, database: Database) -> None:
    page = bring(publisher)
    publisher.post(page + "/columns", COLUMNS)
    publisher.post(page + "/stop")

    assert publisher.post(page + "/let-in", CONSENT).status_code == 422
    assert "This import was stopped" in publisher.get(page).text
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Subscription)) == 1


def test_the_columns_can_be_changed_after_the_dry_run(publisher: Visitor) -> None:
    page = bring(publisher)
    publisher.post(page + "/columns", COLUMNS)
    publisher.post(page + "/again")
    assert "What do the columns mean?" in publisher.get(page).text

    publisher.post(page + "/columns", COLUMNS | {"everybody": "charts"})
    assert "1 of 4 rows will come in" in publisher.get(page).text


def test_progress_is_told_while_a_worker_goes_on(
    publisher: Visitor, database: Database, ring: KeyRing, clock: Clock, world: World
) -> None:
    page = bring(publisher)
    publisher.post(page + "/columns", COLUMNS)
    with database.write() as session:
        importing.let_in(session, session.scalars(select(Import)).one(), None, clock.now)

    told = publisher.get(page + "/progress").json
    assert told is not None
    assert told["state"] == "importing"
    assert "data-live" in publisher.get(page).text
    with database.write() as session:
        while importing.step(session, ring, clock.now):
            pass
    after = publisher.get(page + "/progress").json
    assert after is not None
    assert after["state"] == "finished"


def test_the_file_of_another_newsletter_is_404(publisher: Visitor) -> None:
    assert publisher.get("/desk/people/import/nothing-here").status_code == 404
