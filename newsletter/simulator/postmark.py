"""The Postmark simulator: its API as far as a newsletter uses it, without HTTP (that is `postmark_server`)."""

import itertools
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from newsletter.clock import now
from newsletter.simulator.mailroom import Mailroom, Taken
from newsletter.simulator.postmark_rules import LARGEST_CALL, MOST_MESSAGES, Refusal, Server, read

PROFILES = ("keyed", "searchable", "plain")
_TEST_TOKEN = "POSTMARK_API_TEST"  # noqa: S105 -- Postmark's public word for trying a call out

Answer = tuple[int, Any]  # status and what its JSON body says


@dataclass(frozen=True, slots=True)
class Call:
    """A POST as it came. Header names are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Postmark:
    """One server at Postmark.

    `profile` is what can be learnt about a call whose answer was lost: `searchable` as with the real one, `plain`
    without a search, `keyed` with a memory of Idempotency-Key. `lag_s` is how long a mail hides from the search.
    """

    def __init__(self, mailroom: Mailroom, *, profile: str = "searchable", lag_s: float = 0.0) -> None:
        self.server = Server()
        self.mailroom = mailroom
        self.profile = profile
        self.lag_s = lag_s
        self._keys: dict[str, tuple[int, Answer]] = {}
        self._keys_lock = Lock()
        self._numbers = itertools.count(1)

    def send(self, call: Call, *, takes: bool = True, refuse: Sequence[int] = ()) -> Answer:
        """Answer a send. `takes` False: everything is checked and nothing taken; `refuse`: positions turned away."""
        self.mailroom.requests += 1
        try:
            items = self._open(call)
        except Refusal as refusal:
            return _status(refusal), _error(refusal)
        key = call.headers.get("idempotency-key", "") if self.profile == "keyed" else ""
        if not key:
            return self._post(call, items, takes=takes, refuse=refuse)
        with self._keys_lock:
            body = hash(call.body)
            known = self._keys.get(key)
            if known and known[0] != body:
                return 409, {"ErrorCode": 409, "Message": "This key was used with another body."}
            answer = known[1] if known else self._post(call, items, takes=takes, refuse=refuse)
            if takes:
                self._keys[key] = (body, answer)
            return answer

    def get(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Answer a question: the server, its streams, or a search by metadata."""
        try:
            self._authorise(headers)
        except Refusal as refusal:
            return _status(refusal), _error(refusal)
        if path == "/server":
            server = self.server
            return 200, {
                "ID": 1,
                "Name": "simulator",
                "DeliveryType": server.delivery_type,
                "TrackOpens": server.track_opens,
            }
        if path == "/message-streams":
            return 200, self._streams()
        if path == "/messages/outbound" and self.profile == "searchable":
            return self._search(query)
        return 404, {"ErrorCode": 0, "Message": "There is no such thing."}

    def _open(self, call: Call) -> list[Any]:
        self._authorise(call.headers)
        if call.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refusal(409, "JSON required: Content-Type must be application/json.")
        if len(call.body) > LARGEST_CALL:
            raise Refusal(-413, "The body is larger than 50 MB.")
        try:
            items = json.loads(call.body)
        except ValueError as error:
            raise Refusal(402, "Received invalid JSON input.") from error
        if not isinstance(items, list):
            if call.path == "/email":
                return [items]
            raise Refusal(402, "A batch must be an array.")
        if not 1 <= len(items) <= MOST_MESSAGES:
            raise Refusal(410, f"A batch has 1 to {MOST_MESSAGES} messages, not {len(items)}.")
        return items

    def _authorise(self, headers: Mapping[str, str]) -> None:
        if headers.get("x-postmark-server-token") not in (self.server.token, _TEST_TOKEN):
            raise Refusal(10, "No Account or Server API tokens were supplied in the HTTP headers.")
        if "application/json" not in headers.get("accept", ""):
            raise Refusal(409, "JSON required: Accept must name application/json.")

    def _post(self, call: Call, items: list[Any], *, takes: bool, refuse: Sequence[int]) -> Answer:
        request = call.headers.get("x-request-id") or f"r-{next(self._numbers)}"
        test = call.headers["x-postmark-server-token"] == _TEST_TOKEN
        taken: list[Taken] = []
        answers = []
        for position, item in enumerate(items):
            try:
                if position in refuse:
                    raise Refusal(300, "Invalid 'To' address: refused by the script.")  # noqa: TRY301
                mail = self._mail(item, request)
            except Refusal as refusal:
                answers.append(_error(refusal))
                continue
            taken.append(mail)
            answers.append(_accepted(mail, item["To"], test=test))
        if takes and not test:
            self.mailroom.take(taken, time.monotonic())
        if call.path == "/email":
            return (200 if taken else 422), answers[0]
        return 200, answers

    def _mail(self, item: Any, request: str) -> Taken:
        message = read(item, self.server)
        if message.link and self.mailroom.owner_of_link(message.link, message.address) != message.address:
            raise Refusal(300, "This List-Unsubscribe link belongs to another recipient.")
        return Taken(
            request=request,
            provider_id=str(uuid.uuid4()),
            delivery_id=item.get("Metadata", {}).get("delivery", ""),
            sender=item["From"],
            address=message.address,
            subject=item.get("Subject", ""),
            headers=message.headers,
            html=item.get("HtmlBody", ""),
            text=item.get("TextBody", ""),
            stream=message.stream,
            tag=item.get("Tag", ""),
        )

    def _streams(self) -> Any:
        handling = {"UnsubscribeHandlingType": self.server.unsubscribe_handling}
        streams = [
            {"ID": name, "MessageStreamType": kind, "SubscriptionManagementConfiguration": handling}
            for name, kind in self.server.streams.items()
        ]
        return {"MessageStreams": streams, "TotalCount": len(streams)}

    def _search(self, query: Mapping[str, str]) -> Answer:
        if not (query.get("count", "").isdecimal() and query.get("offset", "").isdecimal()):
            return 422, {"ErrorCode": 300, "Message": "'count' and 'offset' are required."}
        taken_at = self.mailroom.times.get(query.get("metadata_delivery", ""))
        there = taken_at is not None and time.monotonic() - taken_at >= self.lag_s
        messages = [{"Metadata": {"delivery": query.get("metadata_delivery")}}] if there else []
        return 200, {"TotalCount": len(messages), "Messages": messages}


def _accepted(mail: Taken, to: str, *, test: bool) -> dict[str, Any]:
    return {
        "ErrorCode": 0,
        "Message": "Test job accepted" if test else "OK",
        "MessageID": mail.provider_id,
        "SubmittedAt": now().isoformat(),
        "To": to,
    }


def _error(refusal: Refusal) -> dict[str, Any]:
    return {"ErrorCode": max(refusal.code, 0), "Message": refusal.words}


def _status(refusal: Refusal) -> int:
    return {10: 401, 409: 415, -413: 413}.get(refusal.code, 422)
