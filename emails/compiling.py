"""MJML to the HTML of a mail: compile, put styles inline, tidy. The only module that knows MJML's engine.

The engine crashes the process on very deep nesting and lets attributes be broken out of, so its input is
measured first, and everything in it comes from our templates, escaped or cleaned before.
"""

import re
from functools import lru_cache

import css_inline
from mjml import mjml2html

LARGEST = 512 * 1024  # bytes of MJML
DEEPEST = 100  # elements inside each other

MARKER = re.compile(r"<!--@([^>]*?)-->")  # stands between two blocks, see `rendering`


class TooLarge(ValueError):
    """A mail that no mail program would show; the message says how large it is and what to do."""


def compile_mjml(source: str, inline_css: str) -> str:
    """The finished HTML of `source`, with the rules of `inline_css` in its style attributes.

    Raises TooLarge. No address is ever fetched, and none is put in that `source` does not hold.
    """
    check_size(source)
    # The engine writes attributes as Rust would print them: anything but plain ASCII would come out as an
    # escape of that language, and so would a backslash. Character references pass as they are.
    plain = source.replace("\\", "&#92;").encode("ascii", "xmlcharrefreplace").decode()
    page = mjml2html(plain, disable_comments=False, fonts={})
    written = page if isinstance(page, str) else page.content
    return tidy(_inliner(inline_css).inline(written.replace("<style ", _KEPT_STYLE)).replace(_KEPT_STYLE, "<style "))


_KEPT_STYLE = '<style data-css-inline="ignore" '


@lru_cache(maxsize=32)
def _inliner(css: str) -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        keep_style_tags=True,
        keep_at_rules=True,
        keep_link_tags=True,
        load_remote_stylesheets=False,
        extra_css=css,
    )


_TAG = re.compile(r"<(/?)([a-z][\w-]*)[^<>]*?(/?)>", re.IGNORECASE)
_VOID = {"br", "img", "meta", "hr", "link", "input", "area", "base", "col", "embed", "source", "track", "wbr"}


def check_length(size: int) -> None:
    """Raise TooLarge for more bytes, of MJML or of the words for it, than can be compiled."""
    if size > LARGEST:
        raise TooLarge(
            f"The mail is {size // 1024:,} KB before it is compiled; {LARGEST // 1024} KB are possible. "
            "Make the issue shorter, or put long texts on a page and link to them."
        )


def check_size(source: str) -> None:
    """Raise TooLarge for a source that is too long or too deep."""
    check_length(len(source.encode()))
    depth = deepest = 0
    for closes, name, empty in _TAG.findall(source):
        if empty or name.lower() in _VOID:
            continue
        depth += -1 if closes else 1
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise TooLarge(
            f"The mail has {deepest} elements inside each other; at most {DEEPEST} are possible. "
            "Take some lists, quotations or boxes out of each other."
        )


_MERGE = re.compile(r"<!\[endif\]-->((?:\s|<!--@[^>]*-->)*)<!--\[if mso( \| IE)?\]>")
_OLD_WORD = re.compile(r"<!--\[if lte mso 11\]>.*?<!\[endif\]-->", re.DOTALL)
_COLUMN_RULES = re.compile(
    r'<style type="text/css">@media only screen and \(min-width:\d+px\) \{ \.mj-column.*?</style>'
    r'|<style media="screen and.*?</style>',
    re.DOTALL,
)
_ELEMENT = re.compile(r'<[a-z][^<>"]*(?:"[^"]*"[^<>"]*)*>', re.IGNORECASE)
_ATTRIBUTE = re.compile(r'( [a-z-]+)="([^"]*)"', re.IGNORECASE)
_STYLE_BLOCK = re.compile(r"<style.*?</style>", re.DOTALL)
_SELECTOR = re.compile(r"\.([a-z][\w-]*)")
_CELL = re.compile(
    r'<td((?: class="[^"]*")?) align="(?:left|right)" style="([^"]*)"><div style="([^"]*text-align:(?:left|right))'
)
_BLOCKS = "table|tr|td|div|p|h1|h2|h3|h4|blockquote"
_BETWEEN = re.compile(rf">\s+<(?=/?(?:{_BLOCKS}|ul|ol|li|html|head|body|meta|style|title|!))")
_AFTER_OPENING = re.compile(rf"(<(?:{_BLOCKS}|li)\b[^>]*>)\s+")
_BEFORE_CLOSING = re.compile(rf"\s+(</(?:{_BLOCKS}|li)>)")
_LINE_ENDS = re.compile(r"(</(?:p|h1|h2|h3|tr|table|style|title|head)>)")
_BREAK_WORDS = "word-break:break-word"


def tidy(page: str) -> str:
    """`page` without the tenth of MJML's bytes that says nothing in one column: not one pixel moves.

    Works only on what stands side by side, so the tidied parts of a mail are the parts of the tidied mail.
    """
    used = frozenset(_SELECTOR.findall(" ".join(_STYLE_BLOCK.findall(page))))
    page = _ELEMENT.sub(lambda found: _tidy_element(found[0], used), page)  # first: makes the others safe
    page = re.sub(r'(<div class="m"[^>]* style=")', rf"\1{_BREAK_WORDS};", page)  # inherited from here
    page = _MERGE.sub(_merged, page)
    page = _OLD_WORD.sub("", page).replace("<tbody>", "").replace("</tbody>", "")
    page = _COLUMN_RULES.sub("", page)
    page = _CELL.sub(r'<td\1 style="\2"><div style="\3', page)
    return _tight_space(page)


@lru_cache(maxsize=4096)  # a mail has many elements, and most of them alike
def _tidy_element(element: str, used: frozenset[str]) -> str:
    """An opening tag with tight attributes.

    Angle brackets in them are escaped again: from here on every one is ours, and no attribute can look like a
    tag, a conditional or a marker.
    """
    return _ATTRIBUTE.sub(lambda found: _tidy_attribute(found[1], found[2], used), element)


def _tidy_attribute(name: str, value: str, used: frozenset[str]) -> str:
    if name == " style":
        value = re.sub(r"\s*([:;,])\s*", r"\1", value).replace(_BREAK_WORDS, "").replace(" 0px", " 0")
        value = re.sub(";+", ";", value).strip(";")
    elif name == " class":
        value = " ".join(each for each in value.split() if each in used)
        if not value:
            return ""
    return f'{name}="{value.replace("<", "&lt;").replace(">", "&gt;")}"'


def _merged(found: re.Match[str]) -> str:
    """Two neighbouring conditionals as one, the markers between them kept inside it."""
    return "".join(f"<!--@{marker}-->" for marker in MARKER.findall(found[1]))


def _tight_space(page: str) -> str:
    verbatim: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        verbatim.append(found[0])
        return "<!--verbatim-->"

    page = re.sub(r"<pre\b.*?</pre>", put_aside, page, flags=re.DOTALL)
    page = _BETWEEN.sub("><", page)
    page = _AFTER_OPENING.sub(r"\1", page)
    page = _BEFORE_CLOSING.sub(r"\1", page)
    page = _LINE_ENDS.sub(r"\1\n", page)
    return re.sub("<!--verbatim-->", lambda _: verbatim.pop(0), page)
