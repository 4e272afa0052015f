"""What the desk shows while an issue is being written: the mail of any edition, and how many people get what.

Nothing is stored. The person in a preview is invented or a sample person, never somebody from the list.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emails.filling import Filled, fill
from newsletter.delivery import editions
from newsletter.delivery.editions import Composed
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
    """The texts composed last, so that a text is compiled once for all that is asked about it."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[object, ...], Composed] = OrderedDict()
        self._lock = threading.Lock()

    def compose(self, session: Session, publication: Publication, text: str, home: str, number: str) -> Composed:
        """Like `editions.compose`; quick when the same text was composed a moment ago."""
        key = (text, home, number, *_look_of(publication), *publication_topics.names(session, publication.id))
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        composed = editions.compose(session, publication, text, home, number=number)
        with self._lock:
            self._found[key] = composed
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
        return composed


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


def by_edition(composed: Composed, people: Crowd) -> list[EditionCount]:
    """The editions that somebody gets, the largest first."""
    counts: dict[str, int] = {}
    for topic_ids, n in people.items():
        key = composed.key(topic_ids)
        if key is not None:
            counts[key] = counts.get(key, 0) + n
    return [
        EditionCount(key=key, topics=composed.topics(key), sections=composed.sections(key), people=n)
        for key, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def reach(counts: Iterable[EditionCount]) -> dict[str, int]:
    """How many people get each section, by its id."""
    found: dict[str, int] = {}
    for edition in counts:
        for section in edition.sections:
            found[section] = found.get(section, 0) + edition.people
    return found


def sample_people(session: Session, publication_id: int, composed: Composed, limit: int) -> list[SamplePerson]:
    """Invented people who get different editions, at most `limit`: none in a publication without a sample."""
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
        key = composed.key(row[1].topic_ids)
        if key is not None and key not in found:
            chosen = frozenset(composed.slugs[number] for number in row[1].topic_ids if number in composed.slugs)
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


def in_scheme(html: str, scheme: Scheme) -> str:
    """The mail as a reader with light or dark colours sees it, whatever this browser prefers."""
    return html.replace(DARK, "@media all" if scheme == "dark" else "@media not all")
