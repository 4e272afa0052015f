"""Placeholders: `{{ name }}` and `{{ name | fallback("…") }}`, on one line, nothing else.

This module only finds them and says what is wrong; the mail puts the words in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from newsletter.issues.document.model import Finding

NAMES = ("name", "first_name")
_OPENING = re.compile(r"(?<![\\{])\{\{+")
_INSIDE = re.compile(
    r"[ \t]*(?P<name>[A-Za-z_][\w.]*)[ \t]*"
    r"(?:\|[ \t]*fallback[ \t]*\([ \t]*\"(?:[^\"\\\n]|\\.)*\"[ \t]*\)[ \t]*)?\}\}"
)


def check_placeholders(text: str, first_line: int) -> Iterator[Finding]:
    """Say what is wrong with the placeholders of a text that begins on the line `first_line`."""
    if "{{" not in text:
        return
    for number, line in enumerate(text.split("\n"), start=first_line):
        for opening in _OPENING.finditer(line):
            inside = _INSIDE.match(line, opening.end())
            if inside is None:
                yield _malformed(line[opening.start() : opening.start() + 60], number)
            elif inside["name"] not in NAMES:
                yield _unknown(inside["name"], number)


def _malformed(shown: str, line: int) -> Finding:
    return Finding(
        code="placeholder-malformed",
        message=f"We cannot read the placeholder “{shown}”, so it stands in the mail as text.",
        mend='Write {{ name }} or {{ name | fallback("friend") }}; two braces meant as such are \\{{.',
        blocking=True,
        line=line,
    )


def _unknown(name: str, line: int) -> Finding:
    near = difflib.get_close_matches(name[:60], NAMES, n=1)
    hint = f"Did you mean {{{{ {near[0]} }}}}? " if near else ""
    return Finding(
        code="placeholder-unknown",
        message=f"We know nothing called “{name[:60]}” about a reader, so it stands in the mail as text.",
        mend=f"{hint}Known are {' and '.join(NAMES)}.",
        blocking=True,
        line=line,
    )
