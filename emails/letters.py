"""Letters: single mails to one person. Each says what happened, what happens next and how to undo it.

A kind of letter is a class here, for the words it needs, and a folder of its name with the sentences: subject.txt,
body.mjml, body.txt and sample.toml. A letter is rendered for one person, so its template has no gaps.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import ClassVar

from emails import templates
from emails.cleaning import cleaned
from emails.compiling import compile_mjml
from emails.filling import Template
from emails.phrases import ENGLISH, Phrases
from emails.plain import wrap_lines
from emails.theme import Theme
from emails.values import Publication
from emails.words import PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Asks whether a sign-up was meant. It holds nothing that was typed: neither a name nor the address.

    Anybody may type anybody's address into a form, so its words must be worth nothing to whoever did.
    """

    kind: ClassVar[str] = "confirm"
    link: str  # to a page with one button: opening it changes nothing
    never_link: str  # to the page "never mail me again"
    site: str  # host name of the page
    asked_at: datetime  # in the publication's zone, like every moment here
    until: datetime
    topics: tuple[str, ...] = ()  # names from the publication's own list


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTopic:
    """A topic that a reader chose: its name, the sentence about it, its last section."""

    name: str
    text: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    kind: ClassVar[str] = "welcome"
    preferences_link: str
    unsubscribe_link: str
    sender: str  # the address to put into one's address book
    confirmed_at: datetime
    topics: tuple[ChosenTopic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The way to one's own topics, for who asked for it, or signed up a second time."""

    kind: ClassVar[str] = "preferences"
    link: str
    unsubscribe_link: str
    site: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """An editor's way in."""

    kind: ClassVar[str] = "signin"
    link: str
    site: str
    until: datetime
    is_invitation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something stands still until somebody acts. To the people who run the newsletter."""

    kind: ClassVar[str] = "alarm"
    title: str  # what happened, to what: "“Paper trails” was not sent"
    why: str
    mend: str  # what to do
    link: str
    button: str = ""
    at: datetime


Letter = Confirm | Welcome | Preferences | SignIn | Alarm


def render_letter(letter: Letter, publication: Publication, *, theme: Theme, phrases: Phrases = ENGLISH) -> Template:
    """The finished letter."""
    letter, publication = cleaned(letter), cleaned(publication)
    words = {field.name: getattr(letter, field.name) for field in fields(letter)}

    def written(name: str, **more: str) -> str:
        return templates.render(
            f"{letter.kind}/{name}", theme, publication, phrases, letter=letter, setting=PLAIN, **words, **more
        )

    subject = " ".join(written("subject.txt").split())
    padding = templates.preheader_padding("")
    source = written("body.mjml", subject=subject, padding=padding, meta="", browser="")
    page = compile_mjml(source, templates.inline_css(theme, templates.sides(publication)[0]))
    return Template(subject=(subject,), html=(page,), text=(wrap_lines(written("body.txt")),))


def as_test_copy(template: Template, phrases: Phrases = ENGLISH) -> Template:
    """An edition as a test copy: its subject says so."""
    before, _, after = phrases.say("Test: %(subject)s", subject="\0").partition("\0")
    return replace(template, subject=(before, *template.subject, *((after,) if after else ())))
