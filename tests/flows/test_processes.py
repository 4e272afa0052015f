"""Real processes, started as the README says and killed in the middle: the ledger and the provider agree at the end."""

import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from newsletter.config import Settings
from newsletter.delivery.models import ChunkState
from newsletter.providers.outbox import Outbox
from newsletter.simulator.faults import HTTP, Fault, Script
from newsletter.simulator.mailroom import Mailroom
from newsletter.simulator.postmark import Postmark
from newsletter.simulator.postmark_server import PostmarkServer
from tests import databases
from tests.flows.processes import World, children_of, group_of, kill, open_world
from tests.servers import free_port

pytestmark = pytest.mark.processes

HOME = "https://news.example.org"  # one-click links have to be https
TOKEN = "token-of-the-simulator"
WORKER = ("celery", "-A", "worker.app", "worker", "--pool", "prefork")
BEAT = ("celery", "-A", "worker.app", "beat")
SOON_S = 15.0  # less than the 30 s that a worker may go on with one hint


@pytest.fixture
def one_machine(tmp_path: Path) -> Iterator[World]:
    with open_world(Settings(data_dir=tmp_path, base_url=HOME)) as world:
        yield world


@contextmanager
def several_machines(folder: Path, server: str, broker: str) -> Iterator[World]:
    name = f"newsletter_processes_{uuid.uuid4().hex[:8]}"
    url = SecretStr(databases.create(server, name))
    try:
        with open_world(Settings(data_dir=folder, database_url=url, broker_url=SecretStr(broker), base_url=HOME)) as it:
            yield it
    finally:
        databases.drop(server, name)


def simulate_postmark(world: World, *faults: str) -> str:
    """Start a Postmark simulator that knows no keys; its address."""
    port = free_port()
    command = ["newsletter", "simulator", "postmark", "--port", str(port), "--witness", str(world.witness)]
    world.start(*command, "--profile", "plain", "--token", TOKEN, *(f"--fault={fault}" for fault in faults))
    return f"http://127.0.0.1:{port}"


def in_a_call(world: World, workers: list[int]) -> int | None:
    """One of these that has a call under way."""
    return next((pid for pid in world.held(ChunkState.POSTING).values() if pid in workers), None)


def test_one_machine_whose_worker_is_killed_three_times_mails_everybody_once(one_machine: World) -> None:
    """The outbox knows keys, so even a call that was cut off in the middle is settled."""
    world = one_machine
    world.run("newsletter", "sample", "load")
    world.pace(60)
    program = world.start("newsletter", "run", "--port", str(free_port()))
    world.wait(lambda: "Your way in" in world.said())
    world.launch()

    outbox = Outbox(world.settings.data_dir / "outbox")
    for part in (20, 60, 100):
        world.wait(lambda part=part: outbox.count() >= part)  # type: ignore[misc]
        os.kill(world.wait(lambda: in_a_call(world, children_of(program.pid, "worker"))), signal.SIGKILL)
        assert not world.is_finished()
    world.pace(None)
    world.wait(world.is_finished)

    accepted = world.addresses("accepted")
    assert len(accepted) > 150
    assert sorted(entry.to for entry in outbox.list(1000).entries) == accepted
    assert outbox.count() == len(set(accepted)) == len(accepted)
    assert world.addresses("unknown", "pending", "posting", "failed", "rejected") == []


def test_a_worker_is_killed_and_the_broker_loses_everything(
    tmp_path: Path, postgresql_server: str, redis_url: str
) -> None:
    """The provider knows no keys: unknown is who was in a call at that moment, and nobody else."""
    with several_machines(tmp_path, postgresql_server, redis_url) as world:
        world.run("newsletter", "db", "upgrade")
        room = world.newsroom(others=560)
        room.send_through_postmark(simulate_postmark(world, "none,times=6", "hang,taken"), TOKEN)
        world.pace(75)
        workers = [world.start(*WORKER, "-Q", "send", "-c", "2", "-n", f"{name}@here") for name in ("one", "two")]
        world.start(*WORKER, "-Q", "letters", "-c", "1", "-n", "letters@here")
        world.start(*BEAT)
        world.start("newsletter", "web", "--port", str(free_port()))
        world.launch()

        world.wait(lambda: world.done() >= 200)
        group = group_of(world.wait(world.hanging))
        killed = next(worker for worker in workers if worker.pid == group)
        os.killpg(group, signal.SIGSTOP)
        time.sleep(0.2)  # what it told the database before is written by then
        in_calls = {chunk for chunk, pid in world.held(ChunkState.POSTING).items() if group_of(pid) == group}
        kill(killed)
        with redis.Redis.from_url(redis_url) as broker:
            broker.flushdb()
        began = time.monotonic()
        assert not world.is_finished()
        world.pace(None)
        world.wait(world.is_finished)

        assert time.monotonic() - began < SOON_S
        assert in_calls
        accepted, unknown, seen = world.addresses("accepted"), world.addresses("unknown"), world.seen()
        assert set(world.held(ChunkState.UNKNOWN)) == in_calls
        assert (
            sorted([*accepted, *unknown]) == world.addresses("accepted", "unknown") == sorted(room.everybody().values())
        )
        assert set(accepted) <= set(seen) <= {*accepted, *unknown}
        assert Counter(seen).most_common(1)[0][1] == 1


def test_two_workers_on_rabbitmq_mail_everybody_once(tmp_path: Path, postgresql_server: str, amqp_url: str) -> None:
    with several_machines(tmp_path, postgresql_server, amqp_url) as world:
        room = world.newsroom(others=160)
        room.send_through_postmark(simulate_postmark(world), TOKEN)
        for name in ("one", "two"):
            world.start(*WORKER, "-Q", "send", "-c", "1", "-n", f"{name}@here")
        world.start(*BEAT)
        world.launch()
        world.wait(world.is_finished)

        assert world.seen() == world.addresses("accepted") == sorted(room.everybody().values())


class Gate(Script):
    """Lets the calls it is told of pass, and keeps the others waiting until it is opened."""

    def __init__(self, passing: int) -> None:
        super().__init__(HTTP)
        self.passing = threading.Semaphore(passing)
        self.opened = threading.Event()

    def next(self) -> Fault:
        if not self.passing.acquire(blocking=False):
            self.opened.wait()
        return super().next()


@pytest.mark.parametrize("command", [(*WORKER, "-Q", "send", "-c", "2"), ("worker",)], ids=["prefork", "one machine"])
def test_a_worker_that_is_told_to_stop_lets_go_and_writes_down_what_is_under_way(
    one_machine: World, command: tuple[str, ...]
) -> None:
    """All its processes are told, as some service managers do: none leaves in the middle of a call."""
    world, gate = one_machine, Gate(passing=2)
    room = world.newsroom(others=160)
    with PostmarkServer(Postmark(Mailroom(world.witness), profile="plain"), gate) as simulator:
        room.send_through_postmark(simulator.url, simulator.postmark.server.token)
        world.pace(10)  # so the freeze cuts people into calls of this size
        world.freeze(room)
        world.pace(None)
        worker = world.start(*command)
        world.wait(lambda: world.done() == 20 and world.held(ChunkState.POSTING))
        os.killpg(worker.pid, signal.SIGTERM)
        world.wait(lambda: not world.held(ChunkState.CLAIMED))
        under_way = world.held(ChunkState.POSTING)

        gate.opened.set()
        code = worker.wait(SOON_S)

    assert code == 0
    assert under_way
    assert set(under_way) <= set(world.held(ChunkState.DONE))
    assert world.held(ChunkState.POSTING) == world.held(ChunkState.CLAIMED) == world.held(ChunkState.UNKNOWN) == {}
    assert world.seen() == world.addresses("accepted")
    assert world.held(ChunkState.PENDING)
