"""A whole desk for a browser: the web server on this machine, and a worker that looks for work all the time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from pydantic import SecretStr
from selenium.webdriver import Chrome
from werkzeug.serving import make_server

from newsletter import clock, keys
from newsletter.accounts import sessions
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.delivery import machine
from newsletter.sample import loading
from newsletter.web import cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where it is, and what a browser needs to be let in."""

    address: str
    settings: Settings
    database: Database
    secret: str

    def enter(self, browser: Chrome, path: str = "/desk/") -> None:
        """Open a page as the owner."""
        browser.get(f"{self.address}/desk/sign-in")
        browser.add_cookie({"name": cookie.name(self.settings), "value": self.secret, "path": "/"})
        browser.get(self.address + path)


@contextmanager
def open_desk(data_dir: Path, database_url: str, *, works: bool = True) -> Iterator[Desk]:
    """A desk with the sample publication in it. `works`: a worker runs."""
    server = make_server("127.0.0.1", 0, Flask("not yet"), threaded=True)
    address = f"http://127.0.0.1:{server.port}"
    settings = Settings(data_dir=data_dir, database_url=SecretStr(database_url), base_url=address)
    database, ring = open_database(settings.database), keys.load(settings)
    with database.write() as session:
        loading.load(session, ring, clock.now())
        owner = Editor(address="marta@example.org", name="Marta Okafor", role=Role.OWNER, made_at=clock.now())
        session.add(owner)
        session.flush()
        secret = sessions.start(session, owner.id, browser="test", network="127.0.0.0", now=clock.now())
    server.app = create_app(settings, database=database, ring=ring)
    stop = threading.Event()
    threads = [threading.Thread(target=server.serve_forever, daemon=True)]
    if works:
        threads.append(threading.Thread(target=_work, args=(settings, stop), daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield Desk(address=address, settings=settings, database=database, secret=secret)
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join(10)
        database.close()


def _work(settings: Settings, stop: threading.Event) -> None:
    runtime = machine.open_runtime(settings)
    while not stop.wait(0.1):
        machine.tick(runtime)
        machine.send(runtime)
        machine.letters(runtime)
    runtime.close()
