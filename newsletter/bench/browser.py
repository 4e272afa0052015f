"""Somebody at the pages without a network: asks the application directly and keeps its cookie."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.test import Client, TestResponse

from newsletter import clock
from newsletter.accounts import ways_in
from newsletter.bench.measuring import CannotMeasure
from newsletter.bench.room import Room
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.keys import KeyRing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


class MakeApp(Protocol):
    """The web application for these settings, over a database that is open already."""

    def __call__(self, settings: Settings, *, database: Database, ring: KeyRing) -> "WSGIApplication": ...


class Browser:
    """`token` is that of the last page with a form, and goes with every post."""

    def __init__(self, make_app: MakeApp, room: Room) -> None:
        self._client = Client(make_app(room.settings, database=room.database, ring=room.ring))
        self._address = room.settings.address
        self.token = ""

    def get(self, path: str) -> TestResponse:
        """Ask for a page. Raises CannotMeasure for an error page."""
        return self._open("GET", path)

    def post(self, path: str, form: Mapping[str, Any] | None = None) -> TestResponse:
        """Send a form. Raises CannotMeasure for an error page."""
        return self._open("POST", path, data={"form_token": self.token} | dict(form or {}))

    def _open(self, method: str, path: str, **more: Any) -> TestResponse:
        page = self._client.open(path, method=method, base_url=self._address, **more)
        if page.status_code >= 400:
            raise CannotMeasure(f"{method} {path} was answered with {page.status}.")
        if found := TOKEN.search(page.text):
            self.token = found[1]
        return page


def owner(make_app: MakeApp, room: Room) -> Browser:
    """An owner at the desk, come in by the one-time link."""
    with room.database.write() as session:
        secret = ways_in.first(session, clock.now())
    browser = Browser(make_app, room)
    browser.get(f"{ways_in.PATH}{secret}")
    browser.post(f"{ways_in.PATH}{secret}")
    browser.get("/desk/account")  # its forms bear the token of this sign-in
    return browser
