"""Real processes, started as the README says and killed in the middle: the ledger and the provider agree at the end."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from newsletter import clock, keys, schema
from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.delivery import progress as counting
from newsletter.delivery.models import Chunk, ChunkState
from newsletter.delivery.progress import Progress
from newsletter.issues.models import Issue, State
from newsletter.providers.outbox import Outbox
from newsletter.publications.models import ProviderAccount
from newsletter.simulator.mailroom import read_witness
from tests import databases
from tests.delivery.newsroom import open_newsroom
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
TOKEN = "token-of-the-simulator"
PYTHON = [sys.executable, "-P", "-m"]


@dataclass
class World:
    """An installation, and the processes that a test starts in it."""

    settings: Settings
    database: Database
    stack: ExitStack

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        return self.stack.enter_context(running(self.settings, *command))

    def run(self, *command: str) -> str:
        return subprocess.run(
            [*PYTHON, *command], env=environment(self.settings), cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout

    def count(self) -> Progress:
        with self.database.read() as session:
            return counting.progress(session, session.scalars(select(Issue)).one(), clock.now())

    def seen(self) -> list[str]:
        """Addresses that the provider took, by its own witness file."""
        return [line["address"] for line in read_witness(self.settings.data_dir / "witness")]

    def chunks(self, state: ChunkState) -> int:
        with self.database.read() as session:
            return len(session.scalars(select(Chunk.id).where(Chunk.state == state)).all())

    def launch(self) -> None:
        with self.database.read() as session:
            public_id = session.scalars(select(Issue.public_id)).one()
        self.run("newsletter", "issue", "launch", public_id)

    def pace(self, rate_per_s: float) -> None:
        with self.database.write() as session:
            session.execute(update(ProviderAccount).values(rate_per_s=rate_per_s))


def environment(settings: Settings) -> dict[str, str]:
    found = {"PATH": os.environ["PATH"], "NEWSLETTER_DATA_DIR": str(settings.data_dir)}
    found["NEWSLETTER_DATABASE_URL"] = settings.database_url.get_secret_value()
    found["NEWSLETTER_BROKER_URL"] = settings.broker_url.get_secret_value()
    found["NEWSLETTER_BASE_URL"] = settings.base_url
    return found


@contextmanager
def running(settings: Settings, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a session of its own; whatever is left of it is killed at the end."""
    with (settings.data_dir / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [*PYTHON, *command],
            env=environment(settings),
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process and its children without a word, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait(until: Callable[[], bool], world: World) -> None:
    end = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < end, (world.count(), (world.settings.data_dir / "log.txt").read_text()[-3000:])
        time.sleep(0.1)


def workers_of(supervisor: int) -> list[int]:
    """Process ids of the workers that a supervisor has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == supervisor and b"worker" in words:
            found.append(int(folder.name))
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = Settings(data_dir=tmp_path, base_url="https://news.example.org")
    with ExitStack() as stack:
        yield World(settings, stack.enter_context(opened(settings)), stack)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    schema.upgrade(settings.database, clock.now())
    database = open_database(settings.database)
    try:
        yield database
    finally:
        database.close()


@pytest.mark.sqlite
def test_one_machine_whose_worker_is_killed_in_mid_send_mails_everybody_once(world: World) -> None:
    """The outbox knows keys, so even a call that was cut off in the middle is settled."""
    world.run("newsletter", "db", "upgrade")
    world.run("newsletter", "sample", "load")
    world.pace(20)
    program = world.start("newsletter", "run", "--port", str(free_port()))
    wait(lambda: bool(workers_of(program.pid)), world)
    world.launch()

    for part in (20, 60):
        wait(lambda part=part: world.count().handed_over >= part, world)  # type: ignore[misc]
        for worker in workers_of(program.pid):
            os.kill(worker, signal.SIGKILL)
    assert world.count().state is State.SENDING
    world.pace(1000)
    wait(lambda: world.count().state is State.FINISHED, world)

    found = world.count()
    assert found.counts.get("unknown", 0) == 0
    outbox = Outbox(world.settings.data_dir / "outbox")
    assert outbox.count() == found.handed_over > 150
    assert Counter(entry.to for entry in outbox.list(1000).entries).most_common(1)[0][1] == 1


@pytest.fixture(params=["redis_url", "amqp_url"])
def many(request: pytest.FixtureRequest, tmp_path: Path, postgresql_server: str) -> Iterator[World]:
    """PostgreSQL, a broker, and a newsroom that sends through a Postmark simulator of its own."""
    name = f"newsletter_processes_{uuid.uuid4().hex[:8]}"
    settings = Settings(
        data_dir=tmp_path,
        database_url=SecretStr(databases.create(postgresql_server, name)),
        broker_url=SecretStr(request.getfixturevalue(request.param)),
        base_url="https://news.example.org",
    )
    with ExitStack() as stack:
        stack.callback(databases.drop, postgresql_server, name)
        world = World(settings, stack.enter_context(opened(settings)), stack)
        room = open_newsroom(settings, world.database, keys.load(settings))
        room.subscribe(*(f"other{number}@example.org" for number in range(160)))
        room.issue()
        port = free_port()
        simulator = ("simulator", "postmark", "--port", str(port), "--profile", "plain", "--token", TOKEN)
        faults = ("--fault", "none,times=5", "--fault", "hang,taken")
        world.start("newsletter", *simulator, *faults, "--witness", str(tmp_path / "witness"))
        room.send_through_postmark(f"http://127.0.0.1:{port}", TOKEN)
        yield world


def test_two_workers_one_stopped_and_one_killed_leave_a_ledger_that_says_what_the_provider_saw(many: World) -> None:
    """The simulator knows no keys: who was in the call that was cut off is unknown, and nobody is mailed twice."""
    many.pace(20)
    celery = ("celery", "-A", "worker.app")
    worker = (*celery, "worker", "-Q", "send", "--concurrency", "1", "--loglevel", "WARNING")
    first, second = many.start(*worker, "-n", "first@here"), many.start(*worker, "-n", "second@here")
    many.start(*celery, "beat", "--loglevel", "WARNING")
    many.launch()

    wait(lambda: many.count().handed_over >= 20, many)
    first.terminate()
    assert first.wait(15) == 0  # long before its turn of 30 s is over
    assert many.chunks(ChunkState.UNKNOWN) == 0
    wait(lambda: len(many.seen()) > many.count().handed_over >= 100, many)  # the sixth call hangs, and is taken
    kill(second)
    assert many.count().state is State.SENDING
    many.pace(1000)
    many.start(*worker, "-n", "third@here")
    wait(lambda: many.count().state is State.FINISHED, many)

    found = many.count()
    assert (found.handed_over, found.counts["unknown"]) == (180, 20)
    assert sorted(Counter(many.seen()).values()) == [1] * 200
