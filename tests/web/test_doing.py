"""What the top bar says the machine is doing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from newsletter.issues.models import State
from newsletter.keys import KeyRing
from newsletter.publications.models import ProviderAccount
from newsletter.web.doing import doing
from tests.web.world import World, build


@pytest.fixture
def here(session: Session, ring: KeyRing, now: datetime) -> World:
    return build(session, ring, now)


def account(session: Session, world: World) -> ProviderAccount:
    return session.get_one(ProviderAccount, world.publication.account_id)


def test_a_provider_with_nothing_to_do_is_ready(session: Session, here: World, now: datetime) -> None:
    assert doing(session, here.publication, now)[:2] == ("Outbox ready", "ok")


def test_without_a_provider_it_says_so(session: Session, here: World, now: datetime) -> None:
    here.publication.account_id = None

    assert doing(session, here.publication, now)[:2] == ("No provider yet", "warn")
    assert doing(session, None, now)[:2] == ("No provider yet", "warn")


def test_a_worker_that_was_not_seen_for_a_minute_is_missed(session: Session, here: World, now: datetime) -> None:
    assert doing(session, here.publication, now + timedelta(minutes=2))[:2] == ("No worker runs", "warn")


def test_a_provider_that_waits_for_somebody_comes_before_one_that_waits_for_time(
    session: Session, here: World, now: datetime
) -> None:
    account(session, here).not_before = now + timedelta(minutes=5)
    assert doing(session, here.publication, now)[:2] == ("Outbox asks us to wait until 09:05 UTC", "warn")

    account(session, here).held_words = "The key was refused."
    assert doing(session, here.publication, now)[:2] == ("Outbox: 1 to mend", "bad")


def test_an_issue_on_its_way_leads_to_its_page(session: Session, here: World, now: datetime) -> None:
    for state in (State.LAUNCHED, State.FREEZING, State.SENDING):
        here.issue.state = state
        session.flush()

    found = doing(session, here.publication, now)

    assert (found.words, found.look) == ("Sending an issue", "live")
    assert found.path == f"/desk/issues/{here.issue.public_id}/sending"
