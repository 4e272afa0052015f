"""The few words that an editor may leave open for each person: `{{ first_name | fallback("you") }}`.

The grammar has no logic, no nesting and no way to reach anything but the names below:

    placeholder = "{{" name [ "|" "fallback" "(" quoted ")" ] "}}"
    name        = "name" | "first_name"
    quoted      = '"' no quote, no line end '"', or the same with typographic quotes

Whatever else looks like a template language (`{{ config }}`, `${x}`, `<% x %>`, `%recipient.x%`) is text. It
is set aside before Markdown is read, so that it comes out in the letters in which it was typed.
"""

import re

from emails import marks
from emails.filling import Pieces, Place

NAMES = ("name", "first_name")

_PLACEHOLDER = re.compile(
    r"""\{\{[ \t]{0,9}(?P<name>name|first_name)[ \t]{0,9}
    (?:\|[ \t]{0,9}fallback\([ \t]{0,9}["“”](?P<fallback>[^"“”\n]{0,200})["“”][ \t]{0,9}\)[ \t]{0,9})?\}\}""",
    re.VERBOSE,
)

# Runs that other template languages would read. Bounded, so that no input makes the search slow.
_FOREIGN = re.compile(
    r"""(?<!\{)\{\{[^\n]{1,300}?\}\}+ | \{%[^\n]{1,200}?%\} | \{\#[^\n]{1,200}?\#\}
    | [$\#@*~]\{[^{}\n]{1,200}\} | \*\|[^|\n]{1,100}\|\* | <[%\#?][^\n]{1,200}?[%\#?]?> | %[A-Za-z][\w.-]{0,60}%
    | %\([\w.]{1,60}\)[sdr] | \{[\w.]{0,60}[.\[!:][^{}\s]{1,200}\}""",
    re.VERBOSE,
)
_EITHER = re.compile(rf"\\[{{<%$\#\[\\]|{_PLACEHOLDER.pattern}|(?P<foreign>{_FOREIGN.pattern})", re.VERBOSE)


def mark(source: str) -> str:
    """Markdown `source` with its placeholders as slots and foreign template code as literal letters.

    The slots stand in HTML until somebody says otherwise (`marks.in_place`). A backslash before the
    braces keeps them from being read.
    """
    return _EITHER.sub(_marked, marks.clean(source))


def mark_words(words: str, place: Place) -> str:
    """Plain `words` on one line, with their placeholders as slots in `place`; all else stays as typed."""
    return _PLACEHOLDER.sub(lambda found: _slot(found, place), marks.one_line(words))


def pieces(words: str, place: Place) -> Pieces:
    """Plain `words`, such as a subject, as text and slots."""
    return marks.template(mark_words(words, place))


def names_in(source: str) -> frozenset[str]:
    """The names of the placeholders in `source`."""
    return frozenset(found["name"] for found in _EITHER.finditer(source) if found["name"])


def _marked(found: re.Match[str]) -> str:
    if found["name"]:
        return _slot(found, Place.HTML)
    if found["foreign"]:
        return marks.literal(found["foreign"])
    return found[0]  # an escape: Markdown reads it


def _slot(found: re.Match[str], place: Place) -> str:
    return marks.slot(found["name"], place, (found["fallback"] or "").strip(), found[0])
