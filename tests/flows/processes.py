"""Processes of the program as an operator starts them, for tests that end some of them without a word."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select, text, update

from newsletter import clock, keys, schema
from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.delivery import machine
from newsletter.delivery import progress as counting
from newsletter.delivery.models import Chunk, ChunkState
from newsletter.delivery.progress import Progress
from newsletter.issues.models import Issue, State
from newsletter.publications.models import ProviderAccount
from newsletter.simulator.mailroom import read_witness
from tests.delivery.newsroom import Newsroom, open_newsroom

PATIENCE_S = 60.0
LAST_WORDS = 3000  # characters of what the processes said that go into a failure's message
PYTHON = [sys.executable, "-P", "-m"]

T = TypeVar("T")
Process = subprocess.Popen[bytes]


@dataclass
class World:
    """An installation with one issue, and the processes that a test starts in it."""

    settings: Settings
    database: Database
    stack: ExitStack

    def newsroom(self, others: int) -> Newsroom:
        """A publication with forty people on two topics and `others` more on both, and an issue for them."""
        room = open_newsroom(self.settings, self.database, keys.load(self.settings))
        room.subscribe(*(f"other{number}@example.org" for number in range(others)))
        room.issue()
        return room

    def start(self, *command: str) -> Process:
        return self.stack.enter_context(_running(self, command))

    def run(self, *command: str) -> str:
        """Run a command to its end, and return what it printed."""
        done = subprocess.run([*PYTHON, *command], env=_environment(self.settings), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def launch(self) -> None:
        with self.database.read() as session:
            public_id = session.scalars(select(Issue.public_id)).one()
        self.run("newsletter", "issue", "launch", public_id)

    def freeze(self, room: Newsroom) -> None:
        """Launch the issue and write down who gets it, before there is any worker."""
        room.now = clock.now()
        with self.database.read() as session:
            issue_id = room.launch(session.scalars(select(Issue.id)).one())
        machine.freeze(room.runtime, issue_id)

    def pace(self, rate_per_s: float | None) -> None:
        """How many mails a second may leave, from the next call on."""
        with self.database.write() as session:
            session.execute(update(ProviderAccount).values(rate_per_s=rate_per_s))

    def wait(self, until: Callable[[], T | None]) -> T:
        """Look until there is something, and return it."""
        end = time.monotonic() + PATIENCE_S
        while not (found := until()):
            if time.monotonic() > end:
                pytest.fail(f"Waited {PATIENCE_S:.0f} s in vain.\n{self.count()}\n{self.said()}")
            time.sleep(0.02)
        return found

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-LAST_WORDS:]

    @property
    def log(self) -> Path:
        return self.settings.data_dir / "processes.log"

    def count(self) -> Progress:
        with self.database.read() as session:
            return counting.progress(session, session.scalars(select(Issue)).one(), clock.now())

    def is_finished(self) -> bool:
        with self.database.read() as session:
            return session.scalars(select(Issue.state)).one() is State.FINISHED

    def addresses(self, *statuses: str) -> list[str]:
        """Whose delivery has one of these statuses by the ledger, in order."""
        with self.database.read() as session:
            rows = session.execute(
                text(
                    "SELECT address, status FROM delivery_status JOIN subscriber ON subscriber.id = subscriber_id "
                    "ORDER BY address"
                )
            )
            return [address for address, status in rows if status in statuses]

    def held(self, state: ChunkState) -> dict[int, int]:
        """Chunks in this state by id, each with the process id of its owner; 0: nobody's."""
        with self.database.read() as session:
            rows = session.execute(select(Chunk.id, Chunk.owner).where(Chunk.state == state))
            return {chunk_id: int(owner.split("|")[1]) if owner else 0 for chunk_id, owner in rows}

    def hanging(self) -> int | None:
        """Process id of a worker whose call to the provider has been under way for a second."""
        a_while_ago = clock.now() - timedelta(seconds=1)
        with self.database.read() as session:
            long = select(Chunk.owner).where(Chunk.state == ChunkState.POSTING, Chunk.posting_at < a_while_ago)
            owner = session.scalars(long).first()
            return int(owner.split("|")[1]) if owner else None

    def done(self) -> int:
        """How many people are in calls that are done."""
        with self.database.read() as session:
            return session.scalar(select(func.sum(Chunk.n)).where(Chunk.state == ChunkState.DONE)) or 0

    @property
    def witness(self) -> Path:
        return self.settings.data_dir / "witness"

    def seen(self) -> list[str]:
        """Addresses of all mails that the simulator took, by its own witness file, in order."""
        return sorted(line["address"] for line in read_witness(self.witness))


@contextmanager
def open_world(settings: Settings) -> Iterator[World]:
    """A migrated installation with nothing in it; ends every process that was started in it."""
    schema.upgrade(settings.database, clock.now())
    database = open_database(settings.database)
    try:
        with ExitStack() as stack:
            yield World(settings, database, stack)
    finally:
        database.close()


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "NEWSLETTER_DATA_DIR": str(settings.data_dir),
        "NEWSLETTER_DATABASE_URL": settings.database_url.get_secret_value(),
        "NEWSLETTER_BROKER_URL": settings.broker_url.get_secret_value(),
        "NEWSLETTER_BASE_URL": settings.base_url,
    }


@contextmanager
def _running(world: World, command: tuple[str, ...]) -> Iterator[Process]:
    """A process in a session of its own; whatever is left of it is killed at the end."""
    with world.log.open("ab") as log:
        process = subprocess.Popen(
            [*PYTHON, *command],
            env=_environment(world.settings),
            cwd=world.settings.data_dir,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: Process) -> None:
    """End a process and its children without a word, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def group_of(pid: int) -> int:
    """The process that `start` made and that this one belongs to; 0 when it is gone."""
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def children_of(parent: int, word: str) -> list[int]:
    """Ids of a process's own children that have this word in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ppid = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if ppid == parent and word.encode() in words:
            found.append(int(folder.name))
    return found
