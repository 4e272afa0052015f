"""A finished mail with gaps: what is the same for everybody, and the few words that differ for each person.

A mail is rendered once for each edition. Where a personal word belongs, the text has a *slot*; a slot knows
where it stands, because the same name must be escaped differently in HTML, in a link and in plain text.
Filling is then joining strings: no template language ever runs over a person's data.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote


class Place(StrEnum):
    """Where a slot stands, which decides how its value is escaped."""

    HTML = "html"  # text or a quoted attribute of HTML
    URL = "url"  # a part of a link's path or query, in HTML
    TEXT = "text"  # the plain text part
    HEADER = "header"  # the subject


@dataclass(frozen=True, slots=True)
class Slot:
    """A gap: the word's name, where it stands, and what to say when a person has no such word."""

    name: str
    place: Place
    fallback: str = ""

    @property
    def key(self) -> str:
        """Stable name of this gap among the slots of one mail: letters, digits and underscores."""
        mark = f"_{self.fallback.encode().hex()}" if self.fallback else ""
        return f"{self.name}_{self.place}{mark}"


Pieces = tuple[str | Slot, ...]  # literal text and gaps, in order


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A mail with its gaps. `values` answers with one escaped string a slot; `fill` joins."""

    subject: Pieces
    html: Pieces
    text: Pieces

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every distinct slot, in order of first use."""
        found: dict[Slot, None] = {}
        for piece in (*self.subject, *self.html, *self.text):
            if isinstance(piece, Slot):
                found.setdefault(piece)
        return tuple(found)

    def values(self, words: Mapping[str, str]) -> dict[str, str]:
        """Escaped value of each slot by its key, for one person's plain `words`."""
        return values(self.slots, words)


def values(slots: Iterable[Slot], words: Mapping[str, str]) -> dict[str, str]:
    """Escaped value of each slot by its key, for one person's plain `words`."""
    return {slot.key: escape(words.get(slot.name) or slot.fallback, slot.place) for slot in slots}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One person's finished mail."""

    subject: str
    html: str
    text: str


def fill(template: Template, values: Mapping[str, str]) -> Filled:
    """Put `values` (already escaped, by slot key) into the gaps.

    Raises KeyError when a slot has no value: a mail is never sent with a gap left in it.
    """
    return Filled(
        subject=join(template.subject, values),
        html=join(template.html, values),
        text=join(template.text, values),
    )


def join(pieces: Pieces, values: Mapping[str, str]) -> str:
    """One string of the pieces, with `values` (escaped, by slot key) in the gaps."""
    return "".join(piece if isinstance(piece, str) else values[piece.key] for piece in pieces)


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def escape(value: str, place: Place) -> str:
    """`value` made safe for where it stands. Control characters and line breaks become a space everywhere."""
    plain = _UNPRINTABLE.sub(" ", value)
    match place:
        case Place.HTML:
            return html.escape(plain, quote=True)
        case Place.URL:
            return quote(plain, safe="")
        case Place.TEXT | Place.HEADER:
            return plain
