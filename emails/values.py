"""What a mail is made of, as plain values. Whoever has something to send fills these in.

`title`, `label`, `caption` and every `markdown` are Markdown source; they may hold placeholders such as
`{{ first_name | fallback("you") }}`. All other texts are plain words. Nothing here is HTML: that is made,
cleaned and styled by this package alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Who speaks: what every mail of a newsletter says about its sender."""

    name: str
    home: str  # absolute address of the public page
    address: str  # postal address, on one line
    contact: str  # an e-mail address that a person reads
    lang: str = "en"
    dir: Direction = "ltr"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueHead:
    """What stands above an issue's sections, the same for every reader."""

    title: str
    subject: str  # plain words and placeholders
    preheader: str = ""  # plain words and placeholders
    date: str = ""  # as people write it
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A judgement. `symbol` is one emoji, or nothing for a rating in figures; `value` counts in halves."""

    label: str
    symbol: str
    value: float
    of: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Running text: paragraphs, lists, quotes, code, tables, pictures, headings."""

    kind: ClassVar[str] = "prose"
    markdown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A quiet label and what it says."""

    kind: ClassVar[str] = "field"
    label: str
    markdown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subheading:
    """A heading inside a section, no item of its own."""

    kind: ClassVar[str] = "subheading"
    title: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture with an absolute address. `alt` is what it says to those who do not see it."""

    kind: ClassVar[str] = "image"
    src: str
    alt: str = ""
    caption: str = ""
    href: str = ""
    width: int | None = None  # of the picture itself, in pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    kind: ClassVar[str] = "button"
    label: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """A few words set apart, on a ground of their own."""

    kind: ClassVar[str] = "callout"
    title: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sponsor:
    """What somebody paid for. The mail always says so first."""

    kind: ClassVar[str] = "sponsor"
    name: str = ""
    href: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Two or three columns side by side, below each other on a phone."""

    kind: ClassVar[str] = "columns"
    columns: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Where this reader's list of sections goes. Once an issue; without it, after the opening words."""

    kind: ClassVar[str] = "contents"
    title: str = ""  # instead of "In your edition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in a section. Without a title it begins with its rating or its first part."""

    kind: ClassVar[str] = "item"
    title: str = ""
    href: str = ""
    ratings: tuple[Rating, ...] = ()
    parts: tuple[Part, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """A part of a section that not every edition with this section has: only those that have `key`."""

    kind: ClassVar[str] = "only"
    key: str
    part: Part


Part = Prose | Field | Subheading | Image | Button | Callout | Sponsor | Columns | Contents | Item | Only


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands below it: the unit that editions are made of.

    `key` names this block among all blocks of the issue, `id` is its anchor in the page. `label` is what
    stands above the heading: the topic's name where it says something the heading does not, or words for a
    section that goes to every reader.
    """

    key: str
    id: str
    title: str
    label: str = ""
    label_is_topic: bool = True
    parts: tuple[Part, ...] = ()

    @property
    def item_count(self) -> int:
        return sum(isinstance(inner(part), Item) for part in self.parts)

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """The numbers of items that readers may see, each with the key of an edition that has so many.

        An empty key: all who see the section see all its items.
        """
        if not any(isinstance(part, Only) for part in self.parts):
            return (("", self.item_count),)
        return tuple((count_key(self.key, count), count) for count in range(self.item_count + 1))


def count_key(section_key: str, count: int) -> str:
    """The key of an edition that has `count` items of a section whose items are not for everybody."""
    return f"{section_key}={count}"


def inner(part: Part) -> Part:
    """The part itself, whoever it is for."""
    return part.part if isinstance(part, Only) else part


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Everything an issue says. `definitions` are its Markdown link definitions, `[label]: address`."""

    head: IssueHead
    opening: tuple[Part, ...] = ()
    sections: tuple[Section, ...] = ()
    definitions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Which of an issue's blocks a reader gets, and the names that the footer says.

    `topics` are the chosen topics that the issue has, `also` those it has sections on that were left out.
    """

    keys: tuple[str, ...]
    topics: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def walk(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Every part, those inside others too, in order."""
    for part in parts:
        yield part
        match part:
            case Item() | Callout() | Sponsor():
                yield from walk(part.parts)
            case Only():
                yield from walk((part.part,))
            case Columns():
                for column in part.columns:
                    yield from walk(column)
            case _:
                pass
