"""A heading that is one link and nothing else: `[words](address)`."""

from __future__ import annotations

from markdown_it import MarkdownIt

from newsletter.issues.document.plain import is_knotty

_INLINE = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})


def split_link(title: str) -> tuple[str, str | None]:
    """The words and the address of a title; the title as it is and None if it is not a plain link."""
    cut = title.rfind("](")
    if not (title.startswith("[") and title.endswith(")") and cut > 0 and not is_knotty(title)):
        return title, None
    href = _address(title)
    words = title[1:cut].strip()
    if href and words and _address(join_link(words, href)) == href:
        return words, href
    return title, None


def join_link(words: str, href: str | None) -> str:
    if href is None:
        return words
    return f"[{words}](<{href}>)" if "(" in href or ")" in href else f"[{words}]({href})"


def _address(title: str) -> str | None:
    """The address, if the whole title is one link without a title of its own."""
    children = _INLINE.parseInline(title)[0].children or []
    links = [child for child in children if child.type == "link_open"]
    if len(links) != 1 or links[0] is not children[0] or children[-1].type != "link_close":
        return None
    href = links[0].attrGet("href")
    return str(href) if href and not links[0].attrGet("title") else None
