from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from newsletter import keys
from newsletter.keys import KeyRing
from newsletter.publications import provider_accounts
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.publications.provider_accounts import BadRate


def save(
    session: Session, ring: KeyRing, publication: Publication, now: datetime, kind: str = "postmark", token: str = ""
) -> ProviderAccount:
    return provider_accounts.save(
        session,
        ring,
        publication,
        kind=kind,
        title=kind.capitalize(),
        settings={"stream": "broadcast"},
        new_secrets={"token": token},
        rate_per_s=None,
        now=now,
    )


def test_t_priv_2_a_secret_lies_sealed_and_shows_in_no_repr(
    session: Session, ring: KeyRing, publication: Publication, now: datetime
) -> None:
    account = save(session, ring, publication, now, token="canary-4711")

    assert "canary" not in repr(account) + account.sealed + str(account.settings)
    assert provider_accounts.secrets(ring, account) == {"token": "canary-4711"}
    assert provider_accounts.set_secrets(ring, account) == {"token"}


def test_a_secret_left_empty_stays_and_another_replaces_it(
    session: Session, ring: KeyRing, publication: Publication, now: datetime
) -> None:
    account = save(session, ring, publication, now, token="first")

    assert provider_accounts.secrets(ring, save(session, ring, publication, now)) == {"token": "first"}
    save(session, ring, publication, now, token="second")
    assert provider_accounts.secrets(ring, account) == {"token": "second"}


def test_another_kind_is_another_account_and_the_first_is_taken_up_again(
    session: Session, ring: KeyRing, publication: Publication, now: datetime
) -> None:
    first = save(session, ring, publication, now, token="first")
    outbox = save(session, ring, publication, now, kind="outbox")
    assert publication.account_id == outbox.id

    again = save(session, ring, publication, now)

    assert again.id == first.id == publication.account_id
    assert provider_accounts.secrets(ring, again) == {"token": "first"}


def test_saving_lets_go_of_what_held_the_account(
    session: Session, ring: KeyRing, publication: Publication, now: datetime
) -> None:
    account = save(session, ring, publication, now)
    account.held_words, account.not_before, account.failures = "The key was refused.", now, 3

    save(session, ring, publication, now, token="new")

    session.refresh(account)
    held: list[object] = [account.held_words, account.not_before, account.failures]
    assert held == [None, None, 0]


def test_after_a_change_of_the_ring_nothing_is_set_and_a_new_key_mends_it(
    session: Session, ring: KeyRing, publication: Publication, now: datetime
) -> None:
    account, other = save(session, ring, publication, now, token="first"), keys.make()
    assert provider_accounts.set_secrets(other, account) == frozenset()

    save(session, other, publication, now, token="second")

    assert provider_accounts.secrets(other, account) == {"token": "second"}


def test_a_forgotten_secret_is_gone(session: Session, ring: KeyRing, publication: Publication, now: datetime) -> None:
    account = save(session, ring, publication, now, token="first")

    provider_accounts.forget_secret(session, ring, account, "token")

    assert provider_accounts.set_secrets(ring, account) == frozenset()


@pytest.mark.parametrize(("typed", "rate"), [("", None), (" 50 ", 50.0), ("0,5", 0.5)])
def test_a_pace_is_mails_a_second(typed: str, rate: float | None) -> None:
    assert provider_accounts.read_rate(typed) == rate


@pytest.mark.parametrize("typed", ["fast", "0", "-1", "nan", "inf", "1e9"])
def test_what_is_no_pace_is_refused(typed: str) -> None:
    with pytest.raises(BadRate):
        provider_accounts.read_rate(typed)
