"""Markdown to safe HTML for mails and pages, and to plain text with numbered links.

The HTML bears only short classes, which a theme (or the archive's style sheet) gives their look:
f paragraph · q quotation · e its source · z a ground · d code · g table · p picture · o0 rule. The last step is
always `safe`, an allow-list. Texts may hold marks (see `marks`): gaps for personal words.
"""

import html as html_entities
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nh3
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from emails import marks, reading
from emails.filling import Place, join

_CLASSES = {"f", "j", "q", "e", "s", "z", "v0", "d", "g", "p", "o0", "k0"}
_TAGS = {
    *("p", "h3", "h4", "h5", "h6", "br", "em", "strong", "i", "s", "code", "pre", "a", "img", "ul", "ol", "li"),
    *("blockquote", "table", "thead", "tbody", "tr", "th", "td"),
}
_LAYOUT = {"role", "border", "cellpadding", "cellspacing", "width"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes={
        "a": {"href", "title"},
        "img": {"src", "alt", "title", "width"},
        "ol": {"start"},
        "table": _LAYOUT,
        "th": {"scope", "align"},
        "td": {"align"},
        "p": {"aria-hidden"},
        "pre": {"dir"},
    },
    allowed_classes=dict.fromkeys(("p", "blockquote", "td", "pre", "table", "img", "h3", "h4", "h5", "h6"), _CLASSES),
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)


Env = MutableMapping[str, Any]  # markdown-it's word for what a renderer is given


def safe(fragment: str) -> str:
    """`fragment` with nothing in it but what a mail may hold. Doing it twice changes nothing more."""
    return _CLEANER.clean(fragment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What Markdown needs to know of its surroundings.

    `anchors` is put before links such as `#maps`: in a mail the marked address of the issue's page, in a
    page nothing. `definitions` are the issue's link definitions, as Markdown.
    """

    anchors: str = ""
    definitions: str = ""
    picture_width: int = 552
    picture: str = "Picture"
    start: str = "left"  # where a line starts


PLAIN = Setting()


@lru_cache(maxsize=4096)
def inline(source: str, setting: Setting = PLAIN, *, links: bool = True) -> str:
    """A title's or label's Markdown as marked HTML; without `links` only their words remain."""
    tokens = reading.read_inline(source, setting.definitions)
    return _write(tokens, {"setting": setting, "links": links})


@lru_cache(maxsize=4096)
def blocks(
    source: str, setting: Setting = PLAIN, *, level: int = 3, first: str = "f", every: str = "f", lead: str = ""
) -> str:
    """Markdown as marked HTML: headings from `level` down, `first` and `every` the paragraphs' classes.

    `lead` is HTML of ours that runs in before the first paragraph's words.
    """
    tokens = reading.read(source, setting.definitions)
    top = min((int(token.tag[1]) for token in tokens if token.type == "heading_open"), default=1)
    given = {"setting": setting, "links": True, "shift": level - top, "first": first, "every": every}
    written = _write(tokens, given)
    return _led(written, lead) if lead else written


def page(source: str, setting: Setting = PLAIN, *, level: int = 3) -> str:
    """Markdown as HTML for everybody: placeholders say their fallback."""
    return for_everybody(blocks(source, setting, level=level))


def for_everybody(marked: str) -> str:
    """Marked HTML with the fallbacks of its placeholders, escaped."""
    found = marks.template(marked)
    fallbacks = {piece.key: html_entities.escape(piece.fallback) for piece in found if not isinstance(piece, str)}
    return join(found, fallbacks)


@lru_cache(maxsize=4096)
def plain(source: str) -> str:
    """A title's words without markup, on one line; marks stay, standing in text."""
    return " ".join(_letters(reading.read_inline(source)).split())


def _letters(tokens: Sequence[Token]) -> str:
    return "".join(
        _letters(token.children)
        if token.children
        else {"softbreak": " ", "hardbreak": " "}.get(token.type, token.content)
        for token in tokens
    )


def _write(tokens: Sequence[Token], given: Env) -> str:
    written = _WRITER.render(tokens, _OPTIONS, given)
    return marks.in_place(safe(written), Place.HTML)


def _led(written: str, lead: str) -> str:
    found = _OPENING.match(written)
    if found:
        return f"{found[0]}{lead} {written[found.end() :]}"
    return f'<p class="f">{lead}</p>\n{written}'


_OPENING = re.compile(r'<p(?: class="\w+")?>')
_OPTIONS = OptionsDict(
    {
        "maxNesting": 20, "html": False, "linkify": False, "typographer": False, "quotes": "",
        "xhtmlOut": False, "breaks": False, "langPrefix": "", "highlight": None,
    }
)  # fmt: skip
_CODE = (
    '<table role="presentation" class="k0" border="0" cellpadding="0" cellspacing="0" width="100%">'
    '<tr><td class="z v0"><pre class="d" dir="ltr">{}</pre></td></tr></table>\n'
)
_SOURCE = re.compile(r"(?:[—–―]|--)\s*")  # how a quotation's last paragraph names who said it


class _Writer(RendererHTML):
    """Writes tokens with our classes. `env` holds what `blocks` and `inline` were given."""

    def paragraph_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        if tokens[idx].hidden:
            return ""
        if _is_in_quote(tokens, idx):
            return '<p class="e s">' if _is_source(tokens, idx) else f"<p{_class(_nth(tokens, idx))}><i>"
        name = env["first"] if idx == 0 else env["every"]
        return f"<p{_class(name)}>" if tokens[idx].level == 0 else '<p class="f">'

    def paragraph_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        if tokens[idx].hidden:
            return "\n" if tokens[idx + 1 : idx + 2] and tokens[idx + 1].type.endswith("_open") else ""
        italic = _is_in_quote(tokens, idx) and not _is_source(tokens, idx - 2)
        return "</i></p>\n" if italic else "</p>\n"

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return f'<h{_level(tokens[idx], env)} class="j">'

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return f"</h{_level(tokens[idx], env)}>\n"

    def blockquote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return '<blockquote class="q">'

    def hr(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return '<p class="o0 s" aria-hidden="true">&middot;&emsp;&middot;&emsp;&middot;</p>\n'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return _CODE.replace("{}", escapeHtml(tokens[idx].content.rstrip("\n")))

    code_block = fence

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return '<table class="g" border="0" cellpadding="0" cellspacing="0" width="100%">'

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        alignment = _alignment(tokens[idx]) or f' align="{env["setting"].start}"'  # else it is centred
        return f'<th scope="col"{alignment}>'

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return f"<td{_alignment(tokens[idx])}>"

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        if not env["links"]:
            return ""
        href = str(tokens[idx].attrs.get("href", ""))
        if href.startswith("#"):
            href = env["setting"].anchors + href
        title = str(tokens[idx].attrs.get("title", ""))
        return f'<a href="{escapeHtml(href)}"' + (f' title="{escapeHtml(title)}">' if title else ">")

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return "</a>" if env["links"] else ""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        token = tokens[idx]
        src, alt = str(token.attrs.get("src", "")), _letters(token.children or [])
        if not src.lower().startswith(("http://", "https://")):
            return escapeHtml(alt)
        width = env["setting"].picture_width
        return f'<img class="p" src="{escapeHtml(src)}" alt="{escapeHtml(alt)}" width="{width}">'


_WRITER = _Writer()


def _level(token: Token, env: Env) -> int:
    shift: int = env["shift"]
    return max(3, min(6, int(token.tag[1]) + shift))


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _alignment(token: Token) -> str:
    found = re.search(r"text-align:(left|right|center)", str(token.attrs.get("style", "")))
    return f' align="{found[1]}"' if found else ""


def _is_in_quote(tokens: Sequence[Token], idx: int) -> bool:
    """Whether the paragraph at `idx` stands directly in a quotation."""
    level = tokens[idx].level
    for token in reversed(tokens[:idx]):
        if token.level == level - 1 and token.nesting == 1:
            return token.type == "blockquote_open"
    return False


def _is_source(tokens: Sequence[Token], idx: int) -> bool:
    """Whether the paragraph at `idx` ends a quotation and names its source."""
    last = tokens[idx + 3 : idx + 4]
    return bool(last) and last[0].type == "blockquote_close" and bool(_SOURCE.match(tokens[idx + 1].content))


def _nth(tokens: Sequence[Token], idx: int) -> str:
    return "" if tokens[idx - 1].type == "blockquote_open" else "f"
