"""A publication that can send, with a worker that runs inside the test and a clock the test moves."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.delivery import launching, machine
from newsletter.delivery.models import Chunk, ChunkState
from newsletter.delivery.progress import Progress, progress
from newsletter.delivery.runtime import Runtime
from newsletter.issues import drafting
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.providers.outbox import Outbox
from newsletter.publications import installation, provider_accounts, topics
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.simulator.faults import HTTP, Script
from newsletter.simulator.mailroom import Mailroom, read_witness
from newsletter.simulator.postmark import Postmark
from newsletter.simulator.postmark_server import PostmarkServer
from newsletter.subscribers import people
from newsletter.subscribers.models import Status, Subscriber

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PEOPLE = 40
TEXT = """---
title: First light
date: 2026-11-20
---
Good morning {{ first_name | fallback("reader") }}.

## Harbour charts

### [Soundings](https://example.org/soundings)
**What it is:** A survey of the bay.
**Rating:** 🧭🧭🧭

## Night sky

### [A comet](https://example.org/comet)
**What it is:** A smudge, then a tail.
"""


@dataclass
class Newsroom:
    settings: Settings
    database: Database
    ring: KeyRing
    runtime: Runtime
    publication_id: int = 0
    topic_ids: list[int] = field(default_factory=list)
    now: datetime = START

    def clock(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)

    def issue(self, text: str = TEXT) -> int:
        """A new draft."""
        with self.database.write() as session:
            return drafting.make(session, self.publication_id, text, None, self.now).id

    def subscribe(self, *addresses: str, topics: tuple[int, ...] = (0, 1), status: Status = Status.CONFIRMED) -> None:
        """People who chose these of the two topics."""
        with self.database.write() as session:
            publication = session.get_one(Publication, self.publication_id)
            for address in addresses:
                person = people.make_subscriber(session, self.ring, address, address.split("@")[0].title(), self.now)
                chosen = [self.topic_ids[place] for place in topics]
                people.subscribe(session, publication, person, chosen, status, self.now)

    def launch(self, issue_id: int | None = None) -> int:
        """Launch an issue at this moment, its undo window over; returns its id."""
        issue_id = issue_id or self.issue()
        with self.database.write() as session:
            issue = session.get_one(Issue, issue_id)
            launching.launch(session, issue, None, self.settings.address, self.now, due_at=self.now)
            launching.launch_due(session, issue_id, self.settings.address, self.now)
        return issue_id

    def send(self) -> None:
        """One turn of the send worker."""
        machine.send(self.runtime)

    def tick(self) -> None:
        machine.tick(self.runtime)

    def another_worker(self) -> Runtime:
        """A second worker process, as far as the ledger can tell."""
        worker = Runtime(self.settings, open_database(self.settings.database), self.ring)
        worker.now, worker.owner = self.clock, "another|2|2"
        return worker

    def count(self, issue_id: int) -> Progress:
        with self.database.read() as session:
            return progress(session, session.get_one(Issue, issue_id), self.now)

    def states(self, issue_id: int) -> Counter[ChunkState]:
        with self.database.read() as session:
            return Counter(session.scalars(select(Chunk.state).where(Chunk.issue_id == issue_id)))

    def person(self, address: str) -> int:
        with self.database.read() as session:
            found = people.by_address(session, self.ring, address)
            assert found is not None
            return found.id

    def everybody(self) -> dict[int, str]:
        with self.database.read() as session:
            rows = session.execute(select(Subscriber.id, Subscriber.address))
            return {number: address or "" for number, address in rows}

    def outbox(self) -> list[str]:
        """Addresses of the mails in the outbox, in no order."""
        return [entry.to for entry in Outbox(self.settings.data_dir / "outbox").list(10_000).entries]

    @contextmanager
    def postmark(self, *faults: str, doubt: str = "") -> Iterator["Arrivals"]:
        """Send through a Postmark simulator whose calls meet these faults in turn."""
        witness = self.settings.data_dir / "witness"
        simulator = Postmark(Mailroom(witness), profile=doubt or "plain")
        with PostmarkServer(simulator, Script(HTTP, faults)) as server:
            self.send_through_postmark(server.url, simulator.server.token, doubt or "plain")
            yield Arrivals(witness, server)

    def send_through_postmark(self, url: str, token: str, doubt: str = "plain") -> None:
        with self.database.write() as session:
            provider_accounts.save(
                session,
                self.ring,
                session.get_one(Publication, self.publication_id),
                kind="postmark",
                title="Postmark",
                settings={"base_url": url, "doubt": doubt},
                new_secrets={"token": token},
                rate_per_s=None,
                now=self.now,
            )

    def account(self) -> ProviderAccount:
        with self.database.read() as session:
            publication = session.get_one(Publication, self.publication_id)
            return session.get_one(ProviderAccount, publication.account_id)


@dataclass(frozen=True)
class Arrivals:
    """What the provider took, by its own witness file."""

    witness: Path
    server: PostmarkServer

    def addresses(self) -> list[str]:
        return [line["address"] for line in read_witness(self.witness)] if self.witness.exists() else []


def open_newsroom(settings: Settings, database: Database, ring: KeyRing) -> Newsroom:
    room = Newsroom(settings, database, ring, Runtime(settings, database, ring))
    room.runtime.now = room.clock
    with database.write() as session:
        installation.ensure(session, ring, START)
        publication = Publication(
            slug="sheet",
            name="The Sheet",
            sender_address="sheet@example.org",
            postal_address="1 Chart Row, Exampleton",
            list_label="sheet",
            account_id=installation.outbox(session, START).id,
            made_at=START,
        )
        session.add(publication)
        session.flush()
        room.publication_id = publication.id
        room.topic_ids = [
            topics.create(session, publication.id, name, now=START).id for name in ("Harbour charts", "Night sky")
        ]
    room.subscribe(*(f"reader{number}@example.org" for number in range(PEOPLE // 2)))
    room.subscribe(*(f"reader{number}@example.org" for number in range(PEOPLE // 2, PEOPLE)), topics=(0,))
    return room
