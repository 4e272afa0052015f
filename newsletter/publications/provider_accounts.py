"""Provider accounts: which provider carries a publication's mail, with which key, and how fast.

What a kind of provider wants is known to `newsletter.providers.catalogue`; here values are only kept. Secrets
go in and never come out again, but for the send that opens them.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter import secretbox
from newsletter.keys import KeyRing
from newsletter.publications.models import ProviderAccount, Publication

FASTEST_PER_S = 10_000.0


class BadRate(ValueError):
    """A pace that cannot be. The text says what is expected."""


def of(session: Session, publication: Publication) -> ProviderAccount | None:
    """The account this publication sends through."""
    return session.get(ProviderAccount, publication.account_id) if publication.account_id else None


def of_kind(session: Session, kind: str) -> ProviderAccount | None:
    """The account of this kind that was made last, if there is one."""
    return session.scalar(
        select(ProviderAccount).where(ProviderAccount.kind == kind).order_by(ProviderAccount.id.desc()).limit(1)
    )


def secrets(ring: KeyRing, account: ProviderAccount) -> dict[str, str]:
    """The account's secrets, for opening the provider. Never show or log them. Raises secretbox.CannotOpen."""
    return secretbox.open_box(ring, account.sealed)


def set_secrets(ring: KeyRing, account: ProviderAccount | None) -> frozenset[str]:
    """The names of the secrets that are set: all a page may know. None when they cannot be opened."""
    if account is None:
        return frozenset()
    try:
        return frozenset(name for name, value in secrets(ring, account).items() if value)
    except secretbox.CannotOpen:
        return frozenset()


def read_rate(typed: str) -> float | None:
    """Mails a second; None for as fast as the provider allows. Raises BadRate."""
    text = typed.strip().replace(",", ".")
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.01 <= rate <= FASTEST_PER_S:  # NaN is not
        raise BadRate(f"“{typed.strip()[:20]}” is no pace: a number of mails a second is expected, such as 50.")
    return rate


def save(
    session: Session,
    ring: KeyRing,
    publication: Publication,
    *,
    kind: str,
    title: str,
    settings: Mapping[str, str],
    new_secrets: Mapping[str, str],
    rate_per_s: float | None,
    now: datetime,
) -> ProviderAccount:
    """Let this publication send through an account of `kind` with these settings.

    The account it has is changed when it is of that kind; else the last one of that kind is taken up again, or
    one is made: what was sent stays on record with the account it went through. A secret that is empty or
    missing in `new_secrets` stays as it is. What held the account is let go, since somebody has acted.
    """
    account = of(session, publication)
    if account is None or account.kind != kind:
        account = of_kind(session, kind)
    if account is None:
        account = ProviderAccount(name=title, kind=kind, made_at=now)
        session.add(account)
    given = {name: value for name, value in new_secrets.items() if value}
    if given:
        account.sealed = secretbox.seal(ring, {**_kept(ring, account), **given})
    account.settings = dict(settings)
    account.rate_per_s = rate_per_s
    account.held_words, account.not_before, account.failures = None, None, 0
    session.flush()
    publication.account_id = account.id
    session.flush()
    return account


def forget_secret(session: Session, ring: KeyRing, account: ProviderAccount, name: str) -> None:
    """Take one secret out of the box; the provider refuses until another is given."""
    account.sealed = secretbox.seal(ring, {kept: value for kept, value in _kept(ring, account).items() if kept != name})
    session.flush()


def checked(session: Session, account: ProviderAccount, now: datetime) -> None:
    """Note that the provider was asked just now whether key and sender are right."""
    account.checked_at = now
    session.flush()


def _kept(ring: KeyRing, account: ProviderAccount) -> dict[str, str]:
    try:
        return secretbox.open_box(ring, account.sealed)
    except secretbox.CannotOpen:
        return {}  # sealed with another ring: whoever gives the key anew mends it
