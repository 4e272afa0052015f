"""Sending an issue: from the launch to the last answer written down, with the program running as it always does.

Needs Linux, as everything that watches processes.
"""

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import text

from newsletter import clock, wake
from newsletter.bench.measuring import Bench, CannotMeasure, Figure
from newsletter.bench.processes import program, running, usage, wait_for, wait_for_line
from newsletter.bench.room import Room, free_port
from newsletter.delivery import launching
from newsletter.issues.models import Issue, State
from newsletter.providers.outbox import Outbox
from newsletter.publications import provider_accounts
from newsletter.publications.models import Publication
from newsletter.subscribers.models import Status

LONGEST_S = 900.0
TARGET_S, TARGET_PEOPLE = 15.0, 10_000  # by Postmark, on the embedded database


class Provider(NamedTuple):
    """Who carries the mails here. `arrived` gives the addresses of all mails that it has taken so far."""

    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    arrived: Callable[[], list[str]]
    pid: int | None = None  # where it is a process of its own


class Sent(NamedTuple):
    """Seconds of one send, and how many mails left."""

    total: float
    freeze: float
    mails: int
    worked: float  # of the processor, by all of the program's processes
    provider_worked: float


def measure(room: Room, *, people: int, items: int, provider: str, count: int) -> Bench:
    """Send `count` issues to `people` people, one after another.

    Raises CannotMeasure when what the provider took is not what the ledger says.
    """
    publication_id = room.fill(people, statuses=[Status.CONFIRMED])
    with PROVIDERS[provider](room) as carrier:
        _use(room, publication_id, provider, carrier)
        with running(room) as process:
            sends = [_send(room, publication_id, items, carrier, process.pid) for _ in range(count)]
    is_the_target = provider == "postmark" and people == TARGET_PEOPLE and room.database.is_sqlite
    return Bench(
        name="send",
        what=f"an issue of {items} items to {people:,} people by {provider}",
        figures=[
            Figure(
                name="from launch to finished",
                unit="s",
                values=[sent.total for sent in sends],
                target=TARGET_S if is_the_target else None,
            ),
            Figure(name="of it, until the audience was frozen", unit="s", values=[sent.freeze for sent in sends]),
            Figure(name="mails a second", unit="1/s", values=[sent.mails / sent.total for sent in sends]),
            Figure(name="processor, the program", unit="s", values=[sent.worked for sent in sends]),
            Figure(name="processor, the simulator", unit="s", values=[sent.provider_worked for sent in sends]),
        ],
        notes=[
            f"Each time the provider's own record and the ledger named the same {sends[0].mails:,} people, once each.",
            "The provider is a strict simulator on this machine and shares its processor."
            if provider != "outbox"
            else "The outbox writes every mail to the disk.",
        ],
    )


@contextmanager
def _postmark(room: Room) -> Iterator[Provider]:
    port, token, witness = free_port(), secrets.token_hex(16), room.settings.data_dir / "witness"
    words = ["simulator", "postmark", "--port", str(port), "--witness", str(witness), "--token", token]
    with program(room, words) as process:
        wait_for_line(process, room, "")
        yield Provider(
            {"base_url": f"http://127.0.0.1:{port}"}, {"token": token}, lambda: _witnessed(witness), process.pid
        )


@contextmanager
def _smtp(room: Room) -> Iterator[Provider]:
    port, witness = free_port(), room.settings.data_dir / "witness"
    with program(room, ["simulator", "smtp", "--port", str(port), "--witness", str(witness)]) as process:
        wait_for_line(process, room, "")
        settings = {"host": "127.0.0.1", "port": str(port), "security": "plain"}
        yield Provider(settings, {}, lambda: _witnessed(witness), process.pid)


@contextmanager
def _outbox(room: Room) -> Iterator[Provider]:
    outbox = Outbox(room.settings.data_dir / "outbox")
    yield Provider({}, {}, lambda: [entry.to for entry in outbox.list(10**9).entries])


PROVIDERS = {"postmark": _postmark, "smtp": _smtp, "outbox": _outbox}


def _witnessed(file: Path) -> list[str]:
    return [json.loads(line)["address"] for line in file.read_text().splitlines()] if file.exists() else []


def _use(room: Room, publication_id: int, kind: str, carrier: Provider) -> None:
    with room.database.write() as session:
        provider_accounts.save(
            session,
            room.ring,
            session.get_one(Publication, publication_id),
            kind=kind,
            title=kind,
            settings=carrier.settings,
            new_secrets=carrier.secrets,
            rate_per_s=None,
            now=clock.now(),
        )


def _send(room: Room, publication_id: int, items: int, carrier: Provider, pid: int) -> Sent:
    """Launch a new issue as the command does, ring, and look until it is finished."""
    before = Counter(carrier.arrived())
    with room.database.write() as session:
        issue_id = room.issue(session, publication_id, items).id
    worked, provider_worked, began = _worked(pid), _worked(carrier.pid), time.perf_counter()
    with room.database.write() as session:
        now, home = clock.now(), room.settings.address
        launching.launch(session, session.get_one(Issue, issue_id), None, home, now, due_at=now)
        launching.launch_due(session, issue_id, home, now)
    wake.wake(room.settings, "send")
    wait_for(lambda: _look(room, issue_id).sending_at is not None, "the freeze", LONGEST_S)
    frozen = time.perf_counter() - began
    wait_for(lambda: _look(room, issue_id).state == State.FINISHED, "the last answer", LONGEST_S)
    total = time.perf_counter() - began
    worked, provider_worked = _worked(pid) - worked, _worked(carrier.pid) - provider_worked
    arrived = Counter(carrier.arrived()) - before
    if arrived != Counter(_accepted(room, issue_id)):
        raise CannotMeasure(f"The provider took {arrived.total()} mails, and the ledger says something else.")
    return Sent(total=total, freeze=frozen, mails=arrived.total(), worked=worked, provider_worked=provider_worked)


def _worked(pid: int | None) -> float:
    """Seconds of the processor that a process and its children have had."""
    return usage(pid).cpu_s if pid is not None else 0.0


def _look(room: Room, issue_id: int) -> Issue:
    """The issue as it stands. Raises CannotMeasure when something holds it."""
    with room.database.read() as session:
        issue = session.get_one(Issue, issue_id)
    if issue.state in (State.BLOCKED, State.PAUSED):
        raise CannotMeasure(f"The issue is {issue.state.value}: {issue.words}")
    return issue


def _accepted(room: Room, issue_id: int) -> list[str]:
    """Addresses of everybody who was handed over, by the ledger."""
    with room.database.read() as session:
        rows = session.execute(
            text(
                "SELECT address FROM delivery_status JOIN subscriber ON subscriber.id = subscriber_id "
                "WHERE issue_id = :issue_id AND status = 'accepted'"
            ),
            {"issue_id": issue_id},
        )
        return [address for (address,) in rows]
