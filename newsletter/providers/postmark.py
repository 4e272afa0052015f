"""Postmark: batches of full messages.

Source: its developer guide on sending batches, error codes, message streams and the messages API.
It knows no idempotency key; an answer that was lost is looked for by our delivery id in its metadata.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emails.filling import Slot, Template, join
from newsletter.providers import postmark_check, postmark_codes
from newsletter.providers.base import (
    Answer,
    Answered,
    Batch,
    Doubt,
    Facts,
    Lost,
    NotSent,
    OnResult,
    Problem,
    Recipient,
    Refused,
    Rejected,
    Result,
    Scope,
    Shape,
    Unclear,
)
from newsletter.providers.http import Client, Limits, Reply
from newsletter.providers.mime import mailbox, single_line, wire_address
from newsletter.providers.statuses import meaning

BASE_URL = "https://api.postmarkapp.com"

FACTS = Facts(
    name="postmark",
    title="Postmark",
    doubt=Doubt.SEARCHABLE,
    shape=Shape.FULL,
    max_recipients=500,
    max_bytes=8 << 20,  # it takes 50 MB; smaller bodies are out within the time for writing
)

_NOT_OURS_TO_SET = {"date"}  # Postmark writes its own
_ADDRESS_OF_ONE = "This is not an address that a mail can be sent to."


class PostmarkProvider:
    """Sends through one Postmark server: issues on a broadcast stream, letters on a transactional one.

    `base_url` and `doubt` differ from the real ones only for a simulator on this machine.
    """

    def __init__(
        self,
        token: str,
        stream: str = "broadcast",
        letter_stream: str = "outbound",
        *,
        base_url: str = BASE_URL,
        doubt: Doubt = Doubt.SEARCHABLE,
        limits: Limits | None = None,
    ) -> None:
        self.facts = replace(FACTS, doubt=doubt, key_lifetime_s=86_400 if doubt is Doubt.KEYED else 0)
        self._stream = stream
        self._letter_stream = letter_stream
        headers = {
            "X-Postmark-Server-Token": token,
            "Accept": "application/json",
            "User-Agent": "newsletter",
        }
        self._client = Client(base_url, headers, hide=[token], limits=limits or Limits())
        self._built: tuple[Batch, Request] | None = None

    def size(self, batch: Batch) -> int:
        return sum(map(len, self._request(batch).pieces))

    def digest(self, batch: Batch) -> str:
        total = hashlib.sha256()
        for piece in self._request(batch).pieces:
            total.update(piece)
        return total.hexdigest()

    def send(self, batch: Batch, on_result: OnResult | None = None) -> Answer:
        request = self._request(batch)
        self._built = None
        if not request.sent:
            return Answered(results=[request.refused[at] for at in range(len(batch.recipients))])
        headers = {"Content-Type": "application/json"}
        if self.facts.doubt is Doubt.KEYED:
            headers["Idempotency-Key"] = batch.key
        reply = self._client.post("/email/batch", request.pieces, headers)
        if not isinstance(reply, Reply):
            return reply
        answer = read(reply, len(request.sent), self._client.mask)
        if not isinstance(answer, Answered):
            return answer
        results = request.in_order(answer.results)
        for position, result in enumerate(results):
            if on_result:
                on_result(position, result)
        return replace(answer, results=results)

    def find(self, delivery_id: str) -> bool | None:
        """Whether Postmark has a message with our id in its metadata. New ones may take minutes to be found."""
        if self.facts.doubt is not Doubt.SEARCHABLE:
            return None
        asked = {"count": "1", "offset": "0", "metadata_delivery": delivery_id}
        reply = self._client.get("/messages/outbound", asked)
        if not isinstance(reply, Reply) or reply.status != 200:
            return None
        found = _json(reply.body)
        count = found.get("TotalCount") if isinstance(found, dict) else None
        return count > 0 if isinstance(count, int) else None

    def check(self) -> Sequence[Problem]:
        return postmark_check.problems(self._client, self._stream, self._letter_stream)

    def close(self) -> None:
        self._client.close()

    def _request(self, batch: Batch) -> "Request":
        """The request for `batch`; the last one is kept, because its size is asked for before it is sent."""
        if self._built is None or self._built[0] is not batch:
            stream = self._letter_stream if batch.letter else self._stream
            self._built = (batch, build(batch, stream))
        return self._built[1]


def read(reply: Reply, asked: int, mask: postmark_codes.Mask) -> Answer:
    """What a reply to a call with `asked` messages says of them."""
    answer, status = _json(reply.body), reply.status
    if 200 <= status < 300:
        if not (reply.whole_request and isinstance(answer, list) and len(answer) <= asked):
            return Lost(words="Postmark took the call, but its answer cannot be read.", status=status)
        results = [postmark_codes.result(item, mask) for item in answer]
        missing = Unclear(words="Postmark’s answer does not name this mail.")
        return _whole(results + [missing] * (asked - len(results)), status)
    if status == 422:
        return postmark_codes.rejected(answer, mask, status)
    named = isinstance(answer, dict) and "Message" in answer
    words = postmark_codes.words(answer, mask) if named else f"Postmark answered {status} and gave no reason."
    if status >= 500 and not reply.whole_request:
        return NotSent(words=words, status=status)
    return meaning(status, reply.headers, words, says_503_when_not_taken=True)


def _whole(results: list[Result], status: int) -> Answer:
    """An account's fault that every mail met is said once, for the whole call."""
    first = results[0]
    if isinstance(first, Refused) and first.scope is Scope.ACCOUNT and all(r == first for r in results):
        return Rejected(scope=first.scope, reason=first.reason, words=first.words, status=status)
    return Answered(results=results, status=status)


@dataclass(frozen=True, slots=True)
class Request:
    """A body in pieces. `sent` are positions of the batch that are in it, `refused` those that cannot be."""

    pieces: Sequence[bytes]
    sent: Sequence[int]
    refused: Mapping[int, Result]

    def in_order(self, results: Sequence[Result]) -> list[Result]:
        """The answers to what was sent, with the refused ones in their places."""
        answers = {**self.refused, **dict(zip(self.sent, results, strict=True))}
        return [answers[position] for position in range(len(answers))]


def build(batch: Batch, stream: str) -> Request:
    bodies = _Bodies(batch.template)
    sent: list[int] = []
    refused: dict[int, Result] = {}
    pieces: list[bytes] = []
    for position, recipient in enumerate(batch.recipients):
        address = wire_address(recipient.address)
        if address is None or not address.isascii():
            refused[position] = _not_here(address)
            continue
        head = _json_bytes(_head(batch, recipient, address, stream))
        pieces += [(b"," if sent else b"[") + head[:-1], bodies.of(recipient.values)]
        sent.append(position)
    return Request([*pieces, b"]"], sent, refused)


class _Bodies:
    """HTML and text as the end of a message's JSON. What is the same for all is escaped only once."""

    def __init__(self, template: Template) -> None:
        self._pieces: list[bytes | Slot] = []
        for name, pieces in (("HtmlBody", template.html), ("TextBody", template.text)):
            self._pieces.append(f',"{name}":"'.encode())
            self._pieces += [piece if isinstance(piece, Slot) else _escaped(piece) for piece in pieces]
            self._pieces.append(b'"')
        self._pieces.append(b"}")

    def of(self, values: Mapping[str, str]) -> bytes:
        return b"".join(p if isinstance(p, bytes) else _escaped(values[p.key]) for p in self._pieces)


def _escaped(words: str) -> bytes:
    return _json_bytes(words)[1:-1]


def _json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _not_here(address: str | None) -> Refused:
    if address is None:
        return Refused(scope=Scope.RECIPIENT, reason="invalid_address", words=_ADDRESS_OF_ONE)
    words = "Postmark cannot mail addresses with letters beyond ASCII before the @."
    return Refused(scope=Scope.RECIPIENT, reason="unsupported_address", words=words)


def _head(batch: Batch, recipient: Recipient, address: str, stream: str) -> dict[str, Any]:
    """A message without its bodies."""
    headers = {
        name: value
        for name, value in {**batch.headers, **recipient.headers}.items()
        if name.lower() not in _NOT_OURS_TO_SET
    }
    if any(name.lower() == "message-id" for name in headers):
        headers["X-PM-KeepID"] = "true"
    head: dict[str, Any] = {
        "From": mailbox(batch.sender.name, batch.sender.address),
        "To": address,
        "ReplyTo": batch.sender.reply_to,
        "Subject": single_line(join(batch.template.subject, recipient.values)),
        "MessageStream": stream,
        "Tag": batch.tag,
        "Metadata": {"delivery": recipient.delivery_id},
        "TrackOpens": False,
        "TrackLinks": "None",
        "Headers": [{"Name": name, "Value": single_line(value)} for name, value in headers.items()],
    }
    return {name: value for name, value in head.items() if value not in ("", None)}


def _json(body: bytes) -> Any:
    """What the body says; None when it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
