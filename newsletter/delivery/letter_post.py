"""Sending letters: the path of an issue's chunks, for one person at a time, on a queue of its own.

pending → claimed → posting (committed before the first byte) → done, failed, unknown, or pending again when it
was provably not sent. A confirmation or sign-in letter that is in doubt is sent once more: its reader waits for
it, and a second copy does no harm.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from emails import headers
from emails.filling import Template
from newsletter import links
from newsletter.delivery import lettering, rules
from newsletter.delivery.messages import sender_of
from newsletter.delivery.models import ChunkState, Letter, LetterKind
from newsletter.delivery.runtime import Runtime
from newsletter.links import Purpose
from newsletter.providers.base import (
    Accepted,
    Answer,
    Answered,
    Batch,
    Lost,
    NotSent,
    Recipient,
    Refused,
    Rejected,
    Result,
    Unclear,
    Untouched,
)
from newsletter.publications import installation
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.subscribers import suppressions
from newsletter.subscribers.models import Subscriber

log = logging.getLogger(__name__)

MANY = 50  # letters claimed at once
ONCE_MORE = frozenset({LetterKind.CONFIRM, LetterKind.SIGN_IN})
MOST_ATTEMPTS = 8
WHILE_HELD = timedelta(seconds=30)  # a letter waits while its provider account is held
NO_ADDRESS = "The person has no address any more."
BARRED = "This address asked never to be mailed."
ASKED_FOR = frozenset({LetterKind.SIGN_IN, LetterKind.PREFERENCES})  # go out in spite of a suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A letter that is ready: through which account, and what it says to whom."""

    account: ProviderAccount
    batch: Batch


def is_due(now: datetime) -> ColumnElement[bool]:
    return (Letter.state == ChunkState.PENDING) & or_(Letter.not_before.is_(None), Letter.not_before <= now)


def any_due(session: Session, now: datetime) -> bool:
    return session.scalar(select(Letter.id).where(is_due(now)).limit(1)) is not None


def send_due(runtime: Runtime) -> int:
    """Send every letter that is due; says how many were handed over or settled."""
    settled = 0
    with runtime.database.write() as session:
        once_more(session)
    while not runtime.stop.is_set():
        with runtime.database.write() as session:
            claimed = _claim(session, runtime.owner, runtime.now())
        if not claimed:
            return settled
        for letter_id, attempt in claimed:
            settled += _send(runtime, letter_id, attempt)
    return settled


def once_more(session: Session) -> None:
    """Let letters that somebody waits for, and that are in doubt, go out a second time: only once."""
    session.execute(
        update(Letter)
        .where(Letter.state == ChunkState.UNKNOWN, Letter.kind.in_(ONCE_MORE), Letter.attempt < 2)
        .values(state=ChunkState.PENDING)
        .execution_options(synchronize_session=False)
    )


def _claim(session: Session, owner: str, now: datetime) -> list[tuple[int, int]]:
    wanted = session.scalars(select(Letter.id).where(is_due(now)).order_by(Letter.id).limit(MANY)).all()
    taken = session.execute(
        update(Letter)
        .where(Letter.id.in_(wanted), Letter.state == ChunkState.PENDING)
        .values(
            state=ChunkState.CLAIMED,
            attempt=Letter.attempt + 1,
            owner=owner,
            lease_until=now + rules.CLAIM_LEASE * 5,
        )
        .execution_options(synchronize_session=False)
        .returning(Letter.id, Letter.attempt)
    )
    return sorted(taken.all())


def _send(runtime: Runtime, letter_id: int, attempt: int) -> bool:
    """One letter, from its row to its answer. False: it was not ours any more, or has to wait."""
    secret = _secret(runtime, letter_id)
    now = runtime.now()
    with runtime.database.read() as session:
        ready = _ready(session, runtime, session.get_one(Letter, letter_id), secret, now)
    with runtime.database.write() as session:
        letter = session.get_one(Letter, letter_id, with_for_update=True)
        if letter.state != ChunkState.CLAIMED or letter.attempt != attempt or letter.owner != runtime.owner:
            return False
        if isinstance(ready, Envelope) and _is_barred(session, letter):
            ready = BARRED
        match ready:
            case Envelope():
                letter.state, letter.posting_at, letter.account_id = ChunkState.POSTING, now, ready.account.id
                letter.lease_until = now + rules.POSTING_LEASE
            case datetime():
                _let_wait(letter, ready)
                return False
            case _:
                letter.state, letter.reason, letter.done_at = ChunkState.FAILED, ready, now
                letter.owner = letter.lease_until = None
                return True
    answer = runtime.provider(ready.account).send(ready.batch)
    with runtime.database.write() as session:
        _record(session, letter_id, attempt, answer, runtime.now())
    return True


def _secret(runtime: Runtime, letter_id: int) -> str | None:
    """The one-time secret that a letter's link needs, made as it leaves; None for most."""
    with runtime.database.read() as session:
        letter = session.get_one(Letter, letter_id)
    if letter.kind is not LetterKind.SIGN_IN:
        return None
    with runtime.database.write() as session:
        return lettering.way_in(session, letter)


def _ready(
    session: Session, runtime: Runtime, letter: Letter, secret: str | None, now: datetime
) -> Envelope | datetime | str:
    """The letter as it will leave; or when to look at it again; or why it never can. Renders, so it holds no lock."""
    publication = session.get_one(Publication, letter.publication_id)
    subscriber = session.get(Subscriber, letter.subscriber_id) if letter.subscriber_id else None
    address = letter.address or (subscriber.address if subscriber else None)
    if address is None:
        return NO_ADDRESS
    account = _account(session, publication, subscriber)
    if account is None or account.held_words or runtime.facts(account) is None:
        return now + WHILE_HELD
    if account.not_before and account.not_before > now:
        return account.not_before
    base, ring = runtime.settings.address, runtime.ring
    template = lettering.template(session, ring, base, letter, publication, subscriber, secret)
    words = lettering.test_words(session, ring, base, letter, address) if template.slots else {}
    return Envelope(account=account, batch=_batch(runtime, letter, publication, address, template, words))


def _let_wait(letter: Letter, until: datetime) -> None:
    """Back to waiting: nothing was tried."""
    letter.state, letter.not_before = ChunkState.PENDING, until
    letter.attempt -= 1
    letter.owner = letter.lease_until = None


def _is_barred(session: Session, letter: Letter) -> bool:
    """Whether this reader asked, or complained, never to be mailed; what they themselves ask for still goes."""
    subscriber = session.get(Subscriber, letter.subscriber_id) if letter.subscriber_id else None
    if subscriber is None or letter.kind in ASKED_FOR:
        return False
    return bool(suppressions.active(session, subscriber.address_key) & suppressions.FINAL)


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
        key=letter_id,
        sender=sender,
        headers=headers.letter_headers(letter_id=letter_id, sender_address=sender.address, date=letter.made_at),
        template=template,
        recipients=[
            Recipient(delivery_id=letter_id, address=address, headers={}, values=template.values(words)),
        ],
        tag=f"letter-{letter.kind}",
        letter=True,
    )


def _record(session: Session, letter_id: int, attempt: int, answer: Answer, now: datetime) -> None:
    letter = session.get_one(Letter, letter_id, with_for_update=True)
    if letter.attempt != attempt or letter.state not in (ChunkState.POSTING, ChunkState.UNKNOWN):
        return
    result: Answer | Result = answer.results[0] if isinstance(answer, Answered) else answer
    match result:
        case Accepted():
            letter.state, letter.done_at, letter.provider_id = ChunkState.DONE, now, result.provider_id
        case Refused() | Rejected():
            letter.state, letter.done_at = ChunkState.FAILED, now
        case Lost() | Unclear():
            letter.state = ChunkState.UNKNOWN
        case NotSent() | Untouched():
            _later(letter, result.wait_s, now)
        case Answered():
            raise AssertionError("an answer for one letter has one result")
    letter.reason = None if isinstance(result, Accepted) else result.words[:300]
    letter.owner = letter.lease_until = None


def _later(letter: Letter, wait_s: float | None, now: datetime) -> None:
    if letter.state == ChunkState.UNKNOWN:
        return
    if letter.attempt >= MOST_ATTEMPTS:
        letter.state, letter.done_at = ChunkState.FAILED, now
        return
    letter.state = ChunkState.PENDING
    letter.not_before = now + max(rules.back_off(letter.attempt, wait_s), timedelta(seconds=1))
