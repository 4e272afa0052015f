"""What the desk shows while an issue is being written: the mail of any edition, and how many people get what.

Nothing is stored. The person in a preview is invented or a sample person, never somebody from the list.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emails.filling import Filled, fill
from newsletter.delivery import editions
from newsletter.delivery.editions import Composed
from newsletter.issues import document
from newsletter.issues.document import Item, ResolvedSection, Section
from newsletter.publications import topics as publication_topics
from newsletter.publications.models import Publication
from newsletter.subscribers.audience import eligible
from newsletter.subscribers.models import Subscriber, Subscription, TopicSet

KEPT = 8  # composed texts: an editor's last pause, and the frame that asks for its mail right after
SOMEBODY = "Ines Adeyemi-Roth"
DARK = "@media (prefers-color-scheme:dark)"

Crowd = Mapping[frozenset[int], int]  # chosen topic ids: how many people would be mailed
Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionCount:
    """One edition that somebody gets. `sections` are ids, in the document's order."""

    key: str
    topics: Sequence[str]
    sections: Sequence[str]
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePerson:
    name: str
    topics: frozenset[str]  # slugs


class Recent:
    """The texts composed last, so that a text is compiled once for all that is asked about it, even at once."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[object, ...], Future[Composed]] = OrderedDict()
        self._lock = threading.Lock()

    def compose(self, session: Session, publication: Publication, text: str, home: str, number: str) -> Composed:
        """Like `editions.compose`; quick when the same text was composed a moment ago or is being composed."""
        key = (text, home, number, *_look_of(publication), *publication_topics.names(session, publication.id))
        with self._lock:
            known = self._found.get(key)
            mine: Future[Composed] = Future()
            if known is None:
                self._found[key] = mine
                if len(self._found) > KEPT:
                    self._found.popitem(last=False)
        if known is not None:
            return known.result()
        try:
            mine.set_result(editions.compose(session, publication, text, home, number=number))
        except BaseException as error:
            mine.set_exception(error)
            with self._lock:
                self._found.pop(key, None)
            raise
        return mine.result()


def _look_of(publication: Publication) -> tuple[object, ...]:
    """Everything of a publication that its mails say or show."""
    return tuple(getattr(publication, column.key) for column in Publication.__table__.columns)


def crowd(session: Session, publication_id: int) -> dict[frozenset[int], int]:
    """Everybody who would be mailed now, by the topics they chose."""
    people = eligible(publication_id).subquery()
    _, set_id = people.c
    rows = session.execute(select(TopicSet, func.count()).join(people, set_id == TopicSet.id).group_by(TopicSet.id))
    found: dict[frozenset[int], int] = {}
    for row in rows:
        found[row[0].topic_ids] = found.get(row[0].topic_ids, 0) + row[1]
    return found


class Shows:
    """Which sections the readers of any topics see, for a text with thousands of choices to look at.

    What a section shows depends on the few topics it names, so each is cut once for each choice among these.
    """

    def __init__(self, composed: Composed) -> None:
        self.composed = composed
        self._each = [(one, _named(one)) for one in composed.resolved.sections]
        self._seen: dict[tuple[str, frozenset[str]], bool] = {}

    def sections(self, chosen: frozenset[str]) -> tuple[str, ...]:
        """Ids in the document's order."""
        return tuple(one.id for one, named in self._each if self._is_shown(one, chosen & named))

    def key(self, chosen: frozenset[str]) -> str | None:
        """As `Composed.key_of`: None for people who get nothing."""
        if self._each and not self.sections(chosen):
            return None
        return ",".join(slug for slug in self._present if slug in chosen)

    @cached_property
    def _present(self) -> Sequence[str]:
        return self.composed.present

    def _is_shown(self, section: ResolvedSection, chosen: frozenset[str]) -> bool:
        if (section.id, chosen) not in self._seen:
            alone = replace(self.composed.resolved, sections=(section,))
            self._seen[section.id, chosen] = bool(document.visible(alone, chosen))
        return self._seen[section.id, chosen]


def _named(section: ResolvedSection) -> frozenset[str]:
    """Every topic that a section or anything in it names."""
    found = set(section.topics or ())
    nodes: list[Item | Section] = [section.section]
    while nodes:
        node = nodes.pop()
        found.update(node.topics)
        nodes.extend(block for block in node.blocks if isinstance(block, Item | Section))
    return frozenset(found)


def by_edition(shows: Shows, people: Crowd) -> list[EditionCount]:
    """The editions that somebody gets, the largest first."""
    slugs = shows.composed.slugs
    counts: dict[str, int] = {}
    for topic_ids, n in people.items():
        key = shows.key(frozenset(slugs[number] for number in topic_ids if number in slugs))
        if key is not None:
            counts[key] = counts.get(key, 0) + n
    return [
        EditionCount(key=key, topics=topics, sections=shows.sections(frozenset(topics)), people=n)
        for key, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        for topics in [shows.composed.topics(key)]
    ]


def reach(counts: Iterable[EditionCount]) -> dict[str, int]:
    """How many people get each section, by its id."""
    found: dict[str, int] = {}
    for edition in counts:
        for section in edition.sections:
            found[section] = found.get(section, 0) + edition.people
    return found


def sample_people(session: Session, publication_id: int, shows: Shows, limit: int) -> list[SamplePerson]:
    """Invented people who get different editions, at most `limit`: none in a publication without a sample."""
    slugs = shows.composed.slugs
    rows = session.execute(
        select(Subscriber.name, TopicSet)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .join(TopicSet, TopicSet.id == Subscription.topic_set_id)
        .where(
            Subscriber.is_sample,
            Subscription.publication_id == publication_id,
            Subscriber.id.in_(select(eligible(publication_id).subquery().c[0])),
        )
        .order_by(Subscriber.id)
    )
    found: dict[str, SamplePerson] = {}
    for row in rows:
        chosen = frozenset(slugs[number] for number in row[1].topic_ids if number in slugs)
        key = shows.key(chosen)
        if key is not None and key not in found:
            found[key] = SamplePerson(name=row[0], topics=chosen)
        if len(found) == limit:
            break
    return list(found.values())


def mail(composed: Composed, chosen: frozenset[str] | None, name: str, home: str) -> Filled:
    """The mail of somebody called `name` who chose these topics (None: every topic).

    Its personal links all lead to `home`. Whoever has no section gets the mail as it would look without any.
    """
    key = composed.whole if chosen is None else composed.key_of(chosen) or ""
    template = composed.template(key)
    words = {
        "name": name,
        "first_name": name.partition(" ")[0],
        "address": "ines@example.org",
        "preferences_url": home,
        "unsubscribe_url": home,
        "browser_url": home,
    }
    return fill(template, template.values(words))


def place_of(section_id: str, number: int) -> str:
    """The anchor of the heading `number` (from 1) inside a section, as `with_places` writes it."""
    return f"{section_id}--{number}"


def with_places(html: str) -> str:
    """The mail with an anchor at every heading inside a section, so that a frame can open where somebody writes."""
    section, number = "", 0

    def placed(found: re.Match[str]) -> str:
        nonlocal section, number
        if found[1]:
            section, number = found[1], 0
            return found[0]
        number += 1
        return f'<h3 id="{place_of(section, number)}"'

    return _HEADINGS.sub(placed, html)


_HEADINGS = re.compile(r'<h2\b[^>]*? id="([^"]+)"|<h3\b(?![^>]* id=)')


def in_scheme(html: str, scheme: Scheme) -> str:
    """The mail as a reader with light or dark colours sees it, whatever this browser prefers."""
    return html.replace(DARK, "@media all" if scheme == "dark" else "@media not all")
