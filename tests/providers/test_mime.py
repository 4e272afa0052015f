"""Mails as bytes, read back with the standard library."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails.filling import Template, fill
from newsletter.providers.mime import Mails, header, mailbox, single_line, wire_address
from tests.providers.worlds import HTML, TEXT, batch, recipient

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def read(source: bytes) -> EmailMessage:
    message = message_from_bytes(source, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def read_header(name: str, value: str) -> str:
    return str(read(header(name, value).encode() + b"\r\n")[name])


@given(html=st.lists(WORDS), text=st.lists(WORDS), name=WORDS)
def test_what_goes_in_comes_out(html: list[str], text: list[str], name: str) -> None:
    template = Template(subject=("S",), html=(*html, *HTML, *html), text=(*text, *TEXT, *text))
    one = recipient(1, name, template=template)

    message = read(Mails(batch([one], template)).write(one))

    plain, rich = message.iter_parts()
    said = fill(template, one.values)
    assert lines(rich.get_content()) == lines(said.html)
    assert lines(plain.get_content()) == lines(said.text)


def lines(words: str) -> str:
    return words.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


@given(subject=WORDS)
def test_a_mail_is_seven_bit_with_short_lines(subject: str) -> None:
    template = Template(subject=(subject,), html=HTML, text=TEXT)
    one = recipient(1, "Zoë 🦔" * 50, template=template)

    source = Mails(batch([one], template)).write(one)

    assert source.isascii()
    assert b"\n" not in source.replace(b"\r\n", b"")
    assert b"\r" not in source.replace(b"\r\n", b"")
    assert max(map(len, source.split(b"\r\n"))) <= 998


@given(st.text(max_size=300))
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    said = read_header("Subject", subject)

    assert " ".join(said.split()) == " ".join(single_line(subject).split())


@given(st.text())
def test_no_value_makes_a_second_header(value: str) -> None:
    """T-HDR-1."""
    written = header("X-Test", value)

    assert [line[:1] for line in written.split("\r\n")[1:-1] if line[:1] != " "] == []
    assert list(read(written.encode("utf-8", "surrogatepass") + b"\r\n").keys()) == ["X-Test"]


def test_a_long_link_is_never_encoded_or_broken() -> None:
    link = f"<https://news.example.org/u/{'x' * 400}>"

    assert header("List-Unsubscribe", link) == f"List-Unsubscribe: {link}\r\n"


def test_a_list_id_keeps_its_brackets_when_its_words_are_encoded() -> None:
    written = header("List-Id", "Kérbstone <kerbstone.news.example.org>")

    assert written.endswith(" <kerbstone.news.example.org>\r\n")
    assert "=?utf-8?" in written


@pytest.mark.parametrize("name", ["", "X Test", "X:Test", "X\r\n", "1X", "Ü", "X" * 100])
def test_a_name_that_is_none_is_our_own_mistake(name: str) -> None:
    """T-HDR-2."""
    with pytest.raises(ValueError, match="cannot be the name of a header"):
        header(name, "value")


@given(st.text(max_size=60))
def test_a_display_name_adds_no_address(name: str) -> None:
    """T-HDR-3."""
    written = header("From", mailbox(name, "news@example.org"))

    found = read(written.encode() + b"\r\n")["From"].addresses
    assert [one.addr_spec for one in found] == ["news@example.org"]


@given(st.text(max_size=60))
def test_what_is_taken_for_an_address_names_exactly_one_mailbox(typed: str) -> None:
    address = wire_address(f"{typed}@example.org")

    if address is not None:
        found = read(f"To: {address}\r\n\r\n".encode())["To"].addresses
        assert len(found) == 1


def test_the_same_mail_has_the_same_bytes_and_boundary() -> None:
    one, two = recipient(1), recipient(2)

    first, again = (Mails(batch([one])).write(one) for _ in range(2))

    assert first == again
    assert read(first).get_boundary() != read(Mails(batch([two])).write(two)).get_boundary()
