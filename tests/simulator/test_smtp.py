"""The SMTP simulator refuses mails that must never leave."""

import smtplib
import threading
from collections.abc import Iterator

import pytest

from newsletter.simulator.mailroom import Mailroom
from newsletter.simulator.smtp_server import Options, SmtpServer, serve_smtp

GOOD = b"""From: News <news@example.org>
To: ada@example.net
Subject: Hello
Date: Wed, 25 Nov 2026 09:00:00 +0000
Message-ID: <d-1@example.org>
List-Id: News <news.example.org>
List-Unsubscribe: <https://news.example.org/u/ada>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
X-Delivery: d-1

Hello
""".replace(b"\n", b"\r\n")


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer(Mailroom()) as opened:
        yield opened


def send(server: SmtpServer, mail: bytes, to: str = "ada@example.net") -> tuple[int, str]:
    with smtplib.SMTP("127.0.0.1", server.port, "test", timeout=5) as smtp:
        smtp.ehlo()
        smtp.mail("news@example.org")
        smtp.rcpt(to)
        code, words = smtp.data(mail)
    return code, words.decode()


def test_a_good_mail_is_taken(server: SmtpServer) -> None:
    code, words = send(server, GOOD)

    (mail,) = server.mailroom.mails()
    assert code == 250
    assert mail.provider_id in words
    assert (mail.delivery_id, mail.address, mail.text.strip()) == ("d-1", "ada@example.net", "Hello")


@pytest.mark.parametrize(
    ("mail", "problem"),
    [
        (GOOD.replace(b"To: ada@example.net", b"To: ada@example.net, bo@example.net"), "To does not name"),
        (GOOD.replace(b"To: ada@example.net", b"To: bo@example.net"), "To does not name"),
        (GOOD.replace(b"Subject:", b"Subject: a\r\nSubject:"), "exactly one Subject"),
        (GOOD.replace(b"Date: Wed, 25 Nov 2026 09:00:00 +0000\r\n", b""), "exactly one Date"),
        (GOOD.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""), "needs List-Unsubscribe-Post"),
        (GOOD.replace(b"<https:", b"<http:"), "no https link"),
        (GOOD + b"x" * 999 + b"\r\n", "longer than 998"),
        (GOOD + b"a\nb\r\n", "else than CRLF"),
    ],
)
def test_a_bad_mail_is_refused(server: SmtpServer, mail: bytes, problem: str) -> None:
    code, words = send(server, mail)

    assert code == 554
    assert problem in words
    assert server.mailroom.mails() == []


def test_a_link_that_belongs_to_somebody_else_is_refused(server: SmtpServer) -> None:
    send(server, GOOD)

    code, words = send(server, GOOD.replace(b"To: ada@", b"To: bo@"), "bo@example.net")

    assert code == 554
    assert "belongs to another reader" in words


def test_two_readers_never_share_a_message(server: SmtpServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, "test", timeout=5) as smtp:
        smtp.ehlo()
        smtp.mail("news@example.org")
        codes = [smtp.rcpt(to)[0] for to in ("ada@example.net", "bo@example.net")]

    assert codes == [250, 550]


def test_a_server_with_a_login_takes_nothing_without() -> None:
    options = Options(tls="starttls", login=("a", "b"))
    with (
        SmtpServer(Mailroom(), options=options) as server,
        smtplib.SMTP("127.0.0.1", server.port, "test", timeout=5) as smtp,
    ):
        smtp.ehlo()
        code, _ = smtp.mail("news@example.org")

    assert code == 530


def test_it_serves_until_it_is_stopped() -> None:
    stop = threading.Event()
    stop.set()

    serve_smtp(0, stop=stop)
