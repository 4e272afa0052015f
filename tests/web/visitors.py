"""A browser without a window: keeps cookies, carries the form token of the page it was on."""

import re
from datetime import datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from newsletter.accounts import sessions
from newsletter.accounts.models import Editor
from newsletter.web import cookie, forms
from newsletter.web.request import State

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


class Visitor:
    """Somebody at a browser. `token` is sent with each post: the last page's, or the one of the sign-in."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.state: State = app.extensions["newsletter"]
        self.client = app.test_client()
        self.token = forms.make_form_token(self.state.ring, "page", self.state.clock())

    def get(self, path: str, **more: Any) -> TestResponse:
        page = self.open("GET", path, **more)
        if found := TOKEN.search(page.text if page.is_json or "html" in page.content_type else ""):
            self.token = found[1]
        return page

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.open("POST", path, data={forms.FIELD: self.token} | (data or {}), **more)

    def open(self, method: str, path: str, **more: Any) -> TestResponse:
        return self.client.open(path, method=method, base_url=self.state.settings.address, **more)

    def sign_in(self, editor: Editor, now: datetime) -> "Visitor":
        """Become this editor, without the sign-in page."""
        with self.state.database.write() as session:
            secret = sessions.start(session, editor.id, browser="test", network="192.0.2.0/24", now=now)
        self.take(secret)
        return self

    def take(self, secret: str) -> None:
        host = self.state.settings.address.partition("://")[2]
        self.client.set_cookie(cookie.name(self.state.settings), secret, domain=host, secure=True)
        self.token = forms.session_token(self.state.ring, sessions.hash_secret(secret))

    @property
    def cookie(self) -> str | None:
        host = self.state.settings.address.partition("://")[2]
        found = self.client.get_cookie(cookie.name(self.state.settings), domain=host)
        return found.value if found else None
