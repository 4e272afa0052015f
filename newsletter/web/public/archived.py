"""What the archive holds: public issues that were sent or are being sent, read from the version that was launched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from newsletter.issues import document
from newsletter.issues.document import Resolved, ResolvedSection, Visibility
from newsletter.issues.models import Issue, State, Version
from newsletter.publications import topics as publication_topics
from newsletter.publications.models import Publication

SENT = (State.SENDING, State.PAUSED, State.FINISHED)
LOOK_BACK = 40  # issues that are searched for the last section on a topic
PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last section on a topic."""

    title: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An issue in the list. `topics` are the slugs it has sections on."""

    number: int
    path: str
    title: str
    summary: str
    day: date
    sections: Sequence[str]
    topics: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the list, newest first; `older` is the number behind which the next page begins."""

    entries: Sequence[Entry]
    older: int | None


def find(session: Session, publication: Publication, public_id: str) -> Issue | None:
    """The public issue of this name; None for any other, sent or not."""
    issue = session.scalar(_sent(publication).where(Issue.public_id == public_id))
    if issue is None or _version(session, issue) is None:
        return None
    return issue if is_public(_read(session, publication, issue)) else None


def page(session: Session, publication: Publication, topic: str = "", before: int | None = None) -> Page:
    """The issues before number `before`, of one topic if its slug is given."""
    found = _sent(publication).order_by(Issue.number.desc())
    if before is not None:
        found = found.where(Issue.number < before)
    entries: list[Entry] = []
    for issue, resolved in _readable(session, publication, session.scalars(found)):
        entry = _entry(issue, resolved)
        if topic and topic not in entry.topics:
            continue
        if len(entries) == PAGE:
            return Page(entries=entries, older=entries[-1].number)
        entries.append(entry)
    return Page(entries=entries, older=None)


def last_sections(session: Session, publication: Publication) -> Mapping[str, Last]:
    """For each topic's slug the last section that was sent on it; topics without one are not in it."""
    found: dict[str, Last] = {}
    recent = _sent(publication).order_by(Issue.number.desc()).limit(LOOK_BACK)
    wanted = {topic.slug for topic in publication_topics.all_of(session, publication.id)}
    for issue, resolved in _readable(session, publication, session.scalars(recent)):
        for section in document.everything(resolved):
            for slug in section.topics or ():
                found.setdefault(slug, Last(title=_about(section, resolved), path=f"{path(issue)}#{section.id}"))
        if wanted <= found.keys():
            break
    return found


def before(session: Session, publication: Publication, issue: Issue) -> Entry | None:
    """The public issue that came before this one."""
    older = page(session, publication, before=issue.number).entries
    return older[0] if older else None


def is_public(resolved: Resolved) -> bool:
    return resolved.document.visibility is Visibility.PUBLIC


def path(issue: Issue) -> str:
    return f"/archive/{issue.public_id}"


def day_of(issue: Issue, resolved: Resolved) -> date:
    """The date that the issue bears, else the day it was launched."""
    launched: datetime = issue.launched_at or issue.made_at
    return resolved.document.date or launched.date()


def _sent(publication: Publication) -> Select[Issue]:
    return select(Issue).where(
        Issue.publication_id == publication.id, Issue.is_public, Issue.state.in_(SENT), Issue.version_id.is_not(None)
    )


def _readable(session: Session, publication: Publication, issues: Iterable[Issue]) -> Iterator[tuple[Issue, Resolved]]:
    for issue in issues:
        resolved = _read(session, publication, issue)
        if is_public(resolved):
            yield issue, resolved


def _version(session: Session, issue: Issue) -> Version | None:
    return session.get(Version, issue.version_id) if issue.version_id else None


def _read(session: Session, publication: Publication, issue: Issue) -> Resolved:
    version = _version(session, issue)
    names = publication_topics.names(session, publication.id)
    topics = tuple(document.Topic(slug=each.slug, name=each.name, aliases=each.aliases) for each in names)
    return _resolved(version.text if version else "", topics)


@lru_cache(maxsize=128)
def _resolved(text: str, topics: tuple[document.Topic, ...]) -> Resolved:
    return document.resolve(document.parse(text), topics)


def _entry(issue: Issue, resolved: Resolved) -> Entry:
    sections = document.everything(resolved)
    text = resolved.document
    return Entry(
        number=issue.number,
        path=path(issue),
        title=document.plain(text.title or issue.title, text.references),
        summary=text.preheader,
        day=day_of(issue, resolved),
        sections=[document.plain(each.section.title, text.references) for each in sections],
        topics=[slug for each in sections for slug in each.topics or ()],
    )


def _about(section: ResolvedSection, resolved: Resolved) -> str:
    """The words that tell most about a section: its first item's title, else its own."""
    titles = [item.title for item in section.section.items if item.title]
    return document.plain(titles[0] if titles else section.section.title, resolved.document.references)
