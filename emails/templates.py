"""The only Jinja environment for mails. It reads theme files and letters of ours, never anything typed.

MJML is escaped by itself, text is not; undefined words are an error. Values are plain, or Markup that
`words` has cleaned.
"""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from emails import marks, placeholders, reading, words
from emails.filling import Place
from emails.phrases import Phrases
from emails.theme import FOLDER, Theme
from emails.values import Publication, Rating, inner

_KINDS = Path(__file__).parent
_PREHEADER = 110  # letters; shorter ones are padded, or a list of mails shows what comes next


@lru_cache(maxsize=32)
def environment(theme: str) -> jinja2.Environment:
    """Templates of `theme`, where it has any, else of the plain theme, and those of the kinds of mail."""
    folders = [FOLDER / theme, FOLDER / "plain", _KINDS]
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=jinja2.select_autoescape(("mjml",), disabled_extensions=("txt", "css"), default=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(inline=_inline, blocks=_blocks, address=_address)
    made.globals.update(run=run, inner=inner, only=_nothing, fin=_nothing)
    return made


def render(name: str, theme: Theme, publication: Publication, phrases: Phrases, **values: Any) -> str:
    """The template `name` with the theme's tokens, directions, the program's sentences and `values`."""
    start, end = sides(publication)
    return (
        environment(theme.name)
        .get_template(name)
        .render(
            t=theme.tokens,
            start=start,
            end=end,
            publication=publication,
            say=phrases.say,
            count=phrases.count,
            listing=phrases.listing,
            day=phrases.day,
            moment=phrases.moment,
            said=partial(said, phrases=phrases),
            **values,
        )
    )


@lru_cache(maxsize=64)
def inline_css(theme: Theme, start: str) -> str:
    """The theme's rules that go into style attributes."""
    return environment(theme.name).get_template("inline.css").render(t=theme.tokens, start=start)


def sides(publication: Publication) -> tuple[str, str]:
    """Where a line starts and ends."""
    return ("left", "right") if publication.dir == "ltr" else ("right", "left")


def html_slot(name: str) -> Markup:
    """A gap for a personal word in HTML, a whole address too: it is percent-safe and needs no more."""
    return Markup(marks.slot(name, Place.HTML))  # noqa: S704 (hexadecimal digits)


def preheader_padding(typed: str) -> Markup:
    return Markup("&#8199;&#847;" * max(0, _PREHEADER - len(typed)))  # noqa: S704 (a constant)


def marked_words(typed: str) -> Markup:
    """Plain words with placeholders, for HTML."""
    marked = placeholders.mark_words(typed, Place.HTML)
    return escape(marked)


def value_said(rating: Rating, phrases: Phrases) -> str:
    """'3.5', or '3.5 out of 5' where the scale is known."""
    if rating.of is None:
        return f"{rating.value:g}"
    return phrases.say("%(value)s out of %(scale)s", value=f"{rating.value:g}", scale=str(rating.of))


def said(rating: Rating, phrases: Phrases) -> str:
    """'3.5 out of 5' where that says it all, 'Overall rating: 3' where the number needs its label."""
    value = value_said(rating, phrases)
    is_plain = rating.of is not None and rating.label.casefold() == "rating"
    return value if is_plain else f"{rating.label}: {value}"


def run(rating: Rating) -> str:
    """The emoji in a row. A half is the sign ½: no clipped picture survives every mail program."""
    return rating.symbol * int(rating.value) + ("½" if rating.value % 1 else "")


@jinja2.pass_context
def _inline(context: jinja2.runtime.Context, source: str, *, links: bool = True) -> Markup:
    return Markup(words.inline(source, context["setting"], links=links))  # noqa: S704 (cleaned)


@jinja2.pass_context
def _blocks(context: jinja2.runtime.Context, source: str, **given: Any) -> Markup:
    return Markup(words.blocks(source, context["setting"], **given))  # noqa: S704 (cleaned)


@jinja2.pass_context
def _address(context: jinja2.runtime.Context, typed: str) -> Markup:
    """What may stand in an href for the address that was typed: nothing, if a mail may not link there."""
    return escape(reading.address(typed, context["setting"].anchors))


def _nothing(_: str = "") -> str:
    return ""
