"""Every page as a real browser sees it: nothing blocked, nothing wider than a phone."""

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from selenium.webdriver import Chrome
from werkzeug.serving import WSGIRequestHandler, make_server

from newsletter import clock
from newsletter.accounts import sessions
from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.keys import KeyRing
from newsletter.web.request import State
from tests.web import routes
from tests.web.routes import Route
from tests.web.world import World, build

pytestmark = pytest.mark.sqlite
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # named so by werkzeug
        """Says nothing."""


@pytest.fixture
def world(database: Database, ring: KeyRing) -> World:
    with database.write() as session:
        return build(session, ring, clock.now())


@pytest.fixture
def served(settings: Settings, database: Database, ring: KeyRing) -> Iterator[Flask]:
    """The application on a free port of this machine, under its own address."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=Quiet)
    address = f"http://127.0.0.1:{server.server_port}"
    local = Settings(data_dir=settings.data_dir, database_url=settings.database_url, base_url=address)
    server.app = create_app(local, database=database, ring=ring)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.app
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pages(served: Flask, world: World) -> list[Route]:
    return [route for route in routes.every(served, world) if not route.acts and "static" not in route.rule.rule]


def sign_in(browser: Chrome, state: State, world: World, now: datetime) -> None:
    with state.database.write() as session:
        owner = world.editors[Role.OWNER].id
        secret = sessions.start(session, owner, browser="", network="", now=now)
    browser.get(f"{state.settings.address}/desk/sign-in")
    browser.add_cookie({"name": "sid", "value": secret, "path": "/"})


def test_no_page_is_blocked_by_its_own_policy_or_wider_than_a_phone(
    served: Flask, pages: list[Route], world: World, browser: Chrome
) -> None:
    state: State = served.extensions["newsletter"]
    sign_in(browser, state, world, clock.now())
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get_log("browser")  # type: ignore[no-untyped-call]

    wrong = []
    for route in pages:
        browser.get(state.settings.address + route.path)
        width = browser.execute_script("return document.documentElement.scrollWidth")
        said = [entry["message"] for entry in browser.get_log("browser")]  # type: ignore[no-untyped-call]
        said = [message for message in said if "status of 4" not in message and "favicon" not in message]
        is_page = "viewport" in browser.page_source  # and not a part of one, or a mail
        if said or (is_page and width > PHONE["width"]):
            wrong.append((str(route), width, said))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert wrong == []
