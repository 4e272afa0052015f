"""What a simulator has taken: each mail as it would have left, how often each delivery came, and a witness file.

The witness file is what survives: one JSON line a mail, on the disk before the sender hears that it was taken. So a
test may kill anything at any moment and still know who would have got how many mails.
"""

import hashlib
import json
import os
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

_WITNESSED = ("Message-ID", "List-Unsubscribe", "List-Id")  # headers that go into the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One mail as it would leave the provider."""

    request: str  # which call brought it
    provider_id: str
    delivery_id: str
    sender: str
    address: str
    subject: str
    headers: Mapping[str, str]
    html: str = field(repr=False)
    text: str = field(repr=False)
    stream: str = ""
    tag: str = ""

    @property
    def digest(self) -> str:
        """Fingerprint of what the reader would see."""
        total = hashlib.sha256()
        for part in (self.subject, self.html, self.text):
            total.update(part.encode("utf-8", "replace"))
        return total.hexdigest()[:32]


class Mailroom:
    """Takes mails. `keep` is how many are kept whole in memory; of the others only the counts stay."""

    def __init__(self, witness: Path | None = None, keep: int = 1000) -> None:
        self._lock = Lock()
        self._witness = witness
        self._kept: deque[Taken] = deque(maxlen=keep)
        self._deliveries: Counter[tuple[str, str]] = Counter()
        self._unsubscribe: OrderedDict[str, str] = OrderedDict()
        self.times: dict[str, float] = {}  # delivery id -> when it was first taken, monotonic
        self.requests = 0

    def take(self, mails: Sequence[Taken], now: float) -> None:
        """Take mails for good: they are in the witness file when this returns."""
        if not mails:
            return
        with self._lock:
            if self._witness:
                _append(self._witness, (_line(mail) for mail in mails))
            for mail in mails:
                self._kept.append(mail)
                self._deliveries[mail.delivery_id, mail.address] += 1
                self.times.setdefault(mail.delivery_id, now)

    def owner_of_link(self, link: str, address: str) -> str:
        """Whose unsubscribe link this is: the first address that it was seen with."""
        with self._lock:
            return self._unsubscribe.setdefault(link, address)

    def mails(self, address: str | None = None, limit: int = 1000) -> list[Taken]:
        """Mails that are kept whole, newest first."""
        with self._lock:
            found = [mail for mail in reversed(self._kept) if address in (None, mail.address)]
        return found[:limit]

    def counts(self) -> dict[str, int]:
        with self._lock:
            return {
                "requests": self.requests,
                "mails": self._deliveries.total(),
                "deliveries": len(self._deliveries),
                "addresses": len({address for _, address in self._deliveries}),
                "duplicates": sum(1 for times in self._deliveries.values() if times > 1),
            }

    def duplicates(self) -> list[dict[str, Any]]:
        """Deliveries that were taken more than once."""
        with self._lock:
            return [
                {"delivery": delivery, "address": address, "times": times}
                for (delivery, address), times in self._deliveries.items()
                if times > 1
            ]

    def clear(self) -> None:
        """Forget everything; the witness file stays."""
        with self._lock:
            self._kept.clear()
            self._deliveries.clear()
            self._unsubscribe.clear()
            self.times.clear()
            self.requests = 0


def _line(mail: Taken) -> str:
    known = {name.lower(): value for name, value in mail.headers.items()}
    line = {
        "request": mail.request,
        "delivery": mail.delivery_id,
        "address": mail.address,
        "id": mail.provider_id,
        "stream": mail.stream,
        "digest": mail.digest,
        "headers": {name: known[name.lower()] for name in _WITNESSED if name.lower() in known},
    }
    return json.dumps(line, ensure_ascii=False) + "\n"


def _append(path: Path, lines: Iterable[str]) -> None:
    with path.open("ab", buffering=0) as file:
        file.write("".join(lines).encode())
        os.fsync(file.fileno())


def read_witness(path: Path) -> list[dict[str, Any]]:
    """Every mail of a witness file, oldest first. A last line that was cut is left out: nobody was told of it."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
