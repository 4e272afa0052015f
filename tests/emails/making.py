"""Small issues and their mails, for the tests that look at what comes out."""

from emails import theme
from emails.filling import Filled, fill
from emails.rendering import compile_issue
from emails.values import Edition, Field, Issue, IssueHead, Item, Part, Prose, Publication, Rating, Section

LOOK = theme.load()
PUBLICATION = Publication(
    name="Quay & Sons", home="https://example.org/", address="1 Quay, Town", contact="post@example.org"
)
PERSON = {
    "name": "Mara Lind",
    "first_name": "Mara",
    "address": "mara@example.org",
    "browser_url": "https://example.org/v/b",
    "preferences_url": "https://example.org/p/p",
    "unsubscribe_url": "https://example.org/u/u",
}
HEAD = IssueHead(title="Title", subject="Subject", preheader="Before", date="Friday 6 November 2026", number="3")


def item(title: str = "An item", *parts: Part) -> Item:
    rating = Rating(label="Rating", symbol="🧭", value=3.5, of=5, note="nearly")
    fields = (Field(label="What", markdown="A [thing](https://example.org/thing)."), *parts)
    return Item(title=title, href="https://example.org/item", ratings=(rating,), parts=fields)


def section(key: str, *parts: Part, label: str = "") -> Section:
    return Section(key=key, id=key, title=f"About {key}", label=label, parts=parts or (item(),))


def issue(*sections: Section, opening: tuple[Part, ...] = (Prose(markdown="Hello {{ first_name }}."),)) -> Issue:
    return Issue(head=HEAD, opening=opening, sections=sections)


def mail(of: Issue, edition: Edition | None = None, publication: Publication = PUBLICATION) -> Filled:
    keys = tuple(each.key for each in of.sections)
    template = compile_issue(of, publication, theme=LOOK).edition(edition or Edition(keys=keys, topics=("Maps",)))
    return fill(template, template.values(PERSON))
