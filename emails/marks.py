"""Gaps inside a string, so that text with slots can travel through Markdown, MJML and CSS as one string.

A mark is written with Unicode noncharacters, which no text for interchange may hold (Unicode 16, section
23.7) and which `clean` takes out of everything typed. So nobody can type a mark, and no step on the way
understands one: all of them pass it on.
"""

import html
import re
from urllib.parse import quote

from emails.filling import Pieces, Place, Slot

_SLOT, _LITERAL, _LINK, _END = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
_PLACES = {"h": Place.HTML, "u": Place.URL, "t": Place.TEXT, "s": Place.HEADER}
_LETTERS = {place: letter for letter, place in _PLACES.items()}

_MARK = re.compile(f"([{_SLOT}{_LITERAL}{_LINK}])([0-9a-f]*){_END}")
_QUOTED = re.compile("%EF%B7%9([012])([0-9a-f]*)%EF%B7%93")
_UNTYPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

EDITION = "edition:"  # slots of this prefix are filled for each edition, not for each person


def clean(typed: str) -> str:
    """`typed` without control characters, lone surrogates and marks; all line ends alike."""
    return _UNTYPABLE.sub("", typed.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(typed: str) -> str:
    """`typed` cleaned, every run of white space as one space."""
    return " ".join(clean(typed).split())


def slot(name: str, place: Place, fallback: str = "", typed: str = "") -> str:
    """A mark for the gap `name`; `typed` is how it was written, for where it must stay those letters."""
    return f"{_SLOT}{_hex(chr(0).join((_LETTERS[place] + name, fallback, typed)))}{_END}"


def literal(typed: str) -> str:
    """A mark for letters that no step may read as markup."""
    return f"{_LITERAL}{_hex(typed)}{_END}"


def link(number: int) -> str:
    """A mark for the number of a link in plain text, counted within its block."""
    return f"{_LINK}{number:x}{_END}"


def unquoted(address: str) -> str:
    """`address` with its marks as they were before percent-encoding."""
    return _QUOTED.sub(lambda found: chr(0xFDD0 + int(found[1])) + found[2] + _END, address)


def in_place(marked: str, place: Place) -> str:
    """`marked` with its slots standing in `place` (those in a link stay there), literals written for it."""

    def placed(found: re.Match[str]) -> str:
        match found[1]:
            case "\ufdd0":
                stands, name, fallback, typed = _read(found[2])
                return found[0] if stands == "u" else slot(name, place, fallback, typed)
            case "\ufdd1":
                return _written(_unhex(found[2]), place)
            case _:
                return found[0]

    return _MARK.sub(placed, marked)


def as_typed(marked: str) -> str:
    """`marked` with the letters that were typed where its slots and literals are (for code)."""

    def typed(found: re.Match[str]) -> str:
        return _read(found[2])[3] if found[1] == _SLOT else _unhex(found[2])

    return _MARK.sub(typed, marked)


def readable(marked: str) -> str:
    """`marked` for people to look at: {{ name }} where a gap is."""
    return _MARK.sub(lambda found: f"{{{{ {_read(found[2])[1]} }}}}" if found[1] == _SLOT else "", marked)


def has_marks(marked: str) -> bool:
    return _MARK.search(marked) is not None


def width_of(found: re.Match[str]) -> int:
    """Columns to keep for a mark in plain text: a link's number gets five, a slot its fallback or eight."""
    if found[1] == _LINK:
        return 5
    if found[1] == _LITERAL:
        return len(_unhex(found[2]))
    return max(8, len(_read(found[2])[2]))


MARK = _MARK  # for those who measure marks


def pieces(marked: str) -> tuple[str | int | Slot, ...]:
    """`marked` as literal text, link numbers and slots, in order; neighbouring text is joined already."""
    found: list[str | int | Slot] = []
    at = 0
    for mark in _MARK.finditer(marked):
        if mark.start() > at:
            found.append(marked[at : mark.start()])
        found.append(_piece(mark))
        at = mark.end()
    if at < len(marked):
        found.append(marked[at:])
    return tuple(found)


def template(marked: str) -> Pieces:
    """The pieces of a text without link numbers."""
    return tuple(piece for piece in pieces(marked) if not isinstance(piece, int))


def _piece(mark: re.Match[str]) -> str | int | Slot:
    if mark[1] == _LINK:
        return int(mark[2], 16)
    if mark[1] == _LITERAL:
        return _unhex(mark[2])
    place, name, fallback, _ = _read(mark[2])
    return Slot(name, _PLACES[place], fallback)


def _read(code: str) -> tuple[str, str, str, str]:
    """The letter of a slot's place, its name, its fallback, and how it was typed."""
    words, fallback, typed = _unhex(code).split("\0")
    return words[0], words[1:], fallback, typed


def _written(typed: str, place: Place) -> str:
    match place:
        case Place.HTML:
            return html.escape(typed, quote=True)
        case Place.URL:
            return quote(typed, safe="")
        case Place.TEXT | Place.HEADER:
            return typed


def _hex(typed: str) -> str:
    return typed.encode().hex()


def _unhex(code: str) -> str:
    return bytes.fromhex(code).decode()
