from datetime import datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy.orm import Session

from newsletter.accounts import editors, sessions
from newsletter.accounts.editors import AddressTaken, LastOwner
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.db import Database


def owners(session: Session, how_many: int, now: datetime) -> list[Editor]:
    return [
        editors.make(session, address=f"owner{number}@example.org", role=Role.OWNER, now=now)
        for number in range(how_many)
    ]


def test_an_address_belongs_to_one_editor(session: Session, now: datetime) -> None:
    one, other = owners(session, 2, now)

    with pytest.raises(AddressTaken):
        editors.make(session, address=one.address, role=Role.VIEWER, now=now)
    with pytest.raises(AddressTaken):
        editors.set_address(session, other.id, one.address, "", now)


def test_the_last_owner_stays(session: Session, now: datetime) -> None:
    one, other = owners(session, 2, now)

    editors.disable(session, other, one.id, now)

    with pytest.raises(LastOwner):
        editors.disable(session, one, one.id, now)
    with pytest.raises(LastOwner):
        editors.change_role(session, one, Role.PUBLISHER, one.id, now)


def test_two_owners_who_remove_each_other_at_once_leave_one(database: Database, now: datetime) -> None:
    with database.write() as session:
        ids = [owner.id for owner in owners(session, 2, now)]
    start = Barrier(2)
    refused = []

    def remove(mine: int, other: int) -> None:
        start.wait()
        try:
            with database.write() as session:
                editors.disable(session, session.get_one(Editor, other), mine, now)
        except LastOwner:
            refused.append(mine)

    threads = [Thread(target=remove, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        assert len(refused) == 1
        assert editors.first_owner(session)


def test_letting_in_again_does_not_bring_sessions_back(session: Session, now: datetime) -> None:
    one, other = owners(session, 2, now)
    secret = sessions.start(session, other.id, browser="", network="", now=now)

    editors.disable(session, other, one.id, now)
    editors.enable(session, other, one.id, now)

    assert other.disabled_at is None
    assert sessions.find(session, secret, now) is None
