"""Editions of one text: which there are, who gets which, and what each says.

An edition's key is the slugs of the chosen topics that the issue has, in the publication's order, with commas:
all people whose choice comes down to the same key get the same mail. So there are few editions, each is joined
once, and a person is a few words to fill in.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from emails.compiling import TooLarge
from emails.editions import CompiledIssue
from emails.filling import Pieces, Slot, Template
from newsletter.delivery import composing
from newsletter.delivery.models import Composition, Edition
from newsletter.issues.document import Finding, parse
from newsletter.issues.document import resolving as document
from newsletter.issues.document.resolving import Resolved
from newsletter.issues.models import Issue, Version
from newsletter.providers.base import Facts, Shape
from newsletter.publications import topics as publication_topics
from newsletter.publications.models import Publication
from newsletter.upsert import insert

LARGEST_CALL = 8_000_000  # bytes: a call that large still ends in time
KEYED, OTHERS = 1000, 250  # people a call: what is in doubt when an answer is lost
FRAME = 2_000  # bytes of a message beside its bodies


@dataclass(slots=True, kw_only=True)
class Composed:
    """A text with its topics resolved and its blocks compiled: all its editions, made when asked for."""

    resolved: Resolved
    compiled: CompiledIssue
    slugs: Mapping[int, str]  # topic id -> slug
    findings: Sequence[Finding] = ()
    _templates: dict[str, Template] = field(default_factory=dict)

    @property
    def present(self) -> Sequence[str]:
        """Slugs of the topics that decide what shows in this issue."""
        return document.topics_present(self.resolved)

    def key(self, topic_ids: frozenset[int]) -> str | None:
        """The edition of people who chose these topics; None when no section is for them."""
        return self.key_of(frozenset(self.slugs[number] for number in topic_ids if number in self.slugs))

    def key_of(self, chosen: frozenset[str]) -> str | None:
        """The same for slugs."""
        return composing.edition_key(self.resolved, chosen)

    @property
    def whole(self) -> str:
        """Key of the edition that has every section."""
        return ",".join(self.present)

    def topics(self, key: str) -> list[str]:
        return [slug for slug in key.split(",") if slug]

    def sections(self, key: str) -> list[str]:
        """Ids of the sections this edition shows, in the document's order."""
        return [shown.id for shown in document.visible(self.resolved, frozenset(self.topics(key)))]

    def template(self, key: str) -> Template:
        """The mail of an edition, with gaps for personal words."""
        if key not in self._templates:
            edition = composing.edition(self.resolved, frozenset(self.topics(key)))
            self._templates[key] = self.compiled.edition(edition)
        return self._templates[key]

    def size_bytes(self, key: str) -> int:
        """Bytes of the edition's HTML, gaps empty."""
        return sum(len(piece.encode()) for piece in self.template(key).html if isinstance(piece, str))


def compose(session: Session, publication: Publication, text: str, home: str, *, number: str = "") -> Composed:
    """Read, resolve and compile a text as it would be sent now. A text too large to be a mail is a finding."""
    known = publication_topics.all_of(session, publication.id)
    resolved = document.resolve(parse(text), _names(session, publication.id))
    findings = list(resolved.findings)
    words, look = composing.words_of(publication, home), composing.theme_of(publication)
    try:
        compiled = composing.compose(resolved, words, look, number=number)
    except TooLarge as error:
        findings.append(Finding(code="too-large", message=str(error), mend="Take some of it out.", blocking=True))
        compiled = composing.compose(document.resolve(parse(""), []), words, look, number=number)
    return Composed(
        resolved=resolved, compiled=compiled, slugs={topic.id: topic.slug for topic in known}, findings=findings
    )


def _names(session: Session, publication_id: int) -> list[document.Topic]:
    return [
        document.Topic(slug=each.slug, name=each.name, aliases=each.aliases, hidden=each.hidden)
        for each in publication_topics.names(session, publication_id)
    ]


def pin(session: Session, issue: Issue, version: Version, composed: Composed, now: datetime) -> None:
    """Keep what was compiled and the topics as they are named today: later changes make a next version."""
    kept: dict[str, Any] = {
        "issue": composed.compiled.to_json(),
        "topics": [
            {"slug": each.slug, "name": each.name, "aliases": list(each.aliases), "hidden": each.hidden}
            for each in composed.resolved.topics.values()
        ],
        "slugs": {str(number): slug for number, slug in composed.slugs.items()},
    }
    unpin(session, issue.id)
    session.add(Composition(issue_id=issue.id, version_id=version.id, compiled=kept, made_at=now))
    session.flush()


def unpin(session: Session, issue_id: int) -> None:
    """Forget what a launch that was undone had pinned."""
    session.execute(delete(Composition).where(Composition.issue_id == issue_id))


def load(session: Session, issue_id: int) -> Composed | None:
    """What was pinned for this issue; None before its launch."""
    found = session.get(Composition, issue_id)
    if found is None:
        return None
    text = session.get_one(Version, found.version_id).text
    kept = found.compiled
    topics = [
        document.Topic(
            slug=each["slug"], name=each["name"], aliases=tuple(each["aliases"]), hidden=each.get("hidden", False)
        )
        for each in kept["topics"]
    ]
    resolved = document.resolve(parse(text), topics)
    slugs = {int(number): slug for number, slug in kept["slugs"].items()}
    return Composed(resolved=resolved, compiled=CompiledIssue.from_json(kept["issue"]), slugs=slugs)


class Editions:
    """The editions of one launched issue as rows, for the freeze and the send."""

    def __init__(self, issue_id: int, composed: Composed, facts: Facts) -> None:
        self.issue_id = issue_id
        self.composed = composed
        self.facts = facts
        self._ids: dict[str, int] = {}
        self._keys: dict[int, str] = {}

    @classmethod
    def of_issue(cls, session: Session, issue: Issue, facts: Facts) -> Self:
        """Raises LookupError for an issue that was never launched."""
        composed = load(session, issue.id)
        if composed is None:
            raise LookupError(f"issue {issue.id} has no composition: it was never launched")
        return cls(issue.id, composed, facts)

    def of(self, session: Session, topic_ids: frozenset[int]) -> int | None:
        """The edition for a choice of topics, written down when it is the first of its kind; None: nothing for it."""
        key = self.composed.key(topic_ids)
        if key is None:
            return None
        if key not in self._ids:
            self._remember(self._store(session, key), key)
        return self._ids[key]

    def _store(self, session: Session, key: str) -> int:
        template = self.composed.template(key)
        row = {
            "issue_id": self.issue_id,
            "key": key,
            "topics": self.composed.topics(key),
            "sections": self.composed.sections(key),
            "size_bytes": self.composed.size_bytes(key),
            "digest": digest(template),
        }
        session.execute(insert(session, Edition).values(row).on_conflict_do_nothing())
        found = select(Edition.id).where(Edition.issue_id == self.issue_id, Edition.key == key)
        return session.scalars(found).one()

    def _remember(self, edition_id: int, key: str) -> None:
        self._ids[key] = edition_id
        self._keys[edition_id] = key

    def template(self, session: Session, edition_id: int) -> Template:
        """The mail of an edition. It is what was frozen, to the letter: its digest is looked at."""
        if edition_id not in self._keys:
            row = session.get_one(Edition, edition_id)
            if digest(self.composed.template(row.key)) != row.digest:
                raise LookupError(f"edition {edition_id} is no longer what was frozen")
            self._remember(edition_id, row.key)
        return self.composed.template(self._keys[edition_id])

    def most_in_a_call(self, session: Session, edition_id: int) -> int:
        """How many people of an edition go into one call: by the provider's limits and by our own bytes."""
        most = min(self.facts.max_recipients, KEYED if self.facts.key_lifetime_s else OTHERS)
        if self.facts.shape is Shape.VARIABLES:
            return most
        template = self.template(session, edition_id)
        each = int(1.15 * sum(_length(pieces) for pieces in (template.html, template.text))) + FRAME
        return max(1, min(most, min(self.facts.max_bytes, LARGEST_CALL) // each))


def _length(pieces: Pieces) -> int:
    return sum(len(piece.encode()) if isinstance(piece, str) else 200 for piece in pieces)


def digest(template: Template) -> str:
    """Names what an edition says, gaps included."""
    sum_ = hashlib.blake2b(digest_size=32)
    for pieces in (template.subject, template.html, template.text):
        for piece in pieces:
            sum_.update(f"\0{piece.key}".encode() if isinstance(piece, Slot) else piece.encode())
        sum_.update(b"\1")
    return sum_.hexdigest()
