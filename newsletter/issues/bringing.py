"""Bringing an issue in from outside: a file or what was pasted becomes a draft, with the topics it needs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from newsletter.issues import document, drafting
from newsletter.issues.document import Finding
from newsletter.issues.importing import TopicsMissing, import_text
from newsletter.issues.models import Issue
from newsletter.issues.reading import read_text
from newsletter.publications import topics as publication_topics
from newsletter.publications.models import Publication
from newsletter.publications.topics import BadTopic


class CannotBring(ValueError):
    """The text was read but cannot become an issue. The message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The draft, what was found in it (`outline` is for JSON), and what is to mend or to consider."""

    issue: Issue
    outline: dict[str, Any]
    findings: Sequence[Finding]
    new_topics: Sequence[str]


def bring(
    session: Session,
    publication: Publication,
    raw: bytes,
    file_name: str,
    *,
    create_topics: bool,
    now: datetime,
    editor_id: int | None = None,
) -> Brought:
    """Make a draft of a text in any encoding. `file_name` may tell the date and stands in for a missing title.

    Sections of plain text get the topic named like them; one that is missing is made, hidden. Raises Unreadable
    (of `reading`) for what is no text, CannotBring where a topic is missing and may not be made, or cannot be.
    Either way nothing was changed: the caller rolls back.
    """
    text = read_text(raw)
    try:
        imported = import_text(text, file_name, _topics(session, publication), create_topics=create_topics)
        for topic in imported.new_topics:
            made = publication_topics.create(session, publication.id, topic.name, hidden=True, now=now)
            made.slug = topic.slug  # as the text already names it; it is free
            session.flush()
    except (TopicsMissing, BadTopic) as error:
        raise CannotBring(str(error)) from None
    issue = drafting.make(session, publication.id, imported.text, editor_id, now)
    resolved = document.resolve(imported.document, _topics(session, publication))
    findings = [*imported.findings, *resolved.findings]
    return Brought(
        issue=issue,
        outline=document.outline(imported.document, resolved) | {"findings": [asdict(each) for each in findings]},
        findings=findings,
        new_topics=[topic.name for topic in imported.new_topics],
    )


def _topics(session: Session, publication: Publication) -> list[document.Topic]:
    return [
        document.Topic(slug=each.slug, name=each.name, aliases=each.aliases, hidden=each.hidden)
        for each in publication_topics.names(session, publication.id)
    ]
