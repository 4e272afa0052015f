"""Fields: `**Label:** value` lines at the start of a paragraph, with indented continuation."""

from __future__ import annotations

import re
import textwrap

from newsletter.issues.document.model import Field, Lines
from newsletter.issues.document.ratings import read_rating
from newsletter.issues.document.source import is_blank

MOST_LABEL_WORDS = 5
_FIELD = re.compile(
    r"\*\*(?:(?P<inside>[^\s*](?:[^*]*[^\s*])?)[ \t\xa0\u202f]*:\*\*|(?P<outside>[^\s*](?:[^*]*[^\s*:])?)\*\*:)"
    r"[ \t]*(?P<value>[^ \t].*)"
)
_INDENT = "    "


def is_field(line: str) -> bool:
    return _split(line) is not None


def read_fields(lines: list[str], first: int, end: int, scale: int | None) -> list[Field]:
    """Read the paragraph `lines[first:end]`, whose first line is a field.

    A line of the paragraph that is no field goes on with the value before it.
    """
    starts = [number for number in range(first, end) if _split(lines[number])]
    return [_read(lines, start, stop, scale) for start, stop in zip(starts, [*starts[1:], end], strict=True)]


def continued(field: Field, lines: list[str], first: int, end: int) -> Field:
    """The field with the indented blocks `lines[first:end]` as its continuation."""
    more = textwrap.dedent("\n".join(lines[first:end])).rstrip(" \t\n")
    return Field(
        label=field.label,
        value=field.value,
        more=more,
        rating=field.rating,
        lines=Lines(field.lines.first, end),
    )


def write_fields(fields: list[Field]) -> str:
    """Write fields line under line; a blank line where they would otherwise run together."""
    text = ""
    for field in fields:
        if text:
            text += "\n"
        text += f"**{field.label}:** {field.value}"
        if field.more:
            indented = [line if is_blank(line) else _INDENT + line for line in field.more.split("\n")]
            text += "\n".join(["", "", *indented, ""])
        elif field.value.endswith("\\"):
            text += "\n"
    return text.rstrip("\n")


def _split(line: str) -> tuple[str, str] | None:
    match = _FIELD.fullmatch(line)
    if not match:
        return None
    label = (match["inside"] or match["outside"]).strip()
    return (label, match["value"]) if 1 <= len(label.split()) <= MOST_LABEL_WORDS else None


def _read(lines: list[str], start: int, stop: int, scale: int | None) -> Field:
    label, value = _split(lines[start]) or ("", "")
    value = "\n".join([value, *lines[start + 1 : stop]]).rstrip(" \t")
    if stop < len(lines) and is_field(lines[stop]):
        value = _without_hard_break(value)
    return Field(label=label, value=value, rating=read_rating(label, value, scale), lines=Lines(start + 1, stop))


def _without_hard_break(value: str) -> str:
    """A backslash before the next field's line only asked for a line break."""
    backslashes = len(value) - len(value.rstrip("\\"))
    return value[:-1].rstrip(" \t\n") if backslashes % 2 and len(value) > 1 else value
