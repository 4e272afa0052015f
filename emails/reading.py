"""Markdown source to tokens that are safe to write: no HTML, no foreign link, slots set aside.

CommonMark with tables and strikethrough. Bare addresses become links; links go to http, https, mailto, tel
or an anchor of the same issue, and a personal word may stand in a link's path or query but never in its host.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from emails import marks, placeholders
from emails.filling import Place

_LINKABLE = re.compile(
    r"https?://[^\s/?#\ufdd0-\ufdd3]+(?:[/?#]\S*)?|mailto:[^\s:]+|tel:\+?[\d().-]+|#[\w.-]+", re.ASCII | re.IGNORECASE
)
_MARK_IN_HOST = re.compile(r"[^/?#]*(?:/{1,2}[^/?#\ufdd0-\ufdd3]*)?[\ufdd0-\ufdd3]")
_BARE = re.compile(r"https?://[^\s<>\"“”]+", re.IGNORECASE)
_TRAILING = ".,;:!?'’*_…»"


def is_linkable(address: str) -> bool:
    """Whether a mail may link to `address` (as normalised by Markdown, or a plain address)."""
    return _LINKABLE.fullmatch(address) is not None


@lru_cache(maxsize=4096)
def address(typed: str, anchors: str = "") -> str:
    """The marked form of an address from an option or a heading, or nothing if no mail may link there.

    `anchors` is put before an address like `#maps`.
    """
    found = marks.in_place(_READER.normalizeLink(placeholders.mark(typed.strip())), Place.URL)
    if not is_linkable(found):
        return ""
    return anchors + found if found.startswith("#") else found


class _Reader(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 (markdown-it's name)
        return is_linkable(url)

    def normalizeLink(self, url: str) -> str:  # noqa: N802 (markdown-it's name)
        if _MARK_IN_HOST.match(url):  # it would come out as the punycode of its signs
            return ""
        return marks.unquoted(super().normalizeLink(url))


_READER = _Reader("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("html_block")
Tokens = Sequence[Token]


@lru_cache(maxsize=4096)
def read(source: str, definitions: str = "") -> Tokens:
    """Blocks of `source`; `definitions` are link definitions that stand elsewhere. Not to be changed."""
    tokens = _READER.parse(placeholders.mark(source), _environment(definitions))
    return tuple(_settle(tokens))


@lru_cache(maxsize=4096)
def read_inline(source: str, definitions: str = "") -> Tokens:
    """The same for a text without blocks, such as a title: one token, whose children are the text."""
    line = " ".join(source.split())
    tokens = _READER.parseInline(placeholders.mark(line), _environment(definitions))
    return tuple(_settle(tokens))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that is a paragraph of its own: its title is its caption."""

    src: str
    alt: str
    title: str
    href: str = ""


def picture(source: str, definitions: str = "") -> Picture | None:
    """The picture that `source` consists of, linked or not; None when there is more to it, or less."""
    tokens = read(source, definitions)
    children = list(tokens[1].children or []) if len(tokens) == 3 and tokens[1].type == "inline" else []
    href = ""
    if len(children) == 3 and children[0].type == "link_open":
        href = str(children[0].attrs.get("href", ""))
        children = children[1:2]
    if len(children) != 1 or children[0].type != "image":
        return None
    said = {name: str(value) for name, value in children[0].attrs.items()}
    return Picture(src=said.get("src", ""), alt=children[0].content, title=said.get("title", ""), href=href)


def _environment(definitions: str) -> dict[str, Any]:
    return {"references": dict(_references(definitions))} if definitions else {}


@lru_cache(maxsize=64)
def _references(definitions: str) -> dict[str, Any]:
    environment: dict[str, Any] = {}
    _READER.parse(marks.clean(definitions), environment)
    references: dict[str, Any] = environment.get("references", {})
    return references


def _settle(tokens: Iterable[Token]) -> list[Token]:
    """The tokens with their literals as letters, code as typed, personal words in links marked as such."""
    settled: list[Token] = []
    links = 0
    for token in tokens:
        links += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        _settle_attributes(token)
        if token.children:
            token.children = _settle(token.children)
        if token.type in ("code_inline", "code_block", "fence"):
            token.content = marks.as_typed(token.content)
        if token.type == "text":
            token.content = marks.in_place(token.content, Place.TEXT)
            settled.extend([token] if links else _linked(token))
        else:
            settled.append(token)
    return settled


def _settle_attributes(token: Token) -> None:
    for name, value in token.attrs.items():
        is_address = name in ("href", "src")
        settled = marks.in_place(str(value), Place.URL if is_address else Place.TEXT)
        token.attrs[name] = settled if is_address else " ".join(settled.split())


def _linked(token: Token) -> list[Token]:
    """A text token, cut where it holds bare addresses."""
    if "://" not in token.content:
        return [token]
    found: list[Token] = []
    at = 0
    for match in _BARE.finditer(token.content):
        address = _without_trail(match[0])
        href = marks.in_place(_READER.normalizeLink(address), Place.URL)
        if not is_linkable(href):
            continue
        found.append(_text(token.content[at : match.start()]))
        found.append(Token("link_open", "a", 1, attrs={"href": href}, markup="linkify"))
        found.append(_text(address))
        found.append(Token("link_close", "a", -1, markup="linkify"))
        at = match.start() + len(address)
    return [*found, _text(token.content[at:])]


def _without_trail(address: str) -> str:
    """`address` without the sentence's own punctuation; a closing bracket stays if it was opened."""
    while address:
        if address[-1] in _TRAILING or (address[-1] == ")" and address.count("(") < address.count(")")):
            address = address[:-1]
        else:
            break
    return address


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
