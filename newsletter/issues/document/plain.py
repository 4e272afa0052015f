"""Markdown to the words it shows, without marks. For headings, for the command's answer, for alt texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from newsletter.issues.document.model import Reference

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
_LONGEST = 20_000  # characters
_MOST_BRACKETS = 100
_BREAKS = {"softbreak": " ", "hardbreak": " "}
_SPACES = re.compile(r"[ \t\n]+")


def is_knotty(markdown: str) -> bool:
    """Say whether finding the links in it could take seconds; such a text stays as it was typed."""
    return len(markdown) > _LONGEST or markdown.count("[") > _MOST_BRACKETS


def plain(markdown: str, references: Sequence[Reference] = ()) -> str:
    """The words of inline Markdown (a title, a label, the value of a field) on one line."""
    if is_knotty(markdown):
        return _one_line(iter([markdown]))
    env = {"references": {each.label: {"href": each.href, "title": each.title} for each in references}}
    return _one_line(_words(_MARKDOWN.parseInline(markdown, env)))


def plain_blocks(markdown: str, references: Sequence[Reference] = ()) -> str:
    """The words of any Markdown, each paragraph, list entry or line of code on a line of its own."""
    if is_knotty(markdown):
        return markdown
    env = {"references": {each.label: {"href": each.href, "title": each.title} for each in references}}
    tokens = _MARKDOWN.parse(markdown, env)
    texts = [_text(token) for token in tokens if token.type in ("inline", "fence", "code_block")]
    return "\n".join(filter(None, texts))


def _text(token: Token) -> str:
    return _one_line(_words([token])) if token.type == "inline" else token.content.strip("\n")


def _one_line(words: Iterator[str]) -> str:
    return _SPACES.sub(" ", "".join(words)).strip(" ")


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children:
            yield from _words(token.children)
        elif token.type in ("text", "code_inline", "text_special", "image"):
            yield token.content
        else:
            yield _BREAKS.get(token.type, "")
