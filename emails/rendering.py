"""An issue to mails: every block is compiled once, an edition is their join.

    issue (values) -> Jinja -> MJML -> styles inline -> tidy -> chunks      compile_issue, once an issue
    chunks + which sections -> Template                                     CompiledIssue.edition, microseconds

`compiled_whole` makes one edition from its own MJML instead; the test-suite holds the two equal to the letter.
"""

import re
from collections.abc import Iterator

from markupsafe import Markup

from emails import marks, placeholders, templates
from emails.cleaning import cleaned
from emails.compiling import MARKER, compile_mjml
from emails.editions import ALSO, TOPICS, Chunk, CompiledIssue, wanted
from emails.filling import Place, Slot, Template
from emails.issue_text import text_chunks
from emails.phrases import ENGLISH, Phrases
from emails.theme import Theme
from emails.values import Contents, Edition, Issue, Only, Publication, walk
from emails.words import Setting

PERSONAL = ("preferences_url", "unsubscribe_url", "browser_url", "address", *placeholders.NAMES)
"""The words that a person's mail needs: `Template.values` is given them."""

_KEY = re.compile(r"[\w.~-]+")


def compile_issue(issue: Issue, publication: Publication, *, theme: Theme, phrases: Phrases = ENGLISH) -> CompiledIssue:
    """Compile all blocks of `issue`. Raises TooLarge, ValueError when two blocks share a key."""
    issue, publication = _prepared(issue), cleaned(publication)
    source = _source(issue, publication, theme, phrases, edition=None)
    page = compile_mjml(source, templates.inline_css(theme, templates.sides(publication)[0]))
    return CompiledIssue(
        subject=placeholders.pieces(issue.head.subject, Place.HEADER),
        html=tuple(_chunks(page)),
        text=tuple(text_chunks(issue, publication, setting(issue, publication, phrases), phrases)),
        listing=phrases.translate("%(first)s and %(last)s"),
    )


def edition_mjml(
    issue: Issue, publication: Publication, edition: Edition, *, theme: Theme, phrases: Phrases = ENGLISH
) -> str:
    """The MJML source of one edition as a whole, its gaps written as {{ name }}: for people to read."""
    source = _source(_prepared(issue), cleaned(publication), theme, phrases, edition=edition)
    return re.sub(r"\n\s*\n+", "\n", marks.readable(source))


def compiled_whole(
    issue: Issue, publication: Publication, edition: Edition, *, theme: Theme, phrases: Phrases = ENGLISH
) -> Template:
    """One edition, its HTML compiled by itself."""
    source = _source(_prepared(issue), cleaned(publication), theme, phrases, edition=edition)
    page = compile_mjml(source, templates.inline_css(theme, templates.sides(publication)[0]))
    joined = compile_issue(issue, publication, theme=theme, phrases=phrases).edition(edition)
    return Template(subject=joined.subject, html=marks.template(page), text=joined.text)


def setting(issue: Issue, publication: Publication, phrases: Phrases) -> Setting:
    """What the issue's Markdown needs to know: anchors lead to the issue's page."""
    return Setting(
        anchors=templates.html_slot("browser_url"),
        definitions=issue.definitions,
        picture=phrases.say("Picture"),
        start=templates.sides(publication)[0],
    )


def _prepared(issue: Issue) -> Issue:
    """`issue` cleaned, with contents, and with keys that the markers can carry."""
    issue = cleaned(issue)
    keys = [section.key for section in issue.sections]
    keys += {part.key for section in issue.sections for part in section.parts if isinstance(part, Only)}
    wrong = sorted({key for key in keys if not _KEY.fullmatch(key) or keys.count(key) > 1})
    if wrong:
        raise ValueError(f"Blocks need keys of their own, of letters, digits and . _ ~ -: {', '.join(wrong)}")
    everything = (*issue.opening, *(part for section in issue.sections for part in section.parts))
    if any(isinstance(part, Contents) for part in walk(everything)):
        return issue
    return Issue(
        head=issue.head,
        opening=(*issue.opening, Contents()),
        sections=issue.sections,
        definitions=issue.definitions,
    )


def _source(issue: Issue, publication: Publication, theme: Theme, phrases: Phrases, *, edition: Edition | None) -> str:
    """The MJML of one edition, or of all blocks with markers between them."""
    if edition is None:
        names: dict[str, str] = {"topics": templates.html_slot(TOPICS), "also": templates.html_slot(ALSO)}
        marking = {"shown": lambda _: True, "only": _only, "fin": _fin}
    else:
        names = {"topics": phrases.listing(edition.topics), "also": phrases.listing(edition.also)}
        marking = {"shown": wanted(edition).__contains__}
    head = issue.head
    return templates.render(
        "issue/body.mjml",
        theme,
        publication,
        phrases,
        setting=setting(issue, publication, phrases),
        head=head,
        subject=templates.marked_words(head.subject),
        preheader=templates.marked_words(head.preheader),
        padding=templates.preheader_padding(head.preheader),
        meta=meta(head.number, head.date, phrases, Markup(" &middot; ")),
        opening=issue.opening,
        person={name: templates.html_slot(name) for name in PERSONAL},
        browser=templates.html_slot("browser_url"),
        contact_link=_contact(publication),
        sections=issue.sections,
        **names,
        **marking,
    )


def meta(number: str, date: str, phrases: Phrases, between: str) -> str:
    """'No. 42 · Friday 20 November 2026', as far as there is either."""
    said = [phrases.say("No. %(number)s", number=number)] if number else []
    if date:
        said.append(date)
    return between.join(said)


def _contact(publication: Publication) -> Markup:
    return Markup('<a class="s" href="mailto:%s">%s</a>') % (publication.contact, publication.contact)


def _only(key: str) -> Markup:
    return Markup(f"<!--@+{key}-->")  # noqa: S704 (checked by _prepared)


def _fin() -> Markup:
    return Markup("<!--@-->")


def _chunks(page: str) -> Iterator[Chunk]:
    """`page` cut at its markers and at the words of the edition."""
    needs: list[str] = []
    at = 0
    for found in [*MARKER.finditer(page), None]:
        stretch = page[at : found.start() if found else len(page)]
        yield from _cut(stretch, frozenset(needs))
        if found is None:
            return
        at = found.end()
        if found[1]:
            needs.append(found[1].removeprefix("+"))
        else:
            needs.pop()


def _cut(stretch: str, needs: frozenset[str]) -> Iterator[Chunk]:
    """Chunks of a stretch without markers: words of the edition are chunks of their own."""
    held: list[str | int | Slot] = []
    for piece in marks.pieces(stretch):
        if isinstance(piece, Slot) and piece.name in (TOPICS, ALSO):
            if held:
                yield Chunk(needs, tuple(held))
            yield Chunk(needs, (), word=piece.name)
            held = []
        else:
            held.append(piece)
    if held:
        yield Chunk(needs, tuple(held))
