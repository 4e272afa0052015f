"""What was taken is known exactly, in memory and in the witness file."""

from pathlib import Path

from newsletter.simulator.mailroom import Mailroom, Taken, read_witness


def mail(number: int, request: str = "r-1") -> Taken:
    return Taken(
        request=request,
        provider_id=f"m-{number}",
        delivery_id=f"d-{number}",
        sender="news@example.org",
        address=f"reader{number}@example.net",
        subject="News",
        headers={"message-id": f"<d-{number}@example.org>", "X-Other": "x"},
        html="<p>Hello</p>",
        text="Hello",
    )


def test_a_second_copy_is_counted(tmp_path: Path) -> None:
    room = Mailroom(tmp_path / "witness")
    room.take([mail(1), mail(2)], 0.0)
    room.take([mail(1, "r-2")], 1.0)

    assert room.counts() == {"requests": 0, "mails": 3, "deliveries": 2, "addresses": 2, "duplicates": 1}
    assert room.duplicates() == [{"delivery": "d-1", "address": "reader1@example.net", "times": 2}]


def test_the_witness_has_a_line_a_mail_and_outlives_the_memory(tmp_path: Path) -> None:
    room = Mailroom(tmp_path / "witness", keep=1)
    room.take([mail(1), mail(2)], 0.0)
    room.clear()

    first, second = read_witness(tmp_path / "witness")
    assert (first["delivery"], first["address"], first["request"]) == ("d-1", "reader1@example.net", "r-1")
    assert first["headers"] == {"Message-ID": "<d-1@example.org>"}
    assert first["digest"] == second["digest"] == mail(1).digest
    assert room.counts()["mails"] == 0


def test_a_line_that_was_cut_is_no_witness(tmp_path: Path) -> None:
    room = Mailroom(tmp_path / "witness")
    room.take([mail(1)], 0.0)
    with (tmp_path / "witness").open("a") as file:
        file.write('{"delivery": "d-2"')

    assert [line["delivery"] for line in read_witness(tmp_path / "witness")] == ["d-1"]
    assert read_witness(tmp_path / "nothing") == []


def test_only_the_newest_mails_are_kept_whole() -> None:
    room = Mailroom(keep=2)
    room.take([mail(number) for number in range(5)], 0.0)

    assert [kept.delivery_id for kept in room.mails()] == ["d-4", "d-3"]
    assert room.counts()["mails"] == 5
    assert room.mails(address="reader3@example.net") == [mail(3)]
