"""What may stand in braces at the end of a heading: `{#anchor topic=slug,slug item}`."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(r"#(?P<anchor>[a-z0-9-]+)|topic=(?P<topics>[a-z0-9-]+(?:,[a-z0-9-]+)*)|(?P<item>item)")
_CLOSING_HASHES = re.compile(r"(^|[ \t])(#+)$")


class Attributes(NamedTuple):
    anchor: str | None = None
    topics: tuple[str, ...] = ()
    item: bool = False


class Head(NamedTuple):
    """A heading's words and its attributes; `unread` is a group in braces that says nothing we know."""

    title: str
    attributes: Attributes
    unread: str | None = None


def read_head(content: str) -> Head:
    content = title_of(content)
    group = _group(content)
    if group is None:
        return Head(content, Attributes())
    attributes = _read(content[group + 1 : -1])
    if attributes is None:
        return Head(content, Attributes(), unread=content[group:])
    return Head(_atx_safe(content[:group].rstrip()), attributes)


def title_of(content: str) -> str:
    """A heading's words as they are, braces included: the title of an issue has no attributes."""
    return _atx_safe(content.replace("\n", " ").strip())


def write_head(title: str, attributes: Attributes) -> str:
    words = [f"#{attributes.anchor}"] if attributes.anchor else []
    words += ["topic=" + ",".join(attributes.topics)] if attributes.topics else []
    words += ["item"] if attributes.item else []
    group = "{" + " ".join(words) + "}" if words else ""
    return f"{title} {group}".strip()


def _group(content: str) -> int | None:
    r"""Where the braces at the end open; None for none, for `\{` and for a `{{ placeholder }}`."""
    opening = content.rfind("{")
    if opening < 0 or not content.endswith("}") or "}" in content[opening:-1]:
        return None
    return None if content[:opening].endswith("\\") else opening


def _read(inside: str) -> Attributes | None:
    found: dict[str, str] = {}
    for word in inside.split():
        match = _TOKEN.fullmatch(word)
        if not match or not match.lastgroup or match.lastgroup in found:
            return None
        found[match.lastgroup] = match[match.lastgroup]
    if not found:
        return None
    topics = tuple(dict.fromkeys(found["topics"].split(","))) if "topics" in found else ()
    return Attributes(found.get("anchor"), topics, "item" in found)


def _atx_safe(title: str) -> str:
    """Keep `#` signs at the end of an underlined heading from reading as the end of an ATX one."""
    return _CLOSING_HASHES.sub(lambda match: match[1] + "\\" + match[2], title)
