"""All that happened to one person, newest day first: what they said, and what they were sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from newsletter.delivery import reports
from newsletter.publications.models import Publication, Topic
from newsletter.subscribers import consents
from newsletter.subscribers.models import Consent, ConsentKind, Subscriber
from newsletter.web.editor import standing, wording

BY_THEMSELVES = "by"  # the look of what the person did


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `quote` is what the person read, `cells` the topics it was about."""

    at: datetime
    time: str
    words: str
    look: str = ""
    title: str = ""
    path: str = ""
    line: str = ""
    quote: str = ""
    cells: Sequence[bool] = ()
    topics: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    name: str
    events: Sequence[Event]


def days(session: Session, publication: Publication, subscriber: Subscriber, offered: Sequence[Topic]) -> list[Day]:
    """The days on which something happened. An erased person shows what is kept of consents."""
    zone = wording.zone_of(publication)
    events = [
        *_said(consents.history(session, subscriber.id), publication.id, offered, zone),
        *_sent(reports.deliveries_of(session, subscriber.id), offered, zone),
    ]
    events.sort(key=lambda event: event.at, reverse=True)
    return [
        Day(name=name, events=list(some)) for name, some in groupby(events, lambda e: standing.long_day(e.at, zone))
    ]


def _said(history: Sequence[Consent], publication_id: int, offered: Sequence[Topic], zone: ZoneInfo) -> Iterator[Event]:
    for consent in history:
        elsewhere = "" if consent.publication_id == publication_id else " (another newsletter of this desk)"
        cells, names = _cells(consent.topics, offered)
        by_editor = consent.page.startswith("desk, ")
        yield Event(
            at=consent.at,
            time=wording.clock_time(consent.at, zone),
            words=standing.said(consent) + elsewhere,
            look="" if by_editor or consent.kind is ConsentKind.IMPORT else BY_THEMSELVES,
            line=_where(consent),
            quote=consent.words,
            cells=cells if consent.topics else (),
            topics=names,
        )


def _where(consent: Consent) -> str:
    if consent.kind is not ConsentKind.IMPORT:
        return consent.page
    given = f"Given: {consent.page}, {consent.evidence.get('when', '')}"
    if not consent.evidence.get("file"):
        return f"{given}."
    return f"{given}. From row {consent.evidence.get('row')} of {consent.evidence['file']}."


def _sent(deliveries: Sequence[reports.Line], offered: Sequence[Topic], zone: ZoneInfo) -> Iterator[Event]:
    for line in deliveries:
        at = line.at or line.issue.sending_at or line.issue.launched_at or line.issue.saved_at
        cells, names = _cells(line.topics, offered)
        words = wording.STATUSES.get(line.status, line.status)
        why = wording.reason(line.reason) if line.reason else ""
        yield Event(
            at=at,
            time=wording.clock_time(at, zone),
            words=f"Issue {line.issue.number}",
            look="bad" if line.status in ("rejected", "failed") else "",
            title=line.issue.title or "without a title",
            path=url_for("editor.report", public_id=line.issue.public_id),
            line=f"{words}: {why}" if why else words,
            cells=cells if line.topics else (),
            topics=names,
        )


def _cells(slugs: Sequence[str], offered: Sequence[Topic]) -> tuple[list[bool], str]:
    """The mark of some topics; one that is gone since keeps its slug in the words."""
    names = {topic.slug: topic.name for topic in offered}
    return [topic.slug in slugs for topic in offered], ", ".join(names.get(slug, slug) for slug in slugs)
