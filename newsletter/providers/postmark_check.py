"""Whether Postmark's server and streams are fit for sending: only reads, and says what to mend."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.providers.base import Problem
from newsletter.providers.http import Client, Reply


def problems(client: Client, stream: str, letter_stream: str) -> Sequence[Problem]:
    """What stands in the way of sending. Empty: all is well."""
    server = _get(client, "/server", {})
    if isinstance(server, Problem):
        return [server]
    streams = _get(client, "/message-streams", {"MessageStreamType": "All"})
    if isinstance(streams, Problem):
        return [streams]
    kinds = {str(one.get("ID")): one for one in streams.get("MessageStreams", []) if isinstance(one, dict)}
    return [*_server(server), *_issues(kinds, stream), *_letters(kinds, letter_stream)]


def _get(client: Client, path: str, params: Mapping[str, str]) -> dict[str, Any] | Problem:
    reply = client.get(path, params)
    if not isinstance(reply, Reply):
        return Problem(
            what=f"Postmark was not reached. {reply.words}",
            mend="Check this machine’s way to the internet, then try again.",
        )
    if reply.status in (401, 403):
        return Problem(
            what="Postmark does not know this server token.",
            mend="Copy it again from the server’s page at Postmark, “API Tokens”.",
        )
    try:
        answer = json.loads(reply.body)
    except ValueError:
        answer = None
    if reply.status != 200 or not isinstance(answer, dict):
        return Problem(
            what=f"Postmark answered {reply.status} to a question about the server.", mend="Try again later."
        )
    return answer


def _server(server: Mapping[str, Any]) -> list[Problem]:
    found = []
    if server.get("DeliveryType") == "Sandbox":
        what = f"The server “{server.get('Name')}” is a sandbox: it takes mails and delivers none."
        found.append(Problem(what=what, mend="Use the token of a live server."))
    if server.get("TrackOpens") is True:
        what = "Open tracking is on for the whole server, and a mail cannot switch it off for itself."
        found.append(Problem(what=what, mend="Switch it off in the server’s settings at Postmark."))
    return found


def _issues(streams: Mapping[str, Any], name: str) -> list[Problem]:
    broadcasts = [key for key, one in streams.items() if one.get("MessageStreamType") == "Broadcasts"]
    mend = f"Use “{broadcasts[0]}”." if broadcasts else "Create a broadcast stream on this server at Postmark."
    if name not in streams:
        return [Problem(what=f"This server has no stream “{name}”.", mend=mend)]
    if name not in broadcasts:
        what = f"“{name}” is Postmark’s stream for letters. Issues need a broadcast stream, often called “broadcast”."
        return [Problem(what=what, mend=mend)]
    handling = (streams[name].get("SubscriptionManagementConfiguration") or {}).get("UnsubscribeHandlingType")
    if handling == "Postmark":
        what = f"Postmark adds an unsubscribe link of its own to “{name}” and replaces ours."
        return [Problem(what=what, mend="Ask Postmark’s support for custom unsubscribe handling on this stream.")]
    return []


def _letters(streams: Mapping[str, Any], name: str) -> list[Problem]:
    letters = [key for key, one in streams.items() if one.get("MessageStreamType") == "Transactional"]
    if name in letters:
        return []
    mend = f"Use “{letters[0]}”." if letters else "Create a transactional stream on this server at Postmark."
    return [Problem(what=f"“{name}” is no transactional stream of this server, which letters need.", mend=mend)]
