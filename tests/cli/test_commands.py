"""The commands as others build on them: what they answer, what they write, and how they fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from newsletter import keys
from newsletter.cli import main
from newsletter.cli.system import prepare
from newsletter.config import PREFIX, load

PLAIN = """Kelp notes
This week there was news in the areas of:
Kelp
Tides
Kelp
A farm under a pier
What it is: ropes, hung low
What is new: nobody waters it
Rating: 🌿🌿🌿
What it is: a map of forests nobody has seen
Rating: 🌿🌿½ (half of it is guessed)
Tides
A table you can knit
What it is: spring tides come out as cables
Overall rating: 🐚🐚
"""

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "data"))

    def command(*words: str) -> Result:
        result = CliRunner().invoke(main, list(words))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return command


@pytest.fixture
def sample(run: Run) -> Run:
    assert run("db", "upgrade").exit_code == 0
    assert run("sample", "load").exit_code == 0
    return run


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def sample_issue(run: Run) -> str:
    found: str = answer(run("issue", "list", "--json"))[-1]["id"]
    return found


def test_a_database_is_made_once_and_checked(run: Run) -> None:
    assert answer(run("db", "upgrade", "--json"))["changed"] is True
    assert answer(run("db", "upgrade", "--json"))["changed"] is False
    assert answer(run("db", "check", "--json"))["ok"] is True


def test_before_the_tables_are_there_every_command_says_what_to_do(run: Run) -> None:
    for words in (["issue", "list"], ["topic", "list"], ["people", "show", "a@example.org"]):
        result = run(*words)
        assert result.exit_code == 1
        assert "newsletter db upgrade" in result.output


def test_another_key_ring_is_refused(sample: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}KEYS", keys.make().text())

    result = sample("db", "upgrade")

    assert result.exit_code == 1
    assert "another key ring" in result.output


def test_a_database_that_is_not_there_and_a_wrong_setting_are_sentences(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    result = run("db", "upgrade")
    assert result.exit_code == 1
    assert "does not answer" in result.output
    assert "secret" not in result.output

    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", "mysql://x")
    result = run("issue", "list")
    assert result.exit_code == 1
    assert f"{PREFIX}DATABASE_URL" in result.output


def test_an_imported_issue_has_the_shape_that_others_build_on(sample: Run, tmp_path: Path) -> None:
    file = tmp_path / "kelp.txt"
    file.write_text(PLAIN)

    found = answer(sample("issue", "import", str(file), "--json"))

    assert set(found) == {"id", "title", "sections", "findings"}
    assert [(section["title"], len(section["items"])) for section in found["sections"]] == [("Kelp", 2), ("Tides", 1)]
    first, second = found["sections"][0]["items"]
    assert first["title"] == "A farm under a pier"
    assert second["title"] is None
    assert first["fields"][0] == {"label": "What it is", "text": "ropes, hung low"}
    assert first["fields"][-1]["label"] == "Rating"
    rating = {"label": "Rating", "symbol": "🌿", "value": 2.5, "of": None, "note": "half of it is guessed"}
    assert second["rating"] == rating
    assert {topic["slug"]: topic["hidden"] for topic in answer(sample("topic", "list", "--json"))}["kelp"] is True


def test_without_leave_to_make_topics_nothing_is_imported(sample: Run, tmp_path: Path) -> None:
    file = tmp_path / "kelp.txt"
    file.write_text(PLAIN)

    result = sample("issue", "import", str(file), "--no-create-topics")

    assert result.exit_code == 1
    assert "“Kelp”" in result.output
    assert len(answer(sample("issue", "list", "--json"))) == 1


@pytest.mark.parametrize("raw", [b"", b"\x00\x01\x02\x03" * 50, b"a" * 50_000_000])
def test_what_is_no_text_gets_a_sentence_and_makes_no_issue(sample: Run, tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "issue.md"
    file.write_bytes(raw)

    result = sample("issue", "import", str(file))

    assert result.exit_code == 1
    assert str(file) in result.output
    assert len(answer(sample("issue", "list", "--json"))) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_read_rightly(sample: Run, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "issue.md"
    file.write_bytes("---\ntitle: Ébauche à minuit\n---\n\n## Radio\n\nÇa grésille.\n".encode(encoding))

    assert answer(sample("issue", "import", str(file), "--json"))["title"] == "Ébauche à minuit"


def test_an_edition_is_written_as_three_files(sample: Run, tmp_path: Path) -> None:
    issue = sample_issue(sample)

    assert sample("issue", "render", issue, "--out", str(tmp_path / "all")).exit_code == 0
    assert sample("issue", "render", issue, "--topics", "radio,bicycles", "--out", str(tmp_path / "two")).exit_code == 0

    every = {path.name: path.read_text() for path in (tmp_path / "all").iterdir()}
    two = {path.name: path.read_text() for path in (tmp_path / "two").iterdir()}
    assert set(every) == set(two) == {"edition.html", "edition.txt", "edition.mjml"}
    for name in every:
        assert "The mudflat choir" in every[name]
        assert "The mudflat choir" not in two[name]
        assert "Nine minutes of weather" in two[name]
    unknown = sample("issue", "render", issue, "--topics", "kelp", "--out", str(tmp_path / "none"))
    assert (unknown.exit_code, (tmp_path / "none").exists()) == (1, False)


def test_an_issue_is_checked_counted_launched_once_and_followed(sample: Run) -> None:
    issue = sample_issue(sample)
    assert json.loads(sample("issue", "check", issue, "--json").stdout)["blocking"] == 0
    editions = answer(sample("issue", "editions", issue, "--json"))
    assert editions["people"] == sum(each["people"] for each in editions["editions"])

    assert answer(sample("issue", "launch", issue, "--json"))["state"] == "launched"
    again = sample("issue", "launch", issue)
    assert again.exit_code == 1
    assert "already" in again.output
    assert answer(sample("issue", "status", issue, "--json"))["state"] == "launched"
    assert sample("issue", "pause", issue).exit_code == 0
    assert sample("issue", "resume", issue).exit_code == 0
    assert answer(sample("issue", "stop", issue, "--json"))["state"] == "cancelled"
    assert sample("issue", "stop", issue).exit_code == 1


def test_topics_are_made_renamed_and_hidden(sample: Run) -> None:
    assert answer(sample("topic", "add", "Kelp", "--description", "Forests below", "--json"))["slug"] == "kelp"
    assert sample("topic", "add", "kelp").exit_code == 1
    assert answer(sample("topic", "rename", "kelp", "Seaweed", "--json"))["name"] == "Seaweed"
    assert answer(sample("topic", "hide", "kelp", "--json"))["hidden"] is True
    assert answer(sample("topic", "show", "kelp", "--json"))["hidden"] is False
    assert sample("topic", "hide", "nothing").exit_code == 1
    described = answer(sample("topic", "describe", "kelp", "--rhythm", "weekly", "--json"))
    assert (described["description"], described["rhythm"]) == ("Forests below", "weekly")
    assert [topic["slug"] for topic in answer(sample("topic", "order", "kelp", "radio", "--json"))][:2] == [
        "kelp",
        "radio",
    ]
    assert sample("topic", "order", "nothing").exit_code == 1


def test_whoever_is_locked_out_gets_a_new_way_in(sample: Run) -> None:
    assert sample("way-in").exit_code == 1  # nobody has started the program yet, so there is no owner

    assert prepare(load()) is not None

    assert "/desk/way-in/" in answer(sample("way-in", "--json"))["link"]


def test_a_key_ring_tells_no_key_when_it_is_printed() -> None:
    ring = keys.make()

    assert not any(key in repr(ring) for key in (ring.session, ring.address, ring.vault, *ring.links))


def test_people_come_in_with_a_consent_and_never_against_their_will(sample: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email;name\nbo@example.org;Bo\nnot an address;X\nBO@example.org;Bo again\n")
    consent = ["--where", "at the fair", "--when", "2026-10-01", "--words", "Yes, send it to me"]

    dry = answer(sample("people", "import", str(file), "--dry-run", "--json"))
    assert {verdict: dry["verdicts"][verdict] for verdict in ("new", "bad", "twice")} == {
        "new": 1,
        "bad": 1,
        "twice": 1,
    }
    assert sample("people", "show", "bo@example.org").exit_code == 1
    assert sample("people", "import", str(file), "--where", "at the fair").exit_code == 2

    done = answer(sample("people", "import", str(file), "--topics", "radio", *consent, "--json"))
    assert done["came_in"] == 1
    bo = answer(sample("people", "show", "Bo@Example.org", "--json"))
    assert (bo["status"], bo["topics"]) == ("confirmed", ["radio"])
    assert bo["consents"][-1]["kind"] == "import"
    assert answer(sample("delivery", "show", "bo@example.org", "--json")) == []
    assert answer(sample("people", "add", "cy@example.org", *consent, "--json"))["status"] == "confirmed"
    assert sample("people", "add", "cy@example.org", *consent).exit_code == 1


def test_the_sample_goes_and_leaves_nothing(sample: Run) -> None:
    assert answer(sample("sample", "load", "--json"))["loaded"] is False
    assert answer(sample("sample", "remove", "--json"))["people"] == 200
    assert sample("issue", "list").exit_code == 1


def test_the_doctor_names_what_is_wrong(run: Run, sample: Run) -> None:
    result = sample("doctor", "--json")

    found = {look["what"]: look["ok"] for look in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert found["worker"] is False
    assert all(ok for what, ok in found.items() if what != "worker")


def test_a_new_key_ring_is_one_line_and_a_link_key_is_added(sample: Run, tmp_path: Path) -> None:
    assert keys.parse(sample("secret", "new").stdout).links
    before = keys.parse((tmp_path / "data" / keys.FILE).read_text())

    assert sample("secret", "new", "--links").exit_code == 0

    after = keys.parse((tmp_path / "data" / keys.FILE).read_text())
    assert after.links[:-1] == before.links
    assert (after.address, after.session) == (before.address, before.session)


@pytest.mark.parametrize("words", [["issue", "render", "x"], ["nothing"], ["issue", "launch"], ["run", "--port", "0"]])
def test_a_wrong_call_ends_with_2(run: Run, words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_an_unknown_issue_is_a_sentence(sample: Run) -> None:
    for verb in ("check", "editions", "status", "launch", "pause"):
        result = sample("issue", verb, "nothing")
        assert result.exit_code == 1
        assert "There is no issue “nothing”" in result.output
