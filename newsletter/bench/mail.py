"""The mails of one issue: what it takes to compile it, and to make each of its editions."""

from collections.abc import Sequence

from emails.editions import CompiledIssue
from emails.filling import Filled, fill
from newsletter import clock
from newsletter.bench.measuring import KB, Bench, Figure, processor_milliseconds
from newsletter.bench.people import TOPICS
from newsletter.bench.texts import issue_of
from newsletter.delivery import composing
from newsletter.issues import document
from newsletter.issues.document import Resolved, Topic
from newsletter.publications.models import Publication

WORDS = {
    "name": "Ada Eriksen",
    "first_name": "Ada",
    "address": "ada@example.org",
    "preferences_url": "https://news.example.org/p/0",
    "unsubscribe_url": "https://news.example.org/u/0",
    "browser_url": "https://news.example.org/v/0",
}


def measure(*, items: int, count: int) -> Bench:
    """Compile an issue of `items` items and make every edition of it, `count` times."""
    text, publication = issue_of(items), _publication()
    cold = [processor_milliseconds(lambda: _compile(text, publication))]
    warm = [processor_milliseconds(lambda: _compile(text, publication)) for _ in range(count)]
    resolved, kept = _resolve(text), _compile(text, publication).to_json()
    choices = _choices()
    mails = [_mail(CompiledIssue.from_json(kept), resolved, chosen) for chosen in choices]
    size = sum(len(mail.html.encode()) + len(mail.text.encode()) for mail in mails)
    times = [_all(CompiledIssue.from_json(kept), resolved, choices) for _ in range(count)]
    whole = mails[-1]
    return Bench(
        name="mail",
        what=f"an issue of {items} items and its {len(choices)} editions",
        figures=[
            Figure(name="edition compile, 100 KB", unit="ms", values=[t * 100 * KB / size for t in times], target=2.0),
            Figure(name="edition compile, one edition", unit="ms", values=[t / len(choices) for t in times]),
            Figure(name="issue compile, first in a process", unit="ms", values=cold),
            Figure(name="issue compile, again", unit="ms", values=warm),
            Figure(name="HTML of the whole issue", unit="KB", values=[len(whole.html.encode()) / KB], target=60.0),
            Figure(name="text of the whole issue", unit="KB", values=[len(whole.text.encode()) / KB]),
        ],
        notes=[
            "Edition compile: from a compiled issue to the finished HTML and text of one reader, once for every "
            "choice of topics, by blocks that no edition was made of before.",
            "Milliseconds are the processor's: it does nothing else here than compute.",
            "Issue compile: from Markdown to compiled blocks, with MJML and inline styles; once an issue.",
        ],
    )


def _mail(compiled: CompiledIssue, resolved: Resolved, chosen: frozenset[str]) -> Filled:
    template = compiled.edition(composing.edition(resolved, chosen))
    return fill(template, template.values(WORDS))


def _all(compiled: CompiledIssue, resolved: Resolved, choices: Sequence[frozenset[str]]) -> float:
    """Milliseconds of the processor for one mail of each edition."""
    return processor_milliseconds(lambda: [_mail(compiled, resolved, chosen) for chosen in choices])


def _publication() -> Publication:
    return Publication(
        slug="bench",
        name="The Bench",
        postal_address="1 Chart Row, Exampleton",
        sender_address="bench@example.org",
        list_label="bench",
        made_at=clock.now(),
    )


def _resolve(text: str) -> Resolved:
    return document.resolve(document.parse(text), [Topic(slug=name.lower(), name=name) for name in TOPICS])


def _compile(text: str, publication: Publication) -> CompiledIssue:
    words = composing.words_of(publication, "https://news.example.org")
    return composing.compose(_resolve(text), words, composing.theme_of(publication), number="1")


def _choices() -> list[frozenset[str]]:
    slugs = [name.lower() for name in TOPICS]
    return [frozenset(slug for at, slug in enumerate(slugs) if number >> at & 1) for number in range(2 ** len(slugs))]
