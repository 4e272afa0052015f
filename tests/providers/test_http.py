"""The one place that speaks HTTP: its bounds in time, what it says of a broken call, and what it never says."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.providers.base import Lost, NotSent, Rejected, Scope
from newsletter.providers.http import Client, Limits, Reply
from newsletter.providers.statuses import LONGEST_WAIT_S, masked, meaning, retry_after

QUICK = Limits(connect_s=1, reach_s=2, write_s=0.3, first_byte_s=0.3, total_s=0.6)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does as it is told with each connection; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(2)


def answer(connection: socket.socket) -> None:
    """Read one request to its end, then answer."""
    request = b""
    while not request.endswith(b"END" if request.startswith(b"POST") else b"\r\n\r\n"):
        more = connection.recv(65_536)
        if not more:
            return
        request += more
    connection.sendall(ANSWER)


def drip_headers(connection: socket.socket) -> None:
    connection.recv(65_536)
    for byte in ANSWER * 100:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            return
        time.sleep(0.02)


def post(url: str, pieces: list[bytes], limits: Limits = QUICK) -> Reply | NotSent | Lost:
    client = Client(url, {}, limits=limits)
    try:
        return client.post("/", pieces, {})
    finally:
        client.close()


def test_an_answer_comes_back() -> None:
    with server(answer) as url:
        reply = post(url, [b"a", b"END"])

    assert isinstance(reply, Reply)
    assert (reply.status, reply.body, reply.whole_request) == (200, b"OK", True)


def test_headers_that_come_byte_by_byte_cannot_hold_a_call_for_ever() -> None:
    began = time.monotonic()
    with server(drip_headers) as url:
        reply = post(url, [b"a"])

    assert isinstance(reply, Lost)
    assert "within 1 seconds" in reply.words
    assert time.monotonic() - began < 2


def test_an_answer_beyond_all_measure_is_not_read() -> None:
    def flood(connection: socket.socket) -> None:
        connection.recv(65_536)
        with_length = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
        try:
            connection.sendall(with_length + b"x" * (5 << 20))
        except OSError:
            return

    with server(flood) as url:
        assert isinstance(post(url, [b"a"]), Lost)


def test_a_connection_is_used_again_while_it_is_fresh() -> None:
    connections = []

    def twice(connection: socket.socket) -> None:
        connections.append(1)
        for _ in range(2):
            answer(connection)

    with server(twice) as url:
        client = Client(url, {}, limits=QUICK)
        first, second = client.get("/", {}), client.get("/", {})
        client.close()

    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert len(connections) == 1


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_it_begins() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def greet(connection: socket.socket) -> None:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            return

    with server(greet) as url:
        reply = post(url.replace("http:", "https:"), [b"secret"])

    assert isinstance(reply, NotSent)


def test_settings_of_the_environment_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with server(answer) as url:
        assert isinstance(post(url, [b"END"]), Reply)


def test_words_hold_no_address_and_no_secret() -> None:
    client = Client("http://127.0.0.1:1", {}, hide=["s3cret"])

    said = client.mask("Token s3cret of ada@example.org\r\nis <bo@example.net> wrong")

    assert said == "Token [secret] of [address]  is <[address]> wrong".replace("  ", " ")


@given(st.text())
def test_masked_words_are_one_short_line(words: str) -> None:
    said = masked(words + "ada@example.org" + words)

    assert len(said) <= 500
    assert said.isprintable() or not said.isascii()
    assert "\n" not in said
    assert "ada@" not in said


@given(st.text())
def test_no_retry_after_makes_us_wait_longer_than_six_hours(value: str) -> None:
    wait_s = retry_after({"Retry-After": value})

    assert wait_s is None or 0 <= wait_s <= LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("", None),
        ("120", 120),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("99999999999999999999", LONGEST_WAIT_S),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("٣", None),
        ("Wed, 25 Nov 2026 09:00:30 GMT", 30),
        ("Wed, 25 Nov 2026 08:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_S),
        ("Wed, 99 Nov 2026 09:00:30 GMT", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str, wait_s: float | None) -> None:
    assert retry_after({"Retry-After": value, "Date": "Wed, 25 Nov 2026 09:00:00 GMT"}) == wait_s


@pytest.mark.parametrize(
    ("status", "expected"),
    [(301, Lost), (408, Lost), (409, Lost), (500, Lost), (502, Lost), (503, Lost), (504, Lost), (599, Lost),
     (429, NotSent), (400, Rejected), (401, Rejected), (402, Rejected), (403, Rejected), (413, Rejected)],
)  # fmt: skip
def test_a_status_says_only_what_is_sure(status: int, expected: type[Lost | NotSent | Rejected]) -> None:
    assert type(meaning(status, {"Retry-After": "5"}, "said")) is expected


def test_503_means_not_taken_only_where_the_provider_says_so_and_when() -> None:
    assert isinstance(meaning(503, {}, "", says_503_when_not_taken=True), Lost)
    assert isinstance(meaning(503, {"Retry-After": "5"}, "", says_503_when_not_taken=True), NotSent)


@pytest.mark.parametrize(("status", "scope"), [(401, Scope.ACCOUNT), (402, Scope.ACCOUNT), (413, Scope.BATCH)])
def test_who_has_to_act(status: int, scope: Scope) -> None:
    answer_ = meaning(status, {}, "said")

    assert isinstance(answer_, Rejected)
    assert answer_.scope is scope
