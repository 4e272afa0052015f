"""What stands around the source of an issue: outline, reach, editions, findings. Made for every pause in typing."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from newsletter.delivery import previewing
from newsletter.delivery.editions import Composed
from newsletter.delivery.previewing import Crowd, EditionCount, SamplePerson, Shows
from newsletter.issues.document import Finding, Item, Section
from newsletter.issues.document.plain import plain
from newsletter.issues.document.resolving import ResolvedSection, everything
from newsletter.issues.models import Issue
from newsletter.publications.models import Publication
from newsletter.web.editor.marks import Marks
from newsletter.web.request import now, session, state

LARGEST, PEOPLE = 5, 5  # editions and sample people in the list to choose from
CROWD_FRESH = timedelta(seconds=20)

recent = previewing.Recent()
_crowds: OrderedDict[tuple[str, int], tuple[datetime, Crowd]] = OrderedDict()


class Choice(NamedTuple):
    """Whose mail is shown, and how. No topics (None): every section."""

    topics: frozenset[str] | None
    name: str
    form: str

    @classmethod
    def of(cls, asked: "MultiDict[str, str]") -> "Choice":
        form = asked.get("form", "light")
        topics = frozenset(asked.getlist("topics")) if asked.get("show") == "some" else None
        return cls(topics, asked.get("name", "")[:200], form if form in ("light", "dark", "text") else "light")

    def query(self) -> str:
        pairs = [("show", "some" if self.topics is not None else "all"), ("name", self.name), ("form", self.form)]
        return urlencode([*pairs, *(("topics", slug) for slug in sorted(self.topics or ()))])


class ItemRow(NamedTuple):
    title: str
    first: int
    anchor: str


class SectionRow(NamedTuple):
    id: str
    title: str
    first: int
    last: int
    is_in: bool
    is_for_all: bool
    people: int
    items: list[ItemRow]


class EditionRow(NamedTuple):
    """One edition to choose. `others` says who else gets it."""

    cells: Sequence[bool]
    words: str
    label: str
    others: str
    people: int
    query: str
    path: str
    is_shown: bool


class TopicRow(NamedTuple):
    slug: str
    name: str
    is_ticked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    choice: Choice
    subject: str
    preheader: str
    sections: Sequence[SectionRow]
    edition: EditionRow
    before: EditionRow
    after: EditionRow
    place: str
    largest: Sequence[EditionRow]
    people: Sequence[EditionRow]
    topics: Sequence[TopicRow]
    findings: Sequence[Finding]
    largest_bytes: int
    words: int

    @property
    def ranges(self) -> list[tuple[int, int, bool]]:
        """First line, last line, and whether the edition has it; what stands before the first section is in all."""
        return [(row.first, row.last, row.is_in) for row in self.sections]

    @property
    def wrong(self) -> list[int]:
        return [finding.line for finding in self.findings if finding.blocking and finding.line]

    @property
    def anchors(self) -> list[tuple[int, str]]:
        """Which part of the mail a line belongs to: each section and item by its first line."""
        return [
            pair
            for row in self.sections
            if row.is_in
            for pair in [(row.first, row.id), *((item.first, item.anchor) for item in row.items)]
        ]


def home() -> str:
    """The address of the public pages, for the links in a mail."""
    return state().settings.address


def crowd_of(publication_id: int) -> Crowd:
    """How many people chose what, counted at most every 20 seconds: a million people take longer than a key."""
    key = (state().settings.database, publication_id)
    counted = _crowds.get(key)
    if counted is None or not timedelta(0) <= now() - counted[0] < CROWD_FRESH:
        with state().database.read() as reading:
            counted = (now(), previewing.crowd(reading, publication_id))
        _crowds[key] = counted
        while len(_crowds) > 16:
            _crowds.popitem(last=False)
    return counted[1]


def look(
    issue: Issue, current: Publication, composed: Composed, choice: Choice, text: str, reading: Session | None = None
) -> Look:
    """Everything at once; `reading` where the request's own session is one that writes."""
    shows = Shows(composed)
    counts = previewing.by_edition(shows, crowd_of(current.id))
    people = previewing.sample_people(reading or session(), current.id, shows, PEOPLE) if current.is_sample else []
    rows = _Rows(issue, shows, choice, counts)
    order = [(frozenset(each.topics), "") for each in counts]
    at = next((n for n, (topics, _) in enumerate(order) if rows.shows(topics)), None)
    number = len(order)
    return Look(
        choice=choice,
        subject=plain(composed.resolved.document.subject),
        preheader=composed.resolved.document.preheader,
        sections=list(_sections(composed, rows.shown, previewing.reach(counts))),
        edition=rows.shown_row(),
        before=rows.of(order[((at if at is not None else 0) - 1) % number][0]) if order else rows.shown_row(),
        after=rows.of(order[((at if at is not None else -1) + 1) % number][0]) if order else rows.shown_row(),
        place=f"{at + 1} of {number:,}" if at is not None else f"{number:,} in all",
        largest=[rows.whole(), *(rows.of(topics) for topics, _ in order[:LARGEST] if not rows.is_whole(topics))],
        people=[rows.of_person(person) for person in people],
        topics=[
            TopicRow(slug, topic.name, choice.topics is None or slug in choice.topics)
            for slug, topic in composed.resolved.topics.items()
        ],
        findings=composed.findings,
        largest_bytes=composed.size_bytes(composed.whole),
        words=len(text.split()),
    )


class _Rows:
    """Makes rows of editions for one text and one choice."""

    def __init__(self, issue: Issue, shows: Shows, choice: Choice, counts: Sequence[EditionCount]) -> None:
        self._path = url_for("editor.compose", public_id=issue.public_id)
        self._shows = shows
        self._every = frozenset(shows.composed.resolved.topics)
        self._choice = choice
        self._people = {each.key: each.people for each in counts}
        sections = shows.composed.resolved.sections
        self._marks = Marks(ids=[each.id for each in sections], titles=[plain(each.section.title) for each in sections])
        chosen = self._every if choice.topics is None else choice.topics
        self._key = shows.key(chosen)
        self.shown = frozenset(shows.sections(chosen))

    def is_whole(self, topics: frozenset[str]) -> bool:
        return self._shows.key(topics) == self._shows.key(self._every)

    def shows(self, topics: frozenset[str]) -> bool:
        return self._key is not None and self._shows.key(topics) == self._key

    def whole(self) -> EditionRow:
        return self._row(None, "")

    def of(self, topics: frozenset[str]) -> EditionRow:
        return self._row(topics, "")

    def of_person(self, person: SamplePerson) -> EditionRow:
        return self._row(person.topics, person.name)

    def shown_row(self) -> EditionRow:
        return self._row(self._choice.topics, self._choice.name)

    def _row(self, topics: frozenset[str] | None, name: str) -> EditionRow:
        chosen = self._every if topics is None else topics
        key, sections = self._shows.key(chosen), self._shows.sections(chosen)
        people = self._people.get(key, 0) if key is not None else 0
        words = self._marks.words(sections)
        query = Choice(topics, name, self._choice.form).query()
        others = max(people - 1, 0) if name else people
        also = "and " if name else ""
        return EditionRow(
            cells=self._marks.cells(sections),
            words=words,
            label=name or words,
            others="gets nothing"
            if key is None
            else f"{also}{others:,} {'other' if name else 'people'}{'s' if name and others != 1 else ''}",
            people=people,
            query=query,
            path=f"{self._path}?{query}",
            is_shown=key == self._key and name == self._choice.name,
        )


def _sections(composed: Composed, shown: frozenset[str], people: dict[str, int]) -> Iterator[SectionRow]:
    """The outline. Line numbers end where the next section begins."""
    all_of_them = composed.resolved.sections
    whole = {each.id for each in everything(composed.resolved)}
    for at, each in enumerate(all_of_them):
        end = all_of_them[at + 1].section.lines.first - 1 if at + 1 < len(all_of_them) else 10**9
        yield SectionRow(
            id=each.id,
            title=plain(each.section.title) or "Without a title",
            first=each.section.lines.first,
            last=end,
            is_in=each.id in shown,
            is_for_all=each.topics is None and each.id in whole,
            people=people.get(each.id, 0),
            items=list(_items(each)),
        )


def _items(each: ResolvedSection) -> Iterator[ItemRow]:
    """What has a heading inside a section, with its place in the mail."""
    titled = [block for block in each.section.blocks if isinstance(block, Item | Section) and block.title]
    for number, block in enumerate(titled, 1):
        anchor = block.anchor or previewing.place_of(each.id, number)
        yield ItemRow(title=plain(block.title or ""), first=block.lines.first, anchor=anchor)


def asked() -> Choice:
    """The choice that this request makes: in its form, or in its address."""
    return Choice.of(request.form if request.method == "POST" else request.args)
