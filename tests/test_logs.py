"""Nothing in the log tells who somebody is or opens anything."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import keys, links
from newsletter.links import Purpose
from newsletter.logs import FORM, Formatter, redact

RING = keys.make()


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ("sent to ada.reader@example.org", "sent to a***@example.org"),
        ("<zoë@exämple.org>, bo@example.net", "<z***@exämple.org>, b***@example.net"),
        ("redis://:s3cret@broker.example.net:6379/0", "redis://***@broker.example.net:6379/0"),
        ("postgresql://app:pa55@db.example.net/news", "postgresql://***@db.example.net/news"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("'X-Postmark-Server-Token': 'b7a1-x'", "'X-Postmark-Server-Token': '***'"),
        ("password=hunter2&name=x", "password=***&name=x"),
        ("GET /p/AQABzQEBgICAgBBB4mZz9c8s7VbDkz0Ab HTTP/1.1", "GET /p/AQAB… HTTP/1.1"),
        ("chunk 17 of issue 4 waits 5 s", "chunk 17 of issue 4 waits 5 s"),
        ("newsletter.delivery.sending", "newsletter.delivery.sending"),
        ("test_a_chunk_in_doubt_is_not_sent_again", "test_a_chunk_in_doubt_is_not_sent_again"),
    ],
)
def test_a_line_is_logged_without_addresses_and_secrets(line: str, logged: str) -> None:
    assert redact(line) == logged


@given(st.lists(st.integers(0, 2**42), min_size=1, max_size=3), st.sampled_from(list(Purpose)))
def test_s_75_no_link_of_ours_survives_in_a_log(ids: list[int], purpose: Purpose) -> None:
    token = links.make(RING, purpose, *ids)

    assert token not in redact(f"no such page: /u/{token}?x=1 ({token})")


def _refuse(address: str) -> None:
    raise ValueError(f"no mailbox {address}")


def test_s_75_a_traceback_is_redacted_too() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Formatter(FORM))
    log = logging.getLogger("canary")
    log.addHandler(handler)

    try:
        _refuse("ada.reader@example.org")
    except ValueError:
        log.exception("could not send to %s", "ada.reader@example.org")
    log.removeHandler(handler)

    assert "ada.reader" not in written.getvalue()
    assert "ValueError: no mailbox a***@example.org" in written.getvalue()
