"""An installation in which everything there is to see has happened. The pictures and the audit look at it.

It lives in a folder of its own, serves on a free port of 127.0.0.1, and no worker runs: what stands there stays.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import waitress
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter import addresses, clock, keys, schema
from newsletter.accounts import editors, passwords, sessions, ways_in
from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.delivery import due, launching, letters, machine, signups, sweep, web_links
from newsletter.delivery.models import Chunk, ChunkState, LetterKind
from newsletter.delivery.runtime import Runtime
from newsletter.delivery.signups import Typed
from newsletter.issues import drafting
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.publications import publications
from newsletter.publications.models import Publication, Topic
from newsletter.sample import loading
from newsletter.subscribers import files, importing, leaving, people, suppressions
from newsletter.subscribers.columns import Column
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import Status, Subscriber, Subscription, SuppressionKind
from tests.showroom_texts import FINDINGS, FROST, PEOPLE_CSV, WINTER

OWNER, READER, NEW, PAST = "marta@example.org", "ines@example.org", "noor@example.net", "tore@example.com"
PASSWORD = "harbour lanterns at dusk"  # opens an installation that lives for a minute


@dataclass
class Showroom:
    """A running installation. `ids` are the public names of what is in it, by what they are called here."""

    address: str
    settings: Settings
    database: Database
    ring: KeyRing
    app: Flask
    secret: str = ""
    now: datetime = field(default_factory=clock.now)
    ids: dict[str, str] = field(default_factory=dict)

    def clock(self) -> datetime:
        return self.now


class Stage(StrEnum):
    """How far somebody has come with the program."""

    BARE = "bare"  # no publication at all
    FIRST_DAY = "first-day"  # the sample, and nothing done yet
    OWN = "own"  # a newsletter of one's own, with nothing in it
    BUSY = "busy"  # everything has happened


@contextmanager
def open_showroom(folder: Path, stage: Stage) -> Iterator[Showroom]:
    """Furnish an installation in this folder, and serve it."""
    settings = Settings(data_dir=folder)
    schema.upgrade(settings.database, clock.now())
    server: Any = waitress.create_server(Flask("not yet"), host="127.0.0.1", port=0, threads=8)
    address = f"http://127.0.0.1:{server.effective_port}"
    settings = settings.model_copy(update={"base_url": address})
    database, ring = open_database(settings.database), keys.load(settings)
    room = Showroom(address, settings, database, ring, Flask("not yet"))
    room.app = server.application = create_app(settings, database=database, ring=ring, clock=room.clock)
    _furnish(room, stage)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield room
    finally:
        server.close()
        thread.join(10)
        database.close()


def _furnish(room: Showroom, stage: Stage) -> None:
    today = room.now
    room.now = today - timedelta(days=30)
    with room.database.write() as session:
        if stage is not Stage.BARE:
            loading.load(session, room.ring, room.now)
        if stage is Stage.OWN:
            publications.create(session, "Harbour Notes", room.now)
        owner = editors.make(session, address=OWNER, role=Role.OWNER, now=room.now, name="Marta Okafor")
        editors.set_password(session, owner.id, passwords.hash_password(PASSWORD), room.now)
    if stage is Stage.BUSY:
        runtime = machine.open_runtime(room.settings)
        runtime.now = room.clock
        _happen(room, runtime, today)
        runtime.close()
    room.now = today
    with room.database.write() as session:
        sweep.beat(session, today)  # as if a worker ran, or every page would say that none does
        room.secret = sessions.start(session, owner.id, browser="Chromium", network="127.0.0.0", now=today)
        room.ids["way-in"] = "/desk/way-in/" + ways_in.make(session, owner.id, ways_in.FIRST, today)


def _happen(room: Showroom, runtime: Runtime, today: datetime) -> None:
    """A month of a newsletter."""
    with room.database.write() as session:
        _publication(session).is_sample = False
        editors.make(session, address="jonas@example.org", role=Role.PUBLISHER, now=room.now, name="Jonas Brandt")
        editors.make(session, address="wanda@example.org", role=Role.VIEWER, now=room.now)
    room.now = today - timedelta(days=14)
    _send(room, runtime, "sample", None)
    room.now = today - timedelta(days=7)
    _send(room, runtime, "doubtful", FROST, _lose_one)
    room.now = today - timedelta(days=2)
    _people_come(room, runtime)
    room.now = today - timedelta(minutes=12)
    _send(room, runtime, "paused", WINTER, _stop_half_way)
    room.now = today - timedelta(minutes=2)
    _drafts(room, today)
    _letters(room, runtime)
    _imports(room)


def _publication(session: Session) -> Publication:
    return session.scalars(select(Publication)).one()


def _send(
    room: Showroom,
    runtime: Runtime,
    called: str,
    text: str | None,
    meanwhile: Callable[[Session, Issue, datetime], None] | None = None,
) -> None:
    """Launch an issue (no text: the sample's), freeze it, let something happen, and send what then is due."""
    with room.database.write() as session:
        about = _publication(session)
        is_sample = Issue.is_sample.is_(True)
        issue = (
            drafting.make(session, about.id, text, None, room.now)
            if text
            else session.scalars(select(Issue).where(is_sample)).one()
        )
        issue.text = issue.text.replace("2026-11-20", f"{room.now:%Y-%m-%d}")
        room.ids[called] = issue.public_id
        launching.launch(session, issue, None, room.address, room.now, due_at=room.now)
        launching.launch_due(session, issue.id, room.address, room.now)
        issue_id = issue.id
    machine.freeze(runtime, issue_id)
    if meanwhile:
        with room.database.write() as session:
            meanwhile(session, session.get_one(Issue, issue_id), room.now)
    machine.send(runtime)
    if meanwhile is _stop_half_way:
        with room.database.write() as session:
            launching.pause(session, session.get_one(Issue, issue_id), room.now)


def _lose_one(session: Session, issue: Issue, now: datetime) -> None:
    """A worker dies in the middle of the first call: nobody knows what became of its mails."""
    lane = due.lanes(session, issue.id, now)[0]
    lost = due.claim(session, issue, lane, "another machine|1|1", now)[0]
    posting = {"state": ChunkState.POSTING, "posting_at": now, "lease_until": now}
    session.execute(update(Chunk).where(Chunk.id == lost.chunk_id).values(posting))
    sweep.reap(session, now + timedelta(minutes=5))


def _stop_half_way(session: Session, issue: Issue, now: datetime) -> None:
    """One call is in doubt, and half of the others are not due yet."""
    _lose_one(session, issue, now)
    waiting = session.scalars(select(Chunk).where(Chunk.issue_id == issue.id, Chunk.state == ChunkState.PENDING)).all()
    for chunk in waiting[len(waiting) // 2 :]:
        chunk.not_before = now + timedelta(days=1)


def _people_come(room: Showroom, runtime: Runtime) -> None:
    """Somebody signs up and confirms, somebody has not confirmed, one has left, some must not be mailed."""
    source = Source(words="By signing up you agree to get The Lantern by mail.", page="/sign-up")
    with room.database.write() as session:
        about = _publication(session)
        topics = list(session.scalars(select(Topic.id).order_by(Topic.position)))
        for address, name, some in ((READER, "Ines Adeyemi", topics[:3]), (NEW, "", topics[1:3]), (PAST, "", topics)):
            typed = Typed(address=address, name=name, topic_ids=frozenset(some))
            signups.sign_up(session, room.ring, about, typed, source, room.now)
        for address in (READER, PAST):
            person = _person(session, room, address)
            yes = Source(words="Yes, send me The Lantern", page="/c/<token>")
            signups.confirm(session, about.id, person.id, room.now, yes, room.now + timedelta(minutes=4))
    machine.letters(runtime)
    with room.database.write() as session:
        gone = people.subscription(session, about.id, _person(session, room, PAST).id)
        assert gone is not None
        leaving.leave_publication(session, gone, source, room.now)
        kinds = (SuppressionKind.COMPLAINT, SuppressionKind.HARD_BOUNCE, SuppressionKind.MANUAL)
        for kind, person in zip(kinds, session.scalars(_confirmed().offset(20).limit(3)), strict=True):
            suppressions.suppress(session, person.address_key, kind, _WHY[kind], room.now)
            room.ids[kind.value] = person.public_id
        stranger = addresses.key("nobody@example.com", room.ring.address_key)
        suppressions.suppress(session, stranger, SuppressionKind.NEVER, "asked never to be mailed again", room.now)
        room.ids["reader"] = _person(session, room, READER).public_id
    _links(room)


_WHY = {
    SuppressionKind.COMPLAINT: "marked an issue as spam",
    SuppressionKind.HARD_BOUNCE: "5.1.1: no such mailbox",
    SuppressionKind.MANUAL: "asked by telephone",
}


def _confirmed() -> Any:
    of = select(Subscriber).join(Subscription, Subscription.subscriber_id == Subscriber.id)
    return of.where(Subscription.status == Status.CONFIRMED).order_by(Subscriber.id)


def _person(session: Session, room: Showroom, address: str) -> Subscriber:
    found = people.by_address(session, room.ring, address)
    assert found is not None, address
    return found


def _links(room: Showroom) -> None:
    """The paths that stand in these people's mails."""
    with room.database.read() as session:
        about, ring, at = _publication(session).id, room.ring, room.now
        ines, noor, tore = (_person(session, room, address).id for address in (READER, NEW, PAST))
        room.ids |= {
            "p": web_links.preferences("", ring, about, ines, at),
            "u": web_links.unsubscribe("", ring, about, ines, 0),
            "u-left": web_links.unsubscribe("", ring, about, tore, 0),
            "1": web_links.one_click("", ring, about, ines, 0),
            "c": web_links.confirm("", ring, about, noor, at),
            "c-done": web_links.confirm("", ring, about, ines, at),
            "c-over": web_links.confirm("", ring, about, noor, at - timedelta(days=30)),
            "n": web_links.never("", ring, noor),
        }


def _drafts(room: Showroom, today: datetime) -> None:
    """A good draft with versions, one with findings, one that leaves tomorrow."""
    with room.database.write() as session:
        about = _publication(session)
        good = drafting.make(session, about.id, loading.ISSUE.read_text(), None, room.now - timedelta(hours=3))
        text = loading.ISSUE.read_text().replace("Low tide, long evenings", "The long dark, and what to do with it")
        drafting.save(session, good, text, revision=good.revision, editor_id=None, now=room.now - timedelta(hours=1))
        later = text.replace("2026-11-20", "2026-11-27")
        drafting.save(session, good, later, revision=good.revision, editor_id=None, now=room.now)
        bad = drafting.make(session, about.id, FINDINGS, None, room.now - timedelta(hours=20))
        planned = drafting.make(session, about.id, WINTER.replace("Winter light", "Frost flowers"), None, room.now)
        launching.launch(session, planned, None, room.address, room.now, due_at=today + timedelta(hours=20))
        room.ids |= {"draft": good.public_id, "findings": bad.public_id, "scheduled": planned.public_id}


def _letters(room: Showroom, runtime: Runtime) -> None:
    with room.database.write() as session:
        about, draft = _publication(session), drafting.find(session, room.ids["draft"])
        ines, jonas = _person(session, room, READER), editors.by_address(session, "jonas@example.org")
        assert jonas is not None
        assert draft is not None
        write = partial(letters.write, session, publication_id=about.id, now=room.now)
        write(kind=LetterKind.PREFERENCES, subscriber_id=ines.id)
        link = {"editor_id": jonas.id, "lasts_s": 3600}
        write(kind=LetterKind.SIGN_IN, address=jonas.address, words=link)
        alarm = {"title": "Issue 3 has stopped", "why": "The provider refuses the key.", "mend": "Give it a new key."}
        alarm |= {"path": "/desk/settings/provider", "button": "Open the settings"}
        write(kind=LetterKind.ALARM, address=OWNER, words=alarm)
        letters.test_copy(session, draft, ["night-sky", "bicycles"], OWNER, room.now)
    machine.letters(runtime)


def _imports(room: Showroom) -> None:
    """One file waits for its columns to be named, one for somebody to let its people in."""
    for called, is_judged in (("mapping", False), ("dry-run", True)):
        reading = files.read(BytesIO(PEOPLE_CSV.encode()))
        with room.database.write() as session:
            about, name, size = _publication(session), "readers-2026.csv", len(PEOPLE_CSV)
            found = importing.begin(session, about, None, name, size, reading, room.now)
            importing.add_rows(session, found, reading.rows)
            importing.read_to_end(session, found, reading.has_header)
            room.ids[called] = found.public_id
            if is_judged:
                importing.map_columns(session, found, [Column.ADDRESS, Column.NAME, Column.TOPICS, Column.STATE], [])
                while importing.step_of(session, room.ring, found, room.now):
                    pass
