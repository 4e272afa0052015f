"""A chunk's request: one template, and for each person the words and headers that differ.

Built the same way every time from the same rows, so that a request in doubt can be repeated to the byte.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from emails import filling, headers
from emails.filling import Slot, Template
from newsletter import links
from newsletter.delivery import web_links
from newsletter.delivery.due import Claim
from newsletter.delivery.editions import Editions
from newsletter.delivery.models import Delivery
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.links import Purpose
from newsletter.providers.base import Batch, Facts, Recipient, Sender
from newsletter.publications.models import Installation, Publication
from newsletter.subscribers.models import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a mail goes to, as they were read at the claim."""

    id: int
    address: str
    name: str


def people_of(session: Session, issue_id: int, claims: Sequence[Claim]) -> dict[int, list[Person]]:
    """Everybody in these chunks who has no outcome of their own yet, by chunk: one ordered range is read."""
    people: dict[int, list[Person]] = {claim.chunk_id: [] for claim in claims}
    lowest, highest = min(claim.lo for claim in claims), max(claim.hi for claim in claims)
    rows = session.execute(
        select(Delivery.subscriber_id, Delivery.chunk_id, Subscriber.address, Subscriber.name)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.issue_id == issue_id, Delivery.subscriber_id.between(lowest, highest))
        .where(Delivery.chunk_id.in_(people), Delivery.outcome.is_(None))
        .order_by(Delivery.subscriber_id)
    )
    for subscriber_id, chunk_id, address, name in rows:
        people[chunk_id or 0].append(Person(id=subscriber_id, address=address or "", name=name))
    return people


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What all mails of one issue share: who sends, for whom, and from which address on the web."""

    issue: Issue
    publication: Publication
    install: str
    ring: KeyRing
    base: str

    @classmethod
    def of_issue(cls, session: Session, issue: Issue, ring: KeyRing, base: str) -> Self:
        return cls(
            issue=issue,
            publication=session.get_one(Publication, issue.publication_id),
            install=session.get_one(Installation, 1).public_id,
            ring=ring,
            base=base,
        )

    @property
    def sender(self) -> Sender:
        return sender_of(self.publication)

    def words(self, person: Person, browser: str) -> dict[str, str]:
        """One person's words for a template's gaps."""
        issue, publication = self.issue, self.publication
        at = issue.launched_at or issue.made_at
        return {
            "name": person.name,
            "first_name": first_name(person.name),
            "address": person.address,
            "browser_url": browser,
            "preferences_url": web_links.preferences(self.base, self.ring, publication.id, person.id, at),
            "unsubscribe_url": web_links.unsubscribe(self.base, self.ring, publication.id, person.id, issue.id),
        }


def sender_of(publication: Publication) -> Sender:
    """Who a publication's mails are from."""
    return Sender(
        name=publication.sender_name or publication.name,
        address=publication.sender_address,
        reply_to=publication.reply_to or None,
    )


def first_name(name: str) -> str:
    """The first word of a name."""
    return name.split()[0] if name.split() else ""


class Messages:
    """Builds the requests of one launched issue."""

    def __init__(self, envelope: Envelope, editions: Editions) -> None:
        self.envelope = envelope
        self.editions = editions
        self._templates: dict[int, Template] = {}
        issue, publication = envelope.issue, envelope.publication
        self._headers = headers.edition_headers(
            list_name=publication.name,
            list_label=publication.list_label,
            sender_address=publication.sender_address,
            owner=publication.contact,
            archive=f"{envelope.base}/archive",
            issue=f"issue{issue.number}",
            install=envelope.install,
            date=issue.launched_at or issue.made_at,
        )

    @classmethod
    def of_issue(cls, session: Session, issue: Issue, facts: Facts, ring: KeyRing, base: str) -> Self:
        """Raises LookupError for an issue that was never launched."""
        return cls(Envelope.of_issue(session, issue, ring, base), Editions.of_issue(session, issue, facts))

    def learn(self, session: Session, edition_ids: Collection[int]) -> None:
        """Read the templates of these editions; `batch` knows only those."""
        for edition_id in edition_ids:
            if edition_id not in self._templates:
                self._templates[edition_id] = self.editions.template(session, edition_id)

    def batch(self, claim: Claim, people: Sequence[Person]) -> Batch:
        """The request for a chunk of a learnt edition: the same rows give the same bytes."""
        envelope = self.envelope
        template = self._templates[claim.edition_id]
        slots = template.slots  # looked for once: the mail is long
        browser = web_links.view(envelope.base, envelope.ring, envelope.issue.id, claim.edition_id)
        return Batch(
            key=claim.key,
            sender=envelope.sender,
            headers=self._headers,
            template=template,
            recipients=[self._recipient(person, slots, browser) for person in people],
            tag=f"issue-{envelope.issue.public_id}",
        )

    def _recipient(self, person: Person, slots: Sequence[Slot], browser: str) -> Recipient:
        envelope = self.envelope
        issue, publication = envelope.issue, envelope.publication
        delivery_id = links.make(envelope.ring, Purpose.DELIVERY, issue.id, person.id)
        one_click = web_links.one_click(envelope.base, envelope.ring, publication.id, person.id, issue.id)
        return Recipient(
            delivery_id=delivery_id,
            address=person.address,
            headers=headers.personal_headers(
                delivery_id=delivery_id, sender_address=publication.sender_address, one_click=one_click
            ),
            values=filling.values(slots, envelope.words(person, browser)),
        )
