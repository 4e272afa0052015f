"""S-75: whatever pages are asked for and whatever goes wrong, the log holds no address and no token."""

import io
import logging
from collections.abc import Iterator

import pytest
from flask import Flask

from newsletter.accounts.rules import Role
from newsletter.db import Database
from newsletter.keys import KeyRing
from newsletter.logs import FORM, Formatter
from newsletter.web.policy import Who, allow
from tests.web import routes
from tests.web.conftest import Clock
from tests.web.visitors import Visitor
from tests.web.world import ADDRESS, World

pytestmark = pytest.mark.sqlite  # what is tested here does not depend on the database


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What goes to the log, at its most talkative."""
    root, kept = logging.getLogger(), io.StringIO()
    handler, before = logging.StreamHandler(kept), root.level
    handler.setFormatter(Formatter(FORM))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(handler)
    root.setLevel(before)


def _broken(token: str) -> str:
    raise RuntimeError(f"{ADDRESS} came with {token}")


def test_s_75_no_address_and_no_token_reaches_the_log(
    app: Flask, world: World, database: Database, ring: KeyRing, clock: Clock, written: io.StringIO
) -> None:
    app.add_url_rule("/broken/<token>", "broken", allow(Who.PUBLIC)(_broken))
    owner = Visitor(app).sign_in(world.editors[Role.OWNER], clock.now)
    secrets = [owner.cookie or "", owner.token, ADDRESS, *(editor.address for editor in world.editors.values())]

    for route in list(routes.every(app, world)):
        answer = owner.post(route.path, {"address": ADDRESS, "password": "canary"}) if route.acts else None
        owner.get(route.path) if answer is None else owner.sign_in(world.editors[Role.OWNER], clock.now)
        secrets += [part for part in route.path.split("/") if len(part) >= 24]

    assert "Traceback" in written.getvalue()  # the broken page was among them
    assert [secret for secret in secrets if secret in written.getvalue()] == []
