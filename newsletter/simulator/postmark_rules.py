"""What Postmark would say to a message, and some things that it would let pass and we do not.

Stricter than the real one on purpose: an unknown field, an address that names two people, a broadcast without the
one-click pair of RFC 8058 or with another reader's link must fail here, before it fails in the world.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import Any

STREAMS = {"outbound": "Transactional", "broadcast": "Broadcasts", "inbound": "Inbound"}
LARGEST_CALL = 50 << 20
MOST_MESSAGES = 500
_LARGEST_BODY = 5 << 20

_TEXT = {"From", "To", "ReplyTo", "Subject", "HtmlBody", "TextBody", "MessageStream", "Tag", "TrackLinks"}
_FIELDS = {*_TEXT, "Metadata", "Headers", "TrackOpens"}
_MAILBOX = re.compile(r"[a-z0-9.!#$%&'`*+\-/=^_{}|~]+@(\.?[a-z0-9-])+", re.IGNORECASE | re.ASCII)
_HEADER_NAME = re.compile(r"[!-9;-~]{1,126}")
_RESERVED = {
    *("bcc", "cc", "content-transfer-encoding", "content-type", "date", "dkim-signature", "from", "mime-version"),
    *("received", "reply-to", "return-path", "sender", "subject", "to"),
}
_ONE_CLICK = "List-Unsubscribe=One-Click"
_LINK = re.compile(r"<(https://[^<>\s]+)>")


class Refusal(Exception):
    """A message that is not taken, with Postmark's code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass
class Server:
    """The settings of one Postmark server."""

    token: str = "00000000-0000-4000-8000-000000000000"  # noqa: S105 -- of a simulator
    streams: dict[str, str] = field(default_factory=lambda: dict(STREAMS))
    inactive: set[str] = field(default_factory=set)
    sender_domains: set[str] | None = None  # None: any
    unsubscribe_handling: str = "Custom"
    delivery_type: str = "Live"
    track_opens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that is good to go."""

    sender: str
    address: str
    stream: str
    headers: Mapping[str, str]
    link: str | None  # the one-click link, on a broadcast


def read(item: Any, server: Server) -> Message:
    """Check one message. Raises Refusal."""
    if not isinstance(item, dict):
        raise Refusal(402, "A message must be an object.")
    _shape(item)
    sender = _mailbox(item, "From")
    if server.sender_domains is not None and sender.partition("@")[2] not in server.sender_domains:
        raise Refusal(400, "The 'From' address you supplied is not a Sender Signature on your account.")
    address = _mailbox(item, "To")
    if address in server.inactive:
        words = "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: "
        raise Refusal(406, f"{words}{address}.")
    stream = item.get("MessageStream", "outbound")
    if stream not in server.streams:
        raise Refusal(1235, f"The stream provided: '{stream}' does not exist on this server.")
    if server.streams[stream] == "Inbound":
        raise Refusal(1236, f"Sending is not supported on the stream '{stream}'.")
    headers = _headers(item.get("Headers", []))
    broadcast = server.streams[stream] == "Broadcasts"
    return Message(
        sender=sender,
        address=address,
        stream=stream,
        headers=headers,
        link=_one_click(headers) if broadcast else None,
    )


def _shape(item: Mapping[str, Any]) -> None:
    unknown = sorted(set(item) - _FIELDS)
    if unknown:
        raise Refusal(403, f"Unknown field '{unknown[0]}'.")
    for name in _TEXT & set(item):
        if not isinstance(item[name], str):
            raise Refusal(403, f"'{name}' must be a string.")
    if not isinstance(item.get("TrackOpens", False), bool):
        raise Refusal(403, "'TrackOpens' must be true or false.")
    if item.get("TrackLinks", "None") not in ("None", "HtmlAndText", "HtmlOnly", "TextOnly"):
        raise Refusal(403, "'TrackLinks' has no such value.")
    _words(item)
    _metadata(item.get("Metadata", {}))


def _words(item: Mapping[str, Any]) -> None:
    if not (item.get("HtmlBody") or item.get("TextBody")):
        raise Refusal(300, "Provide either email TextBody or HtmlBody or both.")
    if any(_is_too_large(item.get(name, "")) for name in ("HtmlBody", "TextBody")):
        raise Refusal(300, "'HtmlBody' or 'TextBody' is larger than 5 MB.")
    if len(item.get("Tag", "")) > 1000 or len(item.get("Subject", "")) > 2000:
        raise Refusal(300, "'Tag' or 'Subject' is too long.")
    if "\r" in item.get("Subject", "") or "\n" in item.get("Subject", ""):
        raise Refusal(300, "'Subject' has a line break.")


def _is_too_large(body: str) -> bool:
    return len(body) * 4 > _LARGEST_BODY and len(body.encode("utf-8", "replace")) > _LARGEST_BODY


def _metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict) or len(metadata) > 10:
        raise Refusal(300, "'Metadata' must be an object of at most 10 fields.")
    if len({name.lower() for name in metadata}) != len(metadata):
        raise Refusal(300, "'Metadata' has a name twice.")
    for name, value in metadata.items():
        if not isinstance(value, str) or len(name) > 20 or len(value) > 80:
            raise Refusal(300, f"'Metadata' field '{name}' is no string or too long.")


def _mailbox(item: Mapping[str, Any], name: str) -> str:
    """The one address of this field, in lower case; several would show readers to one another."""
    given = item.get(name, "")
    found = getaddresses([given]) if not re.search(r"[\r\n\0]", given) else []
    if len(found) != 1 or not _MAILBOX.fullmatch(found[0][1]):
        raise Refusal(300, f"Invalid '{name}' address: '{given[:200]}'.")
    return found[0][1].lower()


def _headers(given: Any) -> dict[str, str]:
    if not isinstance(given, list):
        raise Refusal(403, "'Headers' must be an array.")
    headers: dict[str, str] = {}
    for one in given:
        if not isinstance(one, dict) or set(one) != {"Name", "Value"}:
            raise Refusal(403, "A header has 'Name' and 'Value' and nothing else.")
        name, value = one["Name"], one["Value"]
        if not isinstance(name, str) or not isinstance(value, str) or not _HEADER_NAME.fullmatch(name):
            raise Refusal(300, "A header's name or value is not allowed.")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value) or len(value) > 5000:
            raise Refusal(300, f"The header '{name}' has a line break, a control sign or is too long.")
        if name.lower() in _RESERVED or name.lower() in map(str.lower, headers):
            raise Refusal(300, f"The header '{name}' is reserved or stands twice.")
        headers[name] = value
    return headers


def _one_click(headers: Mapping[str, str]) -> str:
    known = {name.lower(): value for name, value in headers.items()}
    link = _LINK.search(known.get("list-unsubscribe", ""))
    if link is None or known.get("list-unsubscribe-post") != _ONE_CLICK:
        raise Refusal(300, "A broadcast needs List-Unsubscribe with an https link and List-Unsubscribe-Post.")
    return link[1]
