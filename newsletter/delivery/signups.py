"""Signing up, confirming and asking for a link: verbs that name a person and a letter.

What a page answers must not depend on who is in the database, so `sign_up` and `ask_for_link` return nothing:
there is nothing to tell apart. Callers commit, then ring for "letters".

The caps (`newsletter.limits`) keep anybody from flooding a mailbox that is not theirs: no address gets more than
two letters a day because somebody typed it into a page, whatever the page, and no flood of pages takes longer
to drain than two days. What exceeds a network's, a form's or the installation's cap waits; what exceeds an
address's own cap is dropped, since two letters are there already.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from newsletter import addresses, limits
from newsletter.delivery import letters
from newsletter.delivery.models import LetterKind
from newsletter.keys import KeyRing
from newsletter.publications.models import Publication
from newsletter.subscribers import joining, people, rules, suppressions
from newsletter.subscribers.consents import Source
from newsletter.subscribers.joining import Confirming
from newsletter.subscribers.models import Status, Subscriber, Subscription, SuppressionKind

HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
A_DAY = 2  # letters to one address: one, and once again
A_MONTH = {LetterKind.CONFIRM: 3, LetterKind.PREFERENCES: 10}
NETWORK_AN_HOUR = 10
FORM_AN_HOUR = 300
ALL_AN_HOUR = 1000
AHEAD_HOURS = 48
LIVE = (Status.CONFIRMED, Status.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stood in the form: an address as `addresses.read` gives it, a name, topics."""

    address: str
    name: str = ""
    topic_ids: frozenset[int] = frozenset()


def sign_up(
    session: Session, ring: KeyRing, publication: Publication, typed: Typed, source: Source, now: datetime
) -> None:
    """Ask the owner of an address whether they want this publication; who has it gets the way to change it.

    Says nothing and changes nothing where no letter may go.
    """
    desk = _Desk(session, ring, publication, source, now)
    if desk.barred(typed.address) & suppressions.FINAL:
        return
    person, current = desk.known(typed.address)
    if person is not None and current is not None and current.status in LIVE:
        desk.remind(person)
        return
    at = desk.when(typed.address, LetterKind.CONFIRM)
    if at is not None:
        person = people.make_subscriber(session, ring, typed.address, typed.name, now)
        joining.ask(session, publication, person, typed.topic_ids, source, at, now)
        desk.write(person, LetterKind.CONFIRM, at)


def ask_for_link(
    session: Session, ring: KeyRing, publication: Publication, address: str, source: Source, now: datetime
) -> None:
    """Send somebody the link they need: to their preferences, or to confirm what they signed up for."""
    desk = _Desk(session, ring, publication, source, now)
    person, current = desk.known(address)
    if person is None or person.address is None or current is None:
        return
    if current.status in LIVE:
        desk.remind(person)
    elif current.status is Status.PENDING and not desk.barred(address) & suppressions.FINAL:
        at = desk.when(person.address, LetterKind.CONFIRM)
        if at is not None:
            current.asked_at = at
            desk.write(person, LetterKind.CONFIRM, at)


def confirm(
    session: Session, publication_id: int, subscriber_id: int, asked: datetime, source: Source, now: datetime
) -> Confirming:
    """Confirm a sign-up and write the welcome letter. READY: done by this call; see `Confirming` for the others."""
    person = session.get(Subscriber, subscriber_id)
    if person is None:
        return Confirming.OVER
    current = people.subscription(session, publication_id, subscriber_id)
    became = joining.confirm(session, current, person, asked, source, now)
    if became is Confirming.READY:
        letters.write(
            session, kind=LetterKind.WELCOME, publication_id=publication_id, subscriber_id=subscriber_id, now=now
        )
    return became


@dataclass(frozen=True, slots=True)
class _Desk:
    """One request to write a letter to somebody who may not have asked for it."""

    session: Session
    ring: KeyRing
    publication: Publication
    source: Source
    now: datetime

    def known(self, address: str) -> tuple[Subscriber | None, Subscription | None]:
        person = people.by_address(self.session, self.ring, address)
        if person is None:
            return None, None
        return person, people.subscription(self.session, self.publication.id, person.id)

    def barred(self, address: str) -> frozenset[SuppressionKind]:
        return suppressions.active(self.session, addresses.key(address, self.ring.address_key))

    def remind(self, person: Subscriber) -> None:
        """To who gets it already: the way to their choices, or where mails bounced, to the button that opens them."""
        if person.address is None:
            return
        bounced = SuppressionKind.HARD_BOUNCE in self.barred(person.address)
        kind = LetterKind.CONFIRM if bounced else LetterKind.PREFERENCES
        at = self.when(person.address, kind)
        if at is not None:
            self.write(person, kind, at)

    def when(self, address: str, kind: LetterKind) -> datetime | None:
        """When a letter may go that somebody asked for; None: it may not. Counts it."""
        mailbox = rules.keyed(rules.mailbox(address), self.ring.derive("limits"))
        own = [(f"{kind}-day:{mailbox}", A_DAY, DAY), (f"{kind}-month:{mailbox}", A_MONTH[kind], MONTH)]
        if SuppressionKind.HARD_BOUNCE in self.barred(address):
            own.append((f"bounced:{mailbox}", 1, MONTH))
        if not all(limits.take(self.session, key, cap, period, self.now) for key, cap, period in own):
            return None
        at: datetime | None = self.now
        for key, cap in (
            (f"network:{self.source.network_key}", NETWORK_AN_HOUR),
            (f"form:{self.publication.id}", FORM_AN_HOUR),
            ("letters", ALL_AN_HOUR),
        ):
            at = at and limits.slot(self.session, key, cap, HOUR, at, ahead=AHEAD_HOURS)
        return at

    def write(self, person: Subscriber, kind: LetterKind, at: datetime) -> None:
        """`moment` becomes the link's own time: a letter that waits must not wait its link's life away."""
        letter = letters.write(
            self.session,
            kind=kind,
            publication_id=self.publication.id,
            subscriber_id=person.id,
            words={"moment": int(at.timestamp())},
            now=self.now,
        )
        letter.not_before = at if at > self.now else None
