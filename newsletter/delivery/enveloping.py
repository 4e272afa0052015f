"""A letter made ready to leave: to which address, through which account, saying what; or why not now, or never.

Rendering takes tens of milliseconds, so it happens in a transaction that reads.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from emails import headers
from emails.filling import Template
from emails.theme import BadTheme
from newsletter import links
from newsletter.delivery import lettering
from newsletter.delivery.messages import sender_of
from newsletter.delivery.models import Letter, LetterKind
from newsletter.delivery.runtime import Runtime
from newsletter.links import Purpose
from newsletter.providers.base import Batch, Recipient
from newsletter.publications import installation
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.subscribers import suppressions
from newsletter.subscribers.models import DepartureCounter, Subscriber

log = logging.getLogger(__name__)

WHILE_HELD = timedelta(seconds=30)  # a letter waits while its provider account is held
CANNOT_WRITE = "This letter cannot be written any more; the worker's log says what is missing."
NO_ADDRESS = "The person has no address any more."
BARRED = "This address asked never to be mailed."
ASKED_FOR = frozenset({LetterKind.SIGN_IN, LetterKind.PREFERENCES})  # go out in spite of a suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A letter that is ready: through which account, and what it says to whom."""

    account: ProviderAccount
    batch: Batch


def prepare(runtime: Runtime, letter_id: int) -> Envelope | datetime | str:
    """The letter as it will leave; or when to look at it again; or why it never can. Renders, so it holds no lock."""
    with runtime.database.read() as session:
        letter = session.get_one(Letter, letter_id)
        publication = session.get_one(Publication, letter.publication_id)
        subscriber = _subscriber(session, letter)
        account = _account(session, publication, subscriber)
    wait = _wait(runtime, letter, account, runtime.now())
    if account is None or wait:
        return wait or runtime.now() + WHILE_HELD
    secret = _secret(runtime, letter)
    try:
        with runtime.database.read() as session:
            return _written(session, runtime, letter, publication, subscriber, account, secret)
    except (LookupError, NoResultFound, BadTheme):
        log.exception("Letter %s cannot be written.", letter_id)
        return CANNOT_WRITE


def _wait(runtime: Runtime, letter: Letter, account: ProviderAccount | None, now: datetime) -> datetime | None:
    """Until when this letter has to wait for its provider account. An alarm may be about just that: it is tried."""
    if account is None or runtime.facts(account) is None:
        return now + WHILE_HELD
    if letter.kind is LetterKind.ALARM:
        return None
    if account.held_words:
        return now + WHILE_HELD
    return account.not_before if account.not_before and account.not_before > now else None


def _secret(runtime: Runtime, letter: Letter) -> str | None:
    """The one-time secret that a letter's link needs, made as it leaves; None for most."""
    if letter.kind is not LetterKind.SIGN_IN:
        return None
    with runtime.database.write() as session:
        return lettering.way_in(session, letter)


def _written(
    session: Session,
    runtime: Runtime,
    letter: Letter,
    publication: Publication,
    subscriber: Subscriber | None,
    account: ProviderAccount,
    secret: str | None,
) -> Envelope | str:
    address = _address(session, letter)
    if address is None:
        return NO_ADDRESS
    base, ring = runtime.settings.address, runtime.ring
    template = lettering.template(session, ring, base, letter, publication, subscriber, secret)
    words = lettering.test_words(session, ring, base, letter, address) if template.slots else {}
    return Envelope(account=account, batch=_batch(runtime, letter, publication, address, template, words))


def stopped(session: Session, letter: Letter, ready: Envelope) -> str | None:
    """Why this letter must not leave after all; looked at in the transaction that marks it as posting.

    Whoever asks, or complains, never to be mailed has until then; what they themselves ask for still goes.
    """
    session.scalar(select(DepartureCounter.number).with_for_update(read=True))
    if _address(session, letter) != ready.batch.recipients[0].address:
        return NO_ADDRESS
    subscriber = _subscriber(session, letter)
    if subscriber is None or letter.kind in ASKED_FOR:
        return None
    return BARRED if suppressions.active(session, subscriber.address_key) & suppressions.FINAL else None


def _subscriber(session: Session, letter: Letter) -> Subscriber | None:
    return session.get(Subscriber, letter.subscriber_id) if letter.subscriber_id else None


def _address(session: Session, letter: Letter) -> str | None:
    subscriber = _subscriber(session, letter)
    return letter.address or (subscriber.address if subscriber else None)


def _account(session: Session, publication: Publication, subscriber: Subscriber | None) -> ProviderAccount | None:
    """The publication's account; the outbox where there is none, and for sample people always."""
    if publication.account_id is None or (subscriber and subscriber.is_sample):
        return installation.find_outbox(session)
    return session.get_one(ProviderAccount, publication.account_id)


def _batch(
    runtime: Runtime,
    letter: Letter,
    publication: Publication,
    address: str,
    template: Template,
    words: dict[str, str],
) -> Batch:
    letter_id = links.make(runtime.ring, Purpose.LETTER, letter.id)
    sender = sender_of(publication)
    return Batch(
        key=f"{letter_id}-{letter.attempt}",  # another try may say other words: a new secret, a new name
        sender=sender,
        headers=headers.letter_headers(letter_id=letter_id, sender_address=sender.address, date=letter.made_at),
        template=template,
        recipients=[
            Recipient(delivery_id=letter_id, address=address, headers={}, values=template.values(words)),
        ],
        tag=f"letter-{letter.kind}",
        letter=True,
    )
