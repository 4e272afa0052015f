"""The Postmark simulator refuses what Postmark would refuse, and what must never leave at all."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from newsletter.simulator.mailroom import Mailroom
from newsletter.simulator.postmark import Postmark
from newsletter.simulator.postmark_rules import Refusal, Server, read
from newsletter.simulator.postmark_server import PostmarkServer, serve_postmark

Message = dict[str, Any]


def message(**changes: Any) -> Message:
    """A message that is good to go, with some fields changed; None takes a field out."""
    good: Message = {
        "From": "News <news@example.org>",
        "To": "ada@example.net",
        "Subject": "Hello",
        "HtmlBody": "<p>Hello</p>",
        "TextBody": "Hello",
        "MessageStream": "broadcast",
        "Metadata": {"delivery": "d-1"},
        "TrackOpens": False,
        "Headers": headers("https://news.example.org/u/ada"),
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def headers(link: str = "", **more: str) -> list[dict[str, str]]:
    pair = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if link else {}
    return [{"Name": name, "Value": value} for name, value in {**pair, **more}.items()]


LINK = "https://news.example.org/u/ada"
BAD = [
    (message(Too="ada@example.net"), 403),
    (message(Cc="bo@example.net"), 403),
    (message(TrackOpens="false"), 403),
    (message(TrackLinks="Nothing"), 403),
    (message(Subject=7), 403),
    (message(To="ada@example.net, bo@example.net"), 300),
    (message(To="zoë@example.net"), 300),
    (message(To="ada@example.net\r\nBcc: bo@example.net"), 300),
    (message(To=None), 300),
    (message(From="nobody"), 300),
    (message(HtmlBody=None, TextBody=None), 300),
    (message(HtmlBody="x" * (5 << 20) + "x"), 300),
    (message(Subject="one\r\ntwo"), 300),
    (message(Tag="x" * 1001), 300),
    (message(Metadata={"delivery": 7}), 300),
    (message(Metadata={"a": "", "A": ""}), 300),
    (message(Metadata=[]), 300),
    (message(MessageStream="nowhere"), 1235),
    (message(MessageStream="inbound"), 1236),
    (message(Headers="X: y"), 403),
    (message(Headers=[{"Name": "X"}]), 403),
    (message(Headers=headers(LINK, **{"X Y": "z"})), 300),
    (message(Headers=headers(LINK, X="a\nb")), 300),
    (message(Headers=headers(LINK, Date="now")), 300),
    (message(Headers=headers(LINK, **{"list-unsubscribe": "x"})), 300),
    (message(Headers=[]), 300),
    (message(Headers=headers("http://news.example.org/u/ada")), 300),
    ("text", 402),
]


@pytest.mark.parametrize(("item", "code"), BAD, ids=range(len(BAD)))
def test_a_bad_message_is_refused(item: Any, code: int) -> None:
    with pytest.raises(Refusal) as caught:
        read(item, Server())

    assert caught.value.code == code


def test_a_letter_needs_no_one_click_pair() -> None:
    assert read(message(MessageStream="outbound", Headers=[]), Server()).link is None


@pytest.fixture
def server() -> Iterator[PostmarkServer]:
    with PostmarkServer(Postmark(Mailroom())) as opened:
        yield opened


def post(server: PostmarkServer, body: Any, path: str = "/email/batch", **changes: str) -> requests.Response:
    sent = {
        "X-Postmark-Server-Token": server.postmark.server.token,
        "Accept": "application/json",
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return requests.post(server.url + path, data=json.dumps(body), headers=sent, timeout=5)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"X_Postmark_Server_Token": "wrong"}, 401), ({"Accept": "*/*"}, 415), ({"Content_Type": "text/plain"}, 415)],
)
def test_a_call_needs_its_headers(server: PostmarkServer, changes: dict[str, str], status: int) -> None:
    assert post(server, [message()], **changes).status_code == status
    assert server.postmark.mailroom.mails() == []


@pytest.mark.parametrize(("body", "code"), [({}, 402), ([], 410), ([message()] * 501, 410)])
def test_a_batch_has_its_shape(server: PostmarkServer, body: Any, code: int) -> None:
    answer = post(server, body)

    assert answer.status_code == 422
    assert answer.json()["ErrorCode"] == code


def test_a_link_that_belongs_to_somebody_else_is_refused(server: PostmarkServer) -> None:
    first, second = post(server, [message(), message(To="bo@example.net")]).json()

    assert first["ErrorCode"] == 0
    assert "belongs to another recipient" in second["Message"]


def test_a_single_message_is_refused_with_422(server: PostmarkServer) -> None:
    assert post(server, message(), "/email").json()["ErrorCode"] == 0
    assert post(server, message(To="nobody"), "/email").status_code == 422


def test_ids_come_in_the_order_of_the_messages(server: PostmarkServer) -> None:
    server.postmark.server.inactive.add("ada@example.net")
    link = headers("https://news.example.org/u/bo")

    refused, taken = post(server, [message(), message(To="bo@example.net", Headers=link)]).json()

    assert refused["ErrorCode"] == 406
    assert "To" not in refused
    assert taken["MessageID"] == server.postmark.mailroom.mails()[0].provider_id


def test_tests_may_look_and_give_orders_over_http(server: PostmarkServer) -> None:
    def order(path: str, words: Any) -> int:
        return requests.post(f"{server.url}/simulator/{path}", data=json.dumps(words), timeout=5).status_code

    def look(path: str) -> Any:
        return requests.get(f"{server.url}/simulator/{path}", timeout=5).json()

    assert order("faults", ["status=503"]) == 200
    assert post(server, [message()]).status_code == 503
    assert order("faults", ["nonsense"]) == 400
    assert order("inactive", ["Bo@example.net"]) == 200
    post(server, [message()])
    post(server, [message()])
    assert look("counts")["duplicates"] == 1
    assert look("duplicates") == [{"delivery": "d-1", "address": "ada@example.net", "times": 2}]
    assert look("mails?address=ada@example.net&limit=1")[0]["subject"] == "Hello"
    assert order("reset", []) == 200
    assert look("counts")["mails"] == 0
    assert order("nowhere", []) == 404


@pytest.mark.parametrize("query", ["", "count=1", "offset=0", "count=x&offset=0"])
def test_a_search_needs_count_and_offset(server: PostmarkServer, query: str) -> None:
    sent = {"X-Postmark-Server-Token": server.postmark.server.token, "Accept": "application/json"}

    assert requests.get(f"{server.url}/messages/outbound?{query}", headers=sent, timeout=5).status_code == 422


def test_it_serves_until_it_is_stopped() -> None:
    stop = threading.Event()
    stop.set()

    serve_postmark(0, stop=stop)
