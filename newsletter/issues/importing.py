"""Taking in a text from outside: Markdown as it is, plain text turned into Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.issues import escaping
from newsletter.issues.dates import date_in_title
from newsletter.issues.document import (
    Directive,
    DirectiveName,
    Document,
    Field,
    Finding,
    FrontMatter,
    Item,
    Prose,
    Section,
    Topic,
    fold,
    normalise,
    parse,
    slugify,
    write,
)
from newsletter.issues.document.parsing import is_too_long
from newsletter.issues.document.slugs import unique
from newsletter.issues.plain_text import PlainIssue, PlainItem, PlainSection, is_plain_text, read_plain_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`text` is what the issue holds, `document` the same parsed. `new_topics` have to be made, hidden.

    `findings` are those of taking the text in; the document has its own.
    """

    text: str
    document: Document
    new_topics: tuple[Topic, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        return self.document.sections


class TopicsMissing(Exception):
    """Sections have names of topics that do not exist, and none may be made. `names` holds them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        listed = ", ".join(f"“{name}”" for name in names)
        super().__init__(f"No topic is called {listed}. Make these topics first, or import again and let us make them.")


def import_text(text: str, file_name: str, topics: Sequence[Topic], *, create_topics: bool = True) -> Imported:
    """Take in a text. Every word of it is in the text that comes back.

    Plain text has labelled lines and no heading; each of its sections gets the topic that is named like it,
    a new hidden one if there is none. Raises TopicsMissing where `create_topics` forbids that.
    """
    text = normalise(text)
    document = parse(text)
    is_markdown = bool(document.sections or document.heading or document.front)
    if is_markdown or is_too_long(text) or not is_plain_text(text):
        return Imported(text=text, document=document)
    found = read_plain_text(text)
    slugs, new_topics = _topics_for([section.title for section in found.sections], topics)
    if new_topics and not create_topics:
        raise TopicsMissing([topic.name for topic in new_topics])
    title = found.title or file_name.rsplit(".", 1)[0] or "Untitled"
    dated = date_in_title(title, file_name)
    written = write(
        Document(
            front=FrontMatter(title=escaping.inline(title), date=dated.date.isoformat() if dated.date else None),
            opening=tuple(_opening(found)),
            sections=tuple(map(_section, found.sections, slugs)),
        )
    )
    findings = [*map(_offer, new_topics)]
    if dated.candidates:
        findings.append(_ambiguous(title, [each.isoformat() for each in dated.candidates]))
    return Imported(text=written, document=parse(written), new_topics=tuple(new_topics), findings=tuple(findings))


def _topics_for(titles: Sequence[str], topics: Sequence[Topic]) -> tuple[list[str], list[Topic]]:
    """A slug for each title, and the topics that have to be made for them."""
    slugs = {fold(alias): topic.slug for topic in topics for alias in topic.aliases}
    slugs |= {fold(topic.name): topic.slug for topic in topics}
    taken = {topic.slug: 1 for topic in topics}
    new: list[Topic] = []
    for title in titles:
        if fold(title) not in slugs:
            slug = unique(slugify(title), taken) if slugify(title) else _numbered(taken)
            slugs[fold(title)] = slug
            new.append(Topic(slug=slug, name=" ".join(title.split()), hidden=True))
    return [slugs[fold(title)] for title in titles], new


def _numbered(taken: dict[str, int]) -> str:
    number = next(number for number in range(1, len(taken) + 2) if f"topic-{number}" not in taken)
    return unique(f"topic-{number}", taken)


def _opening(found: PlainIssue) -> Iterator[Prose | Directive]:
    contents = Directive(name=DirectiveName.CONTENTS)
    for number, words in enumerate(found.opening):
        if number == found.contents_after:
            yield contents
        yield Prose(markdown=escaping.paragraph(words))
    if found.contents_after == len(found.opening):
        yield contents


def _section(section: PlainSection, slug: str) -> Section:
    items = section.items
    return Section(
        title=escaping.heading(section.title),
        topics=(slug,),
        blocks=tuple(_item(item, is_first=number == 0) for number, item in enumerate(items)),
    )


def _item(item: PlainItem, *, is_first: bool) -> Item:
    """An untitled item needs a heading of its own only behind another one."""
    blocks: tuple[Field | Prose, ...] = (
        *(Field(label=label, value=escaping.inline(value)) for label, value in item.fields),
        *(Prose(markdown=escaping.paragraph(words)) for words in item.text),
    )
    if item.title is None:
        return Item(level=None if is_first else 3, marked=not is_first, blocks=blocks)
    return Item(title=escaping.heading(item.title), blocks=blocks)


def _offer(topic: Topic) -> Finding:
    return Finding(
        code="topic-made",
        message=f"We made the topic “{topic.name}” and keep it hidden: 0 people chose it.",
        mend=f"Offer {topic.name} at sign-up, or give its section another topic.",
    )


def _ambiguous(title: str, dates: Sequence[str]) -> Finding:
    return Finding(
        code="date-ambiguous",
        message=f"The date in “{title[:80]}” may be {' or '.join(dates)}, so the issue has none.",
        mend=f"Write date: {dates[0]} in the front matter, or the other one.",
    )
