"""Plain text of 72 columns: measuring, wrapping, hanging indents, numbered links.

Nothing is ever cut: a word longer than the line, such as an address, stands alone and sticks out.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from emails import marks

WIDTH = 72
HEAVY = "=" * WIDTH
LIGHT = "-" * WIDTH


@dataclass(slots=True)
class Links:
    """The addresses a block of text refers to, numbered from 1 in the order of their first use."""

    addresses: list[str] = field(default_factory=list)

    def number(self, address: str) -> str:
        """A mark for the number of `address`; the same address keeps its number."""
        if address not in self.addresses:
            self.addresses.append(address)
        return marks.link(self.addresses.index(address) + 1)

    def listing(self) -> list[str]:
        """A line an address, for the end of the block."""
        return [f"{marks.link(number)} {address}" for number, address in enumerate(self.addresses, 1)]


def width(text: str) -> int:
    """Columns that `text` takes: wide letters and most emoji two, combining signs none."""
    if text.isascii():
        return len(text)
    columns = 0
    at = 0
    for mark in marks.MARK.finditer(text):
        columns += _columns(text[at : mark.start()]) + marks.width_of(mark)
        at = mark.end()
    return columns + _columns(text[at:])


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(_column(letter) for letter in text)


def _column(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1


_SPACES = re.compile(r"[ \t\n]+")  # a no-break space is no place to break


def wrap(text: str, *, first: str = "", rest: str = "", columns: int = WIDTH) -> list[str]:
    """Lines of `text`, the first behind `first`, the others behind `rest`; white space is one space."""
    if text.isascii():
        words = " ".join(text.split())
        cut = _ends_of_plain(words, columns - width(first), columns - len(rest))
    else:
        parts = [part for word in _SPACES.split(text) if word for part in _breakable(word, columns - len(rest))]
        words = " ".join(parts)
        cut = _ends(parts, columns - width(first), columns - len(rest))
    if not words:
        return [first.rstrip()] if first.strip() else []
    starts = [0, *(end + 1 for end in cut)]
    lines = [words[start:end] for start, end in zip(starts, [*cut, len(words)], strict=True)]
    return [first + lines[0], *(rest + line for line in lines[1:])]


def _ends_of_plain(words: str, first: int, rest: int) -> list[int]:
    """Where lines of ASCII end, all but the last: a letter is a column, so whole lines can be looked at."""
    ends: list[int] = []
    start, room = 0, first
    while len(words) - start > room:
        end = words.rfind(" ", start, start + room + 1)
        if end < 0:  # a word longer than the line
            end = words.find(" ", start)
            if end < 0:
                break
        ends.append(end)
        start, room = end + 1, rest
    return ends


def _ends(parts: Sequence[str], first: int, rest: int) -> list[int]:
    """The same for any text, a word at a time."""
    ends: list[int] = []
    at, used, room = -1, -1, first
    for part in parts:
        size = width(part)
        if used >= 0 and used + 1 + size > room:
            ends.append(at)
            used, room = -1, rest
        used += 1 + size
        at += 1 + len(part)
    return ends


_IDEOGRAPHS = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


def _breakable(word: str, columns: int) -> Sequence[str]:
    """`word`, in several parts when it is a line of a script that writes no spaces."""
    if len(word) <= columns // 2 or marks.has_marks(word) or not _IDEOGRAPHS.search(word):
        return (word,)
    parts: list[str] = []
    part, used = "", 0
    for letter in word:
        needed = _column(letter)
        if used + needed > columns and part:
            parts.append(part)
            part, used = "", 0
        part, used = part + letter, used + needed
    return (*parts, part)


def wrap_lines(text: str) -> str:
    """A letter's text: each line is a paragraph to wrap, or stays as it is if it starts with four spaces."""
    lines: list[str] = []
    for line in text.strip("\n").split("\n"):
        if line.startswith("    ") or width(line) <= WIDTH:
            lines.append(line.rstrip())
        else:
            hang = "  " if line.startswith(("* ", "  ")) else ""
            lines.extend(wrap(line, first="  " if line.startswith("  ") else "", rest=hang))
    return "\n".join(lines) + "\n"


def indent(lines: Iterable[str], by: str) -> list[str]:
    return [f"{by}{line}".rstrip() for line in lines]


def spaced(blocks: Sequence[Sequence[str]]) -> list[str]:
    """The lines of `blocks`, an empty line between two of them; empty blocks vanish."""
    lines: list[str] = []
    for block in blocks:
        if not block:
            continue
        if lines:
            lines.append("")
        lines.extend(block)
    return lines
