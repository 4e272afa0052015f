"""What an issue is made of, as plain values.

Every text is Markdown *source*: nothing here knows HTML. Two documents are equal when they say the
same; where a node stood in the text (`lines`) is kept for the desk and takes no part in that.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Lines(NamedTuple):
    """The first and last source line of a node, counted from 1, both inside."""

    first: int
    last: int


NOWHERE = Lines(0, 0)  # a node that was built, not read
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check says: `message` tells what is so, `mend` what to do about it.

    A blocking finding stops a launch, any other is advice. `line` counts from 1; None: the whole issue.
    """

    code: str
    message: str
    mend: str
    blocking: bool = False
    line: int | None = field(default=None, compare=False)


class Visibility(StrEnum):
    PUBLIC = "public"  # the archive shows it to everybody
    PRIVATE = "private"  # only the mail's own links lead to it


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The values before the text, as they were typed; `kept` holds every other line, comments too."""

    title: str | None = None
    subject: str | None = None
    preheader: str | None = None
    date: str | None = None
    slug: str | None = None
    lang: str | None = None
    scale: str | None = None
    visibility: str | None = None
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Ordinary Markdown: paragraphs, lists, quotes, code, pictures, tables."""

    markdown: str
    lines: Lines = field(default=NOWHERE, compare=False)

    @property
    def is_picture(self) -> bool:
        """One picture, `![alt](src)`, and nothing else."""
        return _PICTURE.fullmatch(self.markdown) is not None


class DirectiveName(StrEnum):
    CONTENTS = "contents"  # the list of the sections that this reader sees
    CALLOUT = "callout"  # title=
    BUTTON = "button"  # href= label= (or the label is the body)
    IMAGE = "image"  # src= alt= caption= href= width= height=
    COLUMNS = "columns"  # holds columns
    COLUMN = "column"
    SPONSOR = "sponsor"  # name= href=


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """A block between `:::name key=value` and `:::`; `fence` is its number of colons."""

    name: DirectiveName
    options: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Prose | Directive, ...] = ()
    fence: int = 3
    lines: Lines = field(default=NOWHERE, compare=False)

    @property
    def is_picture(self) -> bool:
        return self.name is DirectiveName.IMAGE

    def option(self, key: str, default: str = "") -> str:
        return dict(self.options).get(key, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A judgement: `value` in halves, `of` only where a scale is known.

    `symbol` is one grapheme cluster, None for a rating in figures such as "4/5".
    """

    label: str
    symbol: str | None
    value: float
    of: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`**label:** value`; `value` is inline Markdown, `more` the indented blocks that belong to it."""

    label: str
    value: str
    more: str = ""
    rating: Rating | None = None
    lines: Lines = field(default=NOWHERE, compare=False)

    @property
    def markdown(self) -> str:
        """Value and continuation together."""
        return f"{self.value}\n\n{self.more}" if self.more else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in a section: fields, perhaps with a title, a link, a picture, some text.

    `title` is None for an untitled item, `level` None for one that has no heading of its own, `marked`
    says that the heading bears {item}.
    `blocks` is everything below the heading in its order; the other names pick from it.
    """

    title: str | None = None
    href: str | None = None
    level: int | None = 3
    anchor: str | None = None
    topics: tuple[str, ...] = ()
    marked: bool = False
    blocks: tuple[Prose | Directive | Field | Item | Section, ...] = ()
    lines: Lines = field(default=NOWHERE, compare=False)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Field))

    @property
    def rating(self) -> Rating | None:
        """The first rating among the fields; its field stays in `fields`."""
        return next((each.rating for each in self.fields if each.rating), None)

    @property
    def image(self) -> Prose | Directive | None:
        """The picture that stands before the fields, if there is one."""
        for block in self.before:
            if isinstance(block, Prose | Directive) and block.is_picture:
                return block
        return None

    @property
    def before(self) -> tuple[Block, ...]:
        """What stands between the heading and the first field: at most one picture or paragraph."""
        found: list[Block] = []
        for block in self.blocks:
            if isinstance(block, Field):
                return tuple(found)
            found.append(block)
        return ()

    @property
    def after(self) -> tuple[Block, ...]:
        """The item's text: whatever is no field and does not stand before the fields."""
        rest = self.blocks[len(self.before) :]
        return tuple(block for block in rest if not isinstance(block, Field))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands under it. Sections inside sections are subsections.

    `topics` are the slugs written at the heading, any of which will do; what a heading's words
    mean as a topic is found by `resolve`. `marked` remembers an {item} that a section may not bear.
    """

    title: str
    level: int = 2
    anchor: str | None = None
    topics: tuple[str, ...] = ()
    marked: bool = False
    blocks: tuple[Block, ...] = ()
    lines: Lines = field(default=NOWHERE, compare=False)

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item in document order, those of subsections too."""
        return tuple(_items(self.blocks))


Block = Prose | Directive | Item | Section


def _items(blocks: tuple[Prose | Directive | Field | Item | Section, ...]) -> list[Item]:
    found: list[Item] = []
    for block in blocks:
        if isinstance(block, Item):
            found.append(block)
        if isinstance(block, Item | Section):
            found.extend(_items(block.blocks))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A link definition, `[label]: href "title"`: it may be used anywhere in the issue."""

    label: str
    href: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An issue as it was written.

    `heading` is a lone first-level heading that serves as the title. `findings` are those that
    need nothing but the text: `resolve` and `checks` add theirs.
    """

    front: FrontMatter | None = None
    heading: str | None = None
    opening: tuple[Prose | Directive, ...] = ()
    sections: tuple[Section, ...] = ()
    references: tuple[Reference, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def title(self) -> str:
        return (self.front and self.front.title) or self.heading or ""

    @property
    def subject(self) -> str:
        """The subject, by default the title."""
        return (self.front and self.front.subject) or self.title

    @property
    def preheader(self) -> str:
        return (self.front and self.front.preheader) or ""

    @property
    def slug(self) -> str:
        return (self.front and self.front.slug) or ""

    @property
    def lang(self) -> str:
        return (self.front and self.front.lang) or ""

    @property
    def date(self) -> datetime.date | None:
        """The date, None when there is none or it cannot be read (then a finding says so)."""
        return read_date(self.front.date) if self.front else None

    @property
    def scale(self) -> int | None:
        return read_scale(self.front.scale) if self.front else None

    @property
    def visibility(self) -> Visibility:
        """Public, unless the front matter says otherwise in a word we know."""
        typed = (self.front and self.front.visibility) or ""
        return read_visibility(typed) or Visibility.PUBLIC


def read_date(typed: str | None) -> datetime.date | None:
    """Read 2026-11-20; anything else is None."""
    try:
        return datetime.date.fromisoformat((typed or "").strip())
    except ValueError:
        return None


def read_scale(typed: str | None) -> int | None:
    """Read a scale of 1 to 10; anything else is None."""
    typed = (typed or "").strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 2):
        return None
    return int(typed) if 1 <= int(typed) <= 10 else None


def read_visibility(typed: str | None) -> Visibility | None:
    try:
        return Visibility((typed or "").strip().lower())
    except ValueError:
        return None
