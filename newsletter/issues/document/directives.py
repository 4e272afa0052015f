"""Directives: `:::name key=value` … `:::`, which lines open and close them, and what is wrong.

They begin at the very start of a line. A bare fence closes the innermost directive with as many
colons, else the innermost with fewer; what stands open inside that one is text.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from newsletter.issues.document.model import DirectiveName, Finding

DEEPEST = 6  # directives inside directives; what opens below that is text
MOST_OPTIONS = 20
_OPENING = re.compile(r"(?P<fence>:{3,})[ \t]*(?P<name>[A-Za-z][\w-]*)[ \t]*(?P<options>.*?)[ \t]*")
_CLOSING = re.compile(r"(:{3,})[ \t]*")
_OPTION = re.compile(
    r"[ \t]*(?P<key>[a-z][a-z0-9-]*)=(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<plain>[^\s\"]+))(?![^\s])"
)
_CODE_FENCE = re.compile(r"(?P<marks>`{3,}(?!.*`)|~{3,})(?P<info>.*)")

KNOWN_OPTIONS = {
    DirectiveName.CONTENTS: {"title"},
    DirectiveName.CALLOUT: {"title"},
    DirectiveName.BUTTON: {"href", "label"},
    DirectiveName.IMAGE: {"src", "alt", "caption", "href", "width", "height"},
    DirectiveName.COLUMNS: {"title"},
    DirectiveName.COLUMN: {"title"},
    DirectiveName.SPONSOR: {"name", "href"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    fence: int
    name: DirectiveName
    options: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Fences:
    """The pairs of lines that make directives, and what to say of the other fences (by line, from 0)."""

    closing_of: dict[int, int] = field(default_factory=dict)
    loose: dict[int, Finding] = field(default_factory=dict)


def read_opening(line: str) -> Opening | None:
    """Read an opening line; None if the name is unknown or the options cannot be read."""
    match = _OPENING.fullmatch(line)
    name = _name(match["name"]) if match else None
    options = _options(match["options"]) if match else None
    if not match or name is None or options is None:
        return None
    return Opening(fence=len(match["fence"]), name=name, options=options)


def write_opening(opening: Opening) -> str:
    words = [":" * opening.fence + opening.name]
    words += [f"{key}={_written(value)}" for key, value in opening.options]
    return " ".join(words)


def is_fence(line: str) -> bool:
    """Say whether a line has the form of one that opens or closes a directive, of whatever name."""
    return line.startswith(":::") and bool(_CLOSING.fullmatch(line) or _OPENING.fullmatch(line))


def match_fences(lines: list[str], depth: int) -> Fences:
    """Find which lines open and close directives, in one pass. `depth` says how deep we are already."""
    fences = Fences()
    open_ones: list[tuple[int, int]] = []  # line, colons
    code = ""
    for number, line in enumerate(lines):
        code, was_code = _code_after(code, line), code
        if was_code or code or not line.startswith(":::"):
            continue
        closing = _CLOSING.fullmatch(line)
        if closing:
            _close(fences, open_ones, number, len(closing[1]), lines)
        elif (match := _OPENING.fullmatch(line)) and len(open_ones) < DEEPEST - depth:
            open_ones.append((number, len(match["fence"])))
    for number, _ in open_ones:
        fences.loose[number] = _loose(lines[number])
    return fences


def _close(fences: Fences, open_ones: list[tuple[int, int]], number: int, colons: int, lines: list[str]) -> None:
    ranks = [rank for rank, (_, fence) in enumerate(open_ones) if fence == colons]
    ranks = ranks or [rank for rank, (_, fence) in enumerate(open_ones) if fence < colons]
    if not ranks:
        fences.loose[number] = _stray()
        return
    for unclosed, _ in open_ones[ranks[-1] + 1 :]:
        fences.loose[unclosed] = _loose(lines[unclosed])
    opened = open_ones[ranks[-1]][0]
    del open_ones[ranks[-1] :]
    if read_opening(lines[opened]):
        fences.closing_of[opened] = number
    else:
        fences.loose[opened] = _loose(lines[opened])


def check_options(name: DirectiveName, options: tuple[tuple[str, str], ...], line: int) -> list[Finding]:
    unknown = [key for key, _ in options if key not in KNOWN_OPTIONS[name]]
    return [_unknown_option(name, key, line) for key in unknown]


def _code_after(code: str, line: str) -> str:
    """The marks of the code block that is open after this line, "" for none."""
    if not code:
        match = _CODE_FENCE.fullmatch(line) if line[:1] in ("`", "~") else None
        return match["marks"] if match else ""
    bare = line.strip(" \t")
    is_closing = len(line) - len(line.lstrip(" ")) < 4 and bare.startswith(code) and not bare.strip(code[0])
    return "" if is_closing else code


def _name(word: str) -> DirectiveName | None:
    return next((name for name in DirectiveName if name == word.lower()), None)


def _options(text: str) -> tuple[tuple[str, str], ...] | None:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _OPTION.match(text, position)
        if not match or len(found) == MOST_OPTIONS:
            return None
        quoted = match["quoted"]
        value = match["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        found.append((match["key"], value))
        position = match.end()
    return tuple(found)


def _written(value: str) -> str:
    if value and not re.search(r'[\s"]', value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _loose(line: str) -> Finding:
    """What is wrong with an opening line that opens nothing."""
    match = _OPENING.fullmatch(line)
    word = match["name"] if match else ""
    known = _name(word)
    if known is None:
        near = difflib.get_close_matches(word.lower(), list(DirectiveName), n=1)
        hint = f"Did you mean :::{near[0]}? " if near else ""
        return Finding(
            code="directive-unknown",
            message=f"We know no block called :::{word}, so it stands in the mail as text.",
            mend=f"{hint}Known are {', '.join(DirectiveName)}.",
            blocking=True,
        )
    if match and _options(match["options"]) is None:
        return Finding(
            code="directive-unreadable",
            message=f"We cannot read “{match['options'][:60]}” behind :::{known}, so it stands in the mail as text.",
            mend='Write options as key=value, or key="several words" with straight quotes.',
            blocking=True,
        )
    return Finding(
        code="directive-unclosed",
        message=f"The block :::{known} is never closed, so it stands in the mail as text.",
        mend="Put a line ::: where the block ends.",
        blocking=True,
    )


def _stray() -> Finding:
    return Finding(
        code="directive-stray",
        message="A line of colons closes no block, so it stands in the mail as text.",
        mend="Take the line out, or open a block above it.",
    )


def _unknown_option(name: DirectiveName, key: str, line: int) -> Finding:
    known = ", ".join(sorted(KNOWN_OPTIONS[name]))
    if key == "topic":
        return Finding(
            code="directive-topic",
            message=f"A topic at :::{name} has no effect: the block shows wherever its section shows.",
            mend="Put the block into a section of that topic.",
            blocking=True,
            line=line,
        )
    return Finding(
        code="directive-option",
        message=f":::{name} has no option “{key}”, so it does nothing.",
        mend=f"Known are {known}.",
        line=line,
    )
