"""What every installation has before anybody typed anything: its own row, and an account at the outbox."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.keys import KeyRing
from newsletter.publications.models import Installation, ProviderAccount

OUTBOX = "outbox"


class OtherKeys(Exception):
    """The database was made with another key ring. The text says what to do."""


def ensure(session: Session, ring: KeyRing, now: datetime) -> Installation:
    """The installation's row and its outbox account, made when missing. Twice changes nothing.

    Raises OtherKeys when the key ring's address key is not the one the database was made with: with another,
    everybody who left for good would be a stranger, so nothing may be sent.
    """
    found = session.get(Installation, 1)
    if found is None:
        found = Installation(address_key_fingerprint=ring.fingerprint, made_at=now)
        session.add(found)
        session.flush()
    check(session, ring)
    outbox(session, now)
    return found


def check(session: Session, ring: KeyRing) -> None:
    """Nothing happens with the key ring that the database was made with. Raises OtherKeys with any other."""
    found = session.get(Installation, 1)
    if found is not None and found.address_key_fingerprint != ring.fingerprint:
        raise OtherKeys(
            "This database was made with another key ring. Start with the one it was made with (keys.json of the "
            "old data folder, or NEWSLETTER_KEYS), or nobody who asked never to be mailed would be known any more."
        )


def find_outbox(session: Session) -> ProviderAccount | None:
    """The account whose mails stay on this machine."""
    return session.scalar(select(ProviderAccount).where(ProviderAccount.kind == OUTBOX).limit(1))


def outbox(session: Session, now: datetime) -> ProviderAccount:
    """The account whose mails stay on this machine, made when missing."""
    found = find_outbox(session)
    if found is None:
        found = ProviderAccount(name="Outbox", kind=OUTBOX, made_at=now)
        session.add(found)
        session.flush()
    return found
