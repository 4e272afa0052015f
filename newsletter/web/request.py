"""What a view may ask of the request it answers: the moment, the database, and who is asking.

A GET sees a session that cannot write; that is why no page changes anything by being looked at. Any other
method sees one that can, and the view itself calls `session().commit()`, once, where a reader sees it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.accounts import sessions
from newsletter.accounts.models import Editor
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.keys import KeyRing
from newsletter.publications.models import Publication
from newsletter.web import cookie

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
KEY = "newsletter"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the whole application shares."""

    settings: Settings
    database: Database
    ring: KeyRing
    clock: Callable[[], datetime]


def init(app: Flask, state: State) -> None:
    app.extensions[KEY] = state
    app.teardown_appcontext(_close)


def state() -> State:
    found: State = current_app.extensions[KEY]
    return found


def now() -> datetime:
    """The moment of this request: the same however often it is asked for."""
    if "now" not in g:
        g.now = state().clock()
    moment: datetime = g.now
    return moment


def session() -> Session:
    """The session of this request: read-only on GET and HEAD. It is closed, never committed, at the end.

    On SQLite a writing session holds the writer's turn from its first statement to its commit: ask whatever
    takes long (a password's hash, a provider) before or after.
    """
    if "session" not in g:
        g.session = state().database.session(readonly=request.method in SAFE)
    opened: Session = g.session
    return opened


def signed_in() -> sessions.SignedIn | None:
    """The sign-in session and its editor. Looked up on a short read of its own, so no writer waits for it."""
    if "signed_in" not in g:
        g.no_store = True  # whoever looks at the cookie must not be cached
        g.signed_in = None
        if secret := cookie.read(state().settings):
            with state().database.read() as reading:
                g.signed_in = sessions.find(reading, secret, now())
    found: sessions.SignedIn | None = g.signed_in
    return found


def editor() -> Editor | None:
    """Who is signed in. Detached: read its columns, change it through `accounts`."""
    found = signed_in()
    return found.editor if found else None


def the_editor() -> Editor:
    """Who is signed in, in a view that its policy opens to editors only."""
    found = editor()
    if found is None:
        raise LookupError("nobody is signed in: the view's policy should not have let this request in")
    return found


def see() -> None:
    """Note that whoever is signed in does something, so that the sign-in lasts; at most every ten minutes."""
    found = signed_in()
    if found and now() - found.session.seen_at >= sessions.SEEN_EVERY:
        with state().database.write() as writing:
            sessions.see(writing, found.session, now())


def publication() -> Publication | None:
    """The publication that the pages are about: the first that is not the sample, else the sample."""
    if "publication" not in g:
        order = (Publication.is_sample, Publication.id)
        g.publication = session().scalars(select(Publication).order_by(*order).limit(1)).first()
    found: Publication | None = g.publication
    return found


def _close(_error: BaseException | None) -> None:
    if opened := g.pop("session", None):
        opened.close()
