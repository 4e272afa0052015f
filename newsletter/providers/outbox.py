"""The outbox: mails that stay on this machine, one file each, for trying things out.

    outbox/mails/<delivery id>.eml    a mail, as any mail program opens it
    outbox/index.tsv                  a line a mail: when, delivery id, to, subject, tag

A keyed provider: the file's name is the delivery id, so a repeat finds the mail there and changes nothing. Files are
written aside and renamed. A line goes into the index before its file gets its name, and it counts only when the
file carries exactly its time; so whatever moment a process dies at, a mail is listed once or not there.
"""

import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string, policy
from pathlib import Path

from emails.filling import join
from newsletter.providers import outbox_index
from newsletter.providers.base import (
    Accepted,
    Answer,
    Answered,
    Batch,
    Doubt,
    Facts,
    NotSent,
    OnResult,
    Problem,
    Recipient,
    Refused,
    Result,
    Scope,
    Shape,
)
from newsletter.providers.mime import Mails, wire_address

INDEX = "index.tsv"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

FACTS = Facts(
    name="outbox",
    title="Outbox",
    doubt=Doubt.KEYED,
    shape=Shape.SINGLE,
    max_recipients=1000,
    max_bytes=1 << 30,
    key_lifetime_s=10 * 365 * 86_400,
    sends_really=False,
)


class OutboxProvider:
    """Writes each mail into a folder. `clock` gives nanoseconds since 1970 and is replaced in tests."""

    facts = FACTS

    def __init__(self, folder: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self._folder = folder
        self._mails = folder / "mails"
        self._clock = clock

    def size(self, batch: Batch) -> int:
        """The outbox has no limit worth splitting a batch for: 0."""
        return 0

    def digest(self, batch: Batch) -> str:
        mails = Mails(batch)
        total = hashlib.sha256()
        for recipient in batch.recipients:
            if wire_address(recipient.address):
                total.update(mails.write(recipient))
        return total.hexdigest()

    def send(self, batch: Batch, on_result: OnResult | None = None) -> Answer:
        try:
            self._mails.mkdir(parents=True, exist_ok=True)
            results = self._write(batch)
        except OSError as error:
            return NotSent(words=f"The outbox {self._folder} cannot be written: {error.strerror}.")
        for position, result in enumerate(results):
            if on_result:
                on_result(position, result)
        return Answered(results=results)

    def _write(self, batch: Batch) -> list[Result]:
        mails = Mails(batch)
        results: list[Result] = []
        aside: list[tuple[Path, Path]] = []
        lines: list[outbox_index.Line] = []
        for recipient in batch.recipients:
            fault = _fault(recipient)
            results.append(fault or Accepted(provider_id=recipient.delivery_id))
            target = self._mails / f"{recipient.delivery_id}.eml"
            if fault or target.exists():
                continue
            at = self._clock()
            part = self._mails / f".{recipient.delivery_id}.{os.getpid()}-{threading.get_ident()}"
            aside.append((part, target))
            part.write_bytes(mails.write(recipient))
            os.utime(part, ns=(at, at))
            lines.append(_line(at, recipient, batch))
        if aside:
            self._keep(aside, lines)
        return results

    def _keep(self, aside: Sequence[tuple[Path, Path]], lines: Sequence[outbox_index.Line]) -> None:
        for part, _ in aside:
            _flush(part)
        outbox_index.append(self._folder / INDEX, lines)
        for part, target in aside:
            part.replace(target)
        _flush(self._mails)
        _flush(self._folder)

    def find(self, delivery_id: str) -> bool | None:
        return _ID.fullmatch(delivery_id) is not None and (self._mails / f"{delivery_id}.eml").exists()

    def check(self) -> Sequence[Problem]:
        try:
            self._mails.mkdir(parents=True, exist_ok=True)
            probe = self._mails / f".probe.{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            return [
                Problem(
                    what=f"The outbox folder {self._folder} cannot be written: {error.strerror}.",
                    mend="Give this program the right to write there, or choose another data folder.",
                )
            ]
        return []

    def close(self) -> None:
        """Nothing is held open."""


def _fault(recipient: Recipient) -> Refused | None:
    if not _ID.fullmatch(recipient.delivery_id):
        words = "The delivery id cannot name a file."
        return Refused(scope=Scope.MESSAGE, reason="bad_request", words=words)
    if wire_address(recipient.address) is None:
        words = "This is not an address that a mail can be sent to."
        return Refused(scope=Scope.RECIPIENT, reason="invalid_address", words=words)
    return None


def _line(at: int, recipient: Recipient, batch: Batch) -> outbox_index.Line:
    return outbox_index.Line(
        at=at,
        delivery_id=recipient.delivery_id,
        to=recipient.address,
        subject=join(batch.template.subject, recipient.values),
        tag=batch.tag,
    )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A mail in the list."""

    delivery_id: str
    at: datetime
    to: str
    subject: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries, newest first. `before` gives the page of older ones; None: there are none."""

    entries: Sequence[Entry]
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One mail, read back from its file."""

    delivery_id: str
    at: datetime
    sender: str
    to: str
    subject: str
    headers: Sequence[tuple[str, str]]
    html: str
    text: str
    source: bytes


class Outbox:
    """What the outbox holds, for the desk and the tests."""

    def __init__(self, folder: Path) -> None:
        self._mails = folder / "mails"
        self._index = folder / INDEX

    def list(self, limit: int, before: int | None = None, query: str = "") -> Page:
        """Newest mails first, at most `limit`; `query` is looked for in address, subject, tag and id.

        `before` is the mark of an earlier page: a position in the index, so a page costs the same wherever it is.
        """
        found: list[Entry] = []
        for position, line in outbox_index.newest_first(self._index, before, query):
            if len(found) == limit:
                return Page(entries=found, before=position)
            if self._is_there(line):
                found.append(_entry(line))
        return Page(entries=found, before=None)

    def count(self) -> int:
        """How many mails there are."""
        try:
            with os.scandir(self._mails) as names:
                return sum(1 for name in names if not name.name.startswith("."))
        except FileNotFoundError:
            return 0

    def read(self, delivery_id: str) -> Stored | None:
        """The mail of this delivery; None when the outbox has none."""
        if not _ID.fullmatch(delivery_id):
            return None
        path = self._mails / f"{delivery_id}.eml"
        try:
            source = path.read_bytes()
            at = path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        message = message_from_string(source.decode(), policy=policy.SMTPUTF8)
        parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
        return Stored(
            delivery_id=delivery_id,
            at=_moment(at),
            sender=str(message["From"]),
            to=str(message["To"]),
            subject=str(message["Subject"]),
            headers=[(name, str(value)) for name, value in message.items()],
            html=parts.get("text/html", ""),
            text=parts.get("text/plain", ""),
            source=source,
        )

    def clear(self) -> int:
        """Throw all mails away and say how many there were. A send that goes on meanwhile goes on."""
        self._index.unlink(missing_ok=True)
        gone = 0
        with suppress(FileNotFoundError), os.scandir(self._mails) as names:
            for name in names:
                if name.name.endswith(".eml"):
                    Path(name.path).unlink(missing_ok=True)
                    gone += 1
        return gone

    def _is_there(self, line: outbox_index.Line) -> bool:
        with suppress(FileNotFoundError):
            return (self._mails / f"{line.delivery_id}.eml").stat().st_mtime_ns == line.at
        return False


def _entry(line: outbox_index.Line) -> Entry:
    return Entry(delivery_id=line.delivery_id, at=_moment(line.at), to=line.to, subject=line.subject, tag=line.tag)


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
