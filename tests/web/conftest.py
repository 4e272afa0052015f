"""What a test of the web may ask for: the application at a moment, visitors, and one of everything to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask

from newsletter import keys
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.keys import KeyRing
from tests.web.visitors import Visitor
from tests.web.world import World, build


@dataclass
class Clock:
    """A clock that the test moves."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def ring() -> KeyRing:
    return keys.make()


@pytest.fixture
def app(settings: Settings, database: Database, ring: KeyRing, clock: Clock) -> Flask:
    return create_app(settings, database=database, ring=ring, clock=clock)


@pytest.fixture
def world(database: Database, ring: KeyRing, now: datetime) -> World:
    """A publication with a topic, a reader, an issue, and an editor of each role."""
    with database.write() as session:
        return build(session, ring, now)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app)


@pytest.fixture
def signed_in(app: Flask, world: World, clock: Clock) -> Callable[[Role], Visitor]:
    """Gives a visitor who is signed in as an editor of a role."""

    def become(role: Role) -> Visitor:
        return Visitor(app).sign_in(world.editors[role], clock.now)

    return become


@pytest.fixture
def owner(world: World) -> Editor:
    return world.editors[Role.OWNER]
