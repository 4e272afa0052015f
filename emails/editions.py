"""A compiled issue: its blocks, each made once, and the editions that are their joins.

Blocks are kept as chunks in the mail's order. A chunk names the blocks it belongs to and is part of an edition
when the edition has all of them: a row of the contents inside the opening words needs its section, a row
inside another section needs both.
"""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from emails.filling import Pieces, Place, Slot, Template
from emails.marks import EDITION
from emails.plain import wrap
from emails.values import Edition

SECTIONS, TOPICS, PLAIN, ALSO = (f"{EDITION}{name}" for name in ("sections", "topics", "plain", "also"))

Mixed = tuple[str | int | Slot, ...]  # text, numbers of links (from 1 in each chunk), gaps


class Chunk(NamedTuple):
    """A stretch of the mail that is in an edition, or is not, as a whole."""

    needs: frozenset[str]  # keys of sections, and the four names above
    pieces: Mixed
    word: str = ""  # this chunk stands for words of the edition: TOPICS or ALSO
    wraps: bool = False  # plain text whose lines depend on the edition's words


@dataclass(frozen=True, kw_only=True)
class CompiledIssue:
    """Blocks of an issue, compiled. Making an edition of them takes microseconds."""

    subject: Pieces
    html: tuple[Chunk, ...]
    text: tuple[Chunk, ...]
    listing: str  # how the last two of several names are joined: "%(first)s and %(last)s"
    _numbered: dict[tuple[int, int], tuple[Pieces, int]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The key of every block, and those of every number of items where that differs."""
        return frozenset(
            key for chunk in (*self.html, *self.text) for key in chunk.needs if not key.startswith(EDITION)
        )

    def edition(self, edition: Edition) -> Template:
        """The mail of `edition`, with gaps for personal words.

        Raises KeyError when the issue has no block of that key: nobody's section is left out in silence.
        """
        unknown = set(edition.keys) - self.keys
        if unknown:
            raise KeyError(f"the issue has no block {', '.join(sorted(unknown))}")
        have = wanted(edition)
        said = {TOPICS: self._named(edition.topics), ALSO: self._named(edition.also)}
        return Template(subject=self.subject, html=self._html(have, said), text=self._text(have, said))

    def _named(self, names: Sequence[str]) -> str:
        if len(names) < 2:
            return "".join(names)
        return self.listing.replace("%(last)s", names[-1]).replace("%(first)s", ", ".join(names[:-1]))

    def _html(self, have: set[str], said: Mapping[str, str]) -> Pieces:
        pieces: list[Any] = []
        for chunk in self.html:
            if chunk.needs <= have:
                if chunk.word:
                    pieces.append(html.escape(said[chunk.word]))
                else:
                    pieces.extend(chunk.pieces)
        return tuple(pieces)

    def _text(self, have: set[str], said: Mapping[str, str]) -> Pieces:
        pieces: list[str | Slot] = []
        links = 0
        for at, chunk in enumerate(self.text):
            if not chunk.needs <= have:
                continue
            if chunk.wraps:
                pieces.append(_wrapped(chunk, said))
                continue
            numbered = self._numbered.get((at, links))
            if numbered is None:
                numbered = self._numbered[at, links] = _with_numbers(chunk.pieces, links)
            pieces.extend(numbered[0])
            links = numbered[1]
        return tuple(pieces)

    def to_json(self) -> dict[str, Any]:
        """Lists, texts and numbers only."""
        return {
            "subject": _pieces_to_json(self.subject),
            "html": [_chunk_to_json(chunk) for chunk in self.html],
            "text": [_chunk_to_json(chunk) for chunk in self.text],
            "listing": self.listing,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "CompiledIssue":
        """What `to_json` gave. Raises KeyError or ValueError for anything else."""
        return cls(
            subject=tuple(piece for piece in _pieces_from_json(kept["subject"]) if not isinstance(piece, int)),
            html=tuple(_chunk_from_json(chunk) for chunk in kept["html"]),
            text=tuple(_chunk_from_json(chunk) for chunk in kept["text"]),
            listing=kept["listing"],
        )


def wanted(edition: Edition) -> set[str]:
    """What the chunks of `edition` may need: its keys, and which of its own words it has."""
    have = {*edition.keys, TOPICS if edition.topics else PLAIN}
    if edition.keys:
        have.add(SECTIONS)
    if edition.also:
        have.add(ALSO)
    return have


def _with_numbers(pieces: Mixed, before: int) -> tuple[Pieces, int]:
    """A chunk's pieces when `before` links stand before it, and how many there are after it."""
    numbers = [piece for piece in pieces if isinstance(piece, int)]
    numbered = tuple(f"[{before + piece}]" if isinstance(piece, int) else piece for piece in pieces)
    return numbered, before + max(numbers, default=0)


def _wrapped(chunk: Chunk, said: Mapping[str, str]) -> str:
    """A paragraph with the edition's words, and the empty line after it."""
    words = "".join(said[piece.name] if isinstance(piece, Slot) else str(piece) for piece in chunk.pieces)
    return "\n".join(wrap(words)) + "\n\n"


def _pieces_to_json(pieces: Iterable[str | int | Slot]) -> list[Any]:
    return [[piece.name, piece.place.value, piece.fallback] if isinstance(piece, Slot) else piece for piece in pieces]


def _pieces_from_json(kept: Iterable[Any]) -> Mixed:
    return tuple(Slot(piece[0], Place(piece[1]), piece[2]) if isinstance(piece, list) else piece for piece in kept)


def _chunk_to_json(chunk: Chunk) -> list[Any]:
    return [sorted(chunk.needs), _pieces_to_json(chunk.pieces), chunk.word, chunk.wraps]


def _chunk_from_json(kept: Sequence[Any]) -> Chunk:
    needs, pieces, word, wraps = kept
    return Chunk(frozenset(needs), _pieces_from_json(pieces), word, wraps)
