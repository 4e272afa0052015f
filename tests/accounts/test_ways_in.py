from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.accounts import editors, ways_in
from newsletter.accounts.models import Editor, WayIn
from newsletter.accounts.rules import Role

MOMENT = timedelta(seconds=1)


@pytest.fixture
def editor(session: Session, now: datetime) -> Editor:
    return editors.make(session, address="ada@example.org", role=Role.EDITOR, now=now)


def test_the_first_start_makes_one_owner_however_often_it_starts(session: Session, now: datetime) -> None:
    first, second = ways_in.first(session, now), ways_in.first(session, now)

    assert first
    assert second
    assert [one.role for one in editors.everybody(session)] == [Role.OWNER]
    assert ways_in.look(session, first, now) is None  # only the link on the screen works
    assert ways_in.look(session, second, now)


def test_there_is_no_first_link_once_the_owner_has_a_password(session: Session, now: datetime) -> None:
    ways_in.first(session, now)
    owner = editors.first_owner(session)
    assert owner
    owner.password_hash = "hash"

    assert ways_in.first(session, now) is None


def test_a_way_in_works_once(session: Session, editor: Editor, now: datetime) -> None:
    secret = ways_in.make(session, editor.id, ways_in.FORGOTTEN, now)

    assert ways_in.use(session, secret, now) is editor
    assert ways_in.use(session, secret, now) is None


def test_looking_at_a_way_in_uses_nothing(session: Session, editor: Editor, now: datetime) -> None:
    secret = ways_in.make(session, editor.id, ways_in.FORGOTTEN, now)

    assert all(ways_in.look(session, secret, now) is editor for _ in range(3))
    assert ways_in.use(session, secret, now) is editor


def test_a_way_in_ends(session: Session, editor: Editor, now: datetime) -> None:
    secret = ways_in.make(session, editor.id, ways_in.FORGOTTEN, now)

    assert ways_in.use(session, secret, now + ways_in.FORGOTTEN) is None
    assert ways_in.use(session, secret, now + ways_in.FORGOTTEN - MOMENT) is editor


def test_a_way_in_of_somebody_shut_out_opens_nothing(session: Session, editor: Editor, now: datetime) -> None:
    secret = ways_in.make(session, editor.id, ways_in.FORGOTTEN, now)
    editor.disabled_at = now

    assert ways_in.look(session, secret, now) is None
    assert ways_in.use(session, secret, now) is None


def test_what_is_stored_opens_nothing(session: Session, editor: Editor, now: datetime) -> None:
    secret = ways_in.make(session, editor.id, ways_in.FORGOTTEN, now)

    stored = session.scalars(select(WayIn.secret_hash)).one()

    assert len(secret) >= 43  # 256 bits
    assert secret not in stored
    assert ways_in.look(session, stored, now) is None
