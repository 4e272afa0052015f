"""The outbox: one file a mail, a list that is quick, and no moment at which dying hurts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from newsletter.providers import outbox_index
from newsletter.providers.base import Answered, NotSent, Refused, Scope
from newsletter.providers.outbox import Outbox, OutboxProvider
from tests.providers.worlds import batch, recipient

NOON = 1_795_608_000_000_000_000  # 2026-11-25 12:00 UTC


@pytest.fixture
def provider(tmp_path: Path) -> OutboxProvider:
    ticks: Iterator[int] = count(NOON, 1_000_000_000)
    return OutboxProvider(tmp_path, clock=lambda: next(ticks))


def ids(outbox: Outbox, query: str = "", limit: int = 100) -> list[str]:
    return [entry.delivery_id for entry in outbox.list(limit, query=query).entries]


def test_a_mail_is_a_file_that_any_mail_program_opens(provider: OutboxProvider, tmp_path: Path) -> None:
    provider.send(batch([recipient(1)]))

    assert (tmp_path / "mails" / "d-1.eml").read_bytes().startswith(b"From: ")
    stored = Outbox(tmp_path).read("d-1")
    assert stored is not None
    assert stored.to == "reader1@example.net"
    assert stored.at == datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert ("X-Delivery", "d-1") in stored.headers
    assert "<p>Hello canary-1-name</p>" in stored.html
    assert "Hello canary-1-name," in stored.text
    assert stored.source == (tmp_path / "mails" / "d-1.eml").read_bytes()


def test_a_repeat_changes_nothing(provider: OutboxProvider, tmp_path: Path) -> None:
    people = batch([recipient(1), recipient(2)])
    first = provider.send(people)
    before = Outbox(tmp_path).read("d-1")

    again = provider.send(people)

    assert again == first
    assert Outbox(tmp_path).read("d-1") == before
    assert ids(Outbox(tmp_path)) == ["d-2", "d-1"]


def test_newest_come_first_and_pages_join(provider: OutboxProvider, tmp_path: Path) -> None:
    for number in range(25):
        provider.send(batch([recipient(number)]))
    outbox = Outbox(tmp_path)

    seen: list[str] = []
    page = outbox.list(10)
    while True:
        seen += [entry.delivery_id for entry in page.entries]
        if page.before is None:
            break
        page = outbox.list(10, before=page.before)

    assert seen == [f"d-{number}" for number in reversed(range(25))]
    assert outbox.count() == 25


def test_a_page_does_not_move_when_new_mails_come(provider: OutboxProvider, tmp_path: Path) -> None:
    provider.send(batch([recipient(number) for number in range(6)]))
    outbox = Outbox(tmp_path)
    first = outbox.list(3)

    provider.send(batch([recipient(9)]))

    assert [entry.delivery_id for entry in outbox.list(3, before=first.before).entries] == ["d-2", "d-1", "d-0"]


def test_a_mail_is_found_by_address_subject_tag_and_id(provider: OutboxProvider, tmp_path: Path) -> None:
    provider.send(batch([recipient(1, "ZOË"), recipient(2)], tag="welcome"))
    outbox = Outbox(tmp_path)

    assert ids(outbox, "READER2@example") == ["d-2"]
    assert ids(outbox, "zoë") == ["d-1"]
    assert ids(outbox, "welcome") == ["d-2", "d-1"]
    assert ids(outbox, "d-1") == ["d-1"]
    assert ids(outbox, "nobody") == []


def test_dying_between_the_list_and_the_file_leaves_no_trace_after_a_repeat(
    provider: OutboxProvider, tmp_path: Path
) -> None:
    """The line is there, the file is not; the repeat writes both."""
    line = outbox_index.Line(at=NOON - 5, delivery_id="d-1", to="reader1@example.net", subject="S", tag="")
    outbox_index.append(tmp_path / "index.tsv", [line])
    assert ids(Outbox(tmp_path)) == []

    provider.send(batch([recipient(1)]))

    assert ids(Outbox(tmp_path)) == ["d-1"]


def test_a_line_that_was_cut_hides_no_other(provider: OutboxProvider, tmp_path: Path) -> None:
    provider.send(batch([recipient(1)]))
    with (tmp_path / "index.tsv").open("ab") as file:
        file.write(b"17956080\td-9\tread")

    provider.send(batch([recipient(2)]))

    assert ids(Outbox(tmp_path)) == ["d-2", "d-1"]


def test_the_list_is_read_in_blocks(provider: OutboxProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_index, "_BLOCK", 64)  # shorter than a line
    provider.send(batch([recipient(number) for number in range(7)]))
    outbox = Outbox(tmp_path)

    page = outbox.list(4)

    assert [entry.delivery_id for entry in page.entries] == ["d-6", "d-5", "d-4", "d-3"]
    assert [entry.delivery_id for entry in outbox.list(4, before=page.before).entries] == ["d-2", "d-1", "d-0"]


def test_emptying_takes_everything_and_sending_goes_on(provider: OutboxProvider, tmp_path: Path) -> None:
    provider.send(batch([recipient(1), recipient(2)]))
    outbox = Outbox(tmp_path)

    assert outbox.clear() == 2
    assert ids(outbox) == []
    assert outbox.count() == 0

    provider.send(batch([recipient(1)]))
    assert ids(outbox) == ["d-1"]


def test_an_outbox_that_was_never_used_is_empty(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "nothing")

    assert list(outbox.list(10).entries) == []
    assert outbox.count() == 0
    assert outbox.clear() == 0
    assert outbox.read("d-1") is None


@pytest.mark.parametrize("delivery_id", ["../../etc/passwd", "a/b", "", ".", "x" * 65, "d\n1", "ü"])
def test_only_a_delivery_id_names_a_file(provider: OutboxProvider, tmp_path: Path, delivery_id: str) -> None:
    odd = recipient(1)
    people = batch([type(odd)(delivery_id=delivery_id, address=odd.address, headers=odd.headers, values=odd.values)])

    answer = provider.send(people)

    assert isinstance(answer, Answered)
    assert isinstance(answer.results[0], Refused)
    assert answer.results[0].scope is Scope.MESSAGE
    assert provider.find(delivery_id) is False
    assert Outbox(tmp_path).read(delivery_id) is None


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    provider = OutboxProvider(tmp_path / "file")

    answer = provider.send(batch([recipient(1)]))
    (problem,) = provider.check()

    assert isinstance(answer, NotSent)
    assert "cannot be written" in answer.words
    assert "choose another data folder" in problem.mend


def test_the_outbox_says_that_nothing_leaves(provider: OutboxProvider) -> None:
    assert provider.facts.sends_really is False
