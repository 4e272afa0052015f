"""Plain words to Markdown that shows exactly these words. Pure."""

from __future__ import annotations

import re

from newsletter.issues.document import parse, plain, plain_blocks
from newsletter.issues.document.attributes import read_head

_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|~&!:+=.)\-]")
_INLINE_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|~&!]")
_MOST_SIGNS = 20  # words with more are escaped without a look whether they need it


def inline(words: str) -> str:
    """Words for a place in a line: the value of a field."""
    shown = " ".join(words.split())
    is_simple = len(_INLINE_SIGNS.findall(shown)) <= _MOST_SIGNS and _shows(shown, shown)
    return shown if is_simple else _INLINE_SIGNS.sub(r"\\\g<0>", shown)


def heading(words: str) -> str:
    """Words for a heading: none of them may be read as attributes, or as the heading's end."""
    shown = inline(words)
    if read_head(shown).title != shown or read_head(shown).unread or shown.startswith("["):
        shown = _INLINE_SIGNS.sub(r"\\\g<0>", " ".join(words.split()))
    return shown


def paragraph(words: str) -> str:
    """Words for a paragraph of their own: no list, heading, quote, code, field or directive comes of them."""
    shown = inline(words)
    if _is_paragraph(shown, words):
        return shown
    return _SIGNS.sub(r"\\\g<0>", " ".join(words.split()))


def _shows(markdown: str, words: str) -> bool:
    return "{{" not in markdown and plain(markdown) == words


def _is_paragraph(markdown: str, words: str) -> bool:
    inside = parse(f"---\n---\n\n## x\n\n{markdown}\n").sections
    one_block = len(inside) == 1 and len(inside[0].blocks) == 1 and not inside[0].items
    return one_block and plain_blocks(markdown) == " ".join(words.split())
