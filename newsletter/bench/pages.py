"""How much a reader's browser loads at first: each page with its style sheets and scripts, without pictures."""

import gzip
import re
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from newsletter import clock
from newsletter.bench.browser import Browser, MakeApp
from newsletter.bench.measuring import KB, Bench, Figure
from newsletter.bench.room import Room
from newsletter.delivery import launching, machine, web_links
from newsletter.delivery.models import Edition
from newsletter.issues.models import Issue
from newsletter.sample import loading
from newsletter.subscribers.models import Status, Subscription

LARGEST_KB = 30.0
PARTS = re.compile(r'<link rel="stylesheet" href="([^"]+)"|<script[^>]* src="([^"]+)"')


class Reader(NamedTuple):
    """Paths that belong to one reader: without the address before them."""

    confirm: str
    preferences: str
    leave: str
    never: str


def measure(make_app: MakeApp, room: Room) -> Bench:
    """Look at every page that readers see, in the sample publication with its issue sent to the outbox."""
    with room.database.write() as session:
        loading.load(session, room.ring, clock.now())
        issue = session.scalars(select(Issue)).one()
        launching.launch(session, issue, None, room.settings.address, clock.now())
    runtime = machine.open_runtime(room.settings)
    machine.send(runtime)
    runtime.close()
    browser = Browser(make_app, room)
    figures = [
        figure
        for name, page in _pages(browser, room, issue)
        for whole, packed in [_sizes(browser, page)]
        for figure in (
            Figure(name=name, unit="KB", values=[whole / KB], target=LARGEST_KB),
            Figure(name=f"{name}, compressed", unit="KB", values=[packed / KB]),
        )
    ]
    return Bench(
        name="pages",
        what="first load of each reader's page: HTML, style sheets and scripts, without pictures",
        figures=figures,
        notes=["Compressed: gzip. Style sheets are kept for a year, so the next page is its HTML alone."],
    )


def _pages(browser: Browser, room: Room, issue: Issue) -> Iterator[tuple[str, TestResponse]]:
    with room.database.read() as session:
        pending, reader = (_reader(session, room, status) for status in (Status.PENDING, Status.CONFIRMED))
        edition = session.scalars(select(Edition).where(Edition.issue_id == issue.id)).first()
    yield "sign-up", browser.get("/")
    form = {"address": "reader@example.org", "topic": "night-sky"}
    yield "check your mail", browser.post("/sign-up", form)
    yield "confirm", browser.get(pending.confirm)
    yield "confirmed", browser.post(pending.confirm)
    yield "preferences", browser.get(reader.preferences)
    yield "ask for a link", browser.get("/preferences")
    yield "archive", browser.get("/archive")
    yield "issue in the archive", browser.get(f"/archive/{issue.public_id}")
    if edition:
        yield "mail in the browser", browser.get(web_links.view("", room.ring, issue.id, edition.id))
    yield "never again", browser.get(reader.never)
    yield "unsubscribe", browser.get(reader.leave)
    yield "unsubscribed", browser.post(reader.leave)
    yield "privacy", browser.get("/privacy")


def _reader(session: Session, room: Room, status: Status) -> Reader:
    theirs = session.scalars(select(Subscription).where(Subscription.status == status)).first()
    if theirs is None:
        raise LookupError(f"the sample has nobody who is {status}")
    ids = (theirs.publication_id, theirs.subscriber_id)
    return Reader(
        confirm=web_links.confirm("", room.ring, *ids, clock.now()),
        preferences=web_links.preferences("", room.ring, *ids, clock.now()),
        leave=web_links.unsubscribe("", room.ring, *ids),
        never=web_links.never("", room.ring, ids[1]),
    )


def _sizes(browser: Browser, page: TestResponse) -> tuple[int, int]:
    """Bytes of a page and all it needs, as they are and with gzip."""
    parts = [page.data, *(browser.get(path).data for found in PARTS.findall(page.text) for path in found if path)]
    return sum(map(len, parts)), sum(len(gzip.compress(part)) for part in parts)
