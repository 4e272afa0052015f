"""What one worker process holds: its database, its threads, its ways to the providers."""

import json
import math
import mmap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from newsletter import clock, keys, secretbox
from newsletter.config import Settings
from newsletter.db import Database, open_database
from newsletter.delivery.owners import me
from newsletter.keys import KeyRing
from newsletter.providers.base import Facts, Provider
from newsletter.providers.catalogue import BadSettings, open_provider
from newsletter.publications.models import ProviderAccount


class Stop:
    """Whether a worker was asked to stop. Made before a fork, its children know as well: they hear no signal.

    A byte that the processes share, and no lock, which a child that is killed would keep for ever.
    """

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        self._byte[0] = 1

    def is_set(self) -> bool:
        return self._byte[0] == 1

    def wait(self, longest_s: float) -> None:
        """Sleep, but not much longer than until it is set."""
        until = time.monotonic() + longest_s
        while not self.is_set() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


@dataclass(slots=True)
class Runtime:
    """One worker process. `now` is the clock; tests bring their own."""

    settings: Settings
    database: Database
    ring: KeyRing
    now: Callable[[], datetime] = clock.now
    owner: str = field(default_factory=me)
    sending: threading.Lock = field(default_factory=threading.Lock)
    writing: threading.Lock = field(default_factory=threading.Lock)
    stop: Stop = field(default_factory=Stop)
    until: float = math.inf  # when the send at hand leaves off, on the monotonic clock
    is_ours: bool = False  # its key ring is known to be the database's
    _local: threading.local = field(default_factory=threading.local)
    _pool: ThreadPoolExecutor | None = None

    @property
    def is_over(self) -> bool:
        """Whether the send at hand begins nothing more: its time is up, or the worker is to stop."""
        return self.stop.is_set() or time.monotonic() > self.until

    @property
    def pool(self) -> ThreadPoolExecutor:
        """The sender threads, made on first use: after the fork."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.settings.senders, thread_name_prefix="sender")
        return self._pool

    def provider(self, account: ProviderAccount) -> Provider:
        """This thread's own way to the account's provider; opened anew when its settings have changed.

        Raises BadSettings when the account's settings open nothing.
        """
        opened: dict[int, tuple[str, Provider]] = self._local.__dict__.setdefault("opened", {})
        mark = account_mark(account)
        known = opened.get(account.id)
        if known is None or known[0] != mark:
            if known is not None:
                known[1].close()
            opened[account.id] = (mark, open_account(account, self.ring, self.settings.data_dir))
        return opened[account.id][1]

    def facts(self, account: ProviderAccount) -> Facts | None:
        """What the account's provider declares of itself; None when its settings open nothing."""
        try:
            return self.provider(account).facts
        except (BadSettings, secretbox.CannotOpen):
            return None

    def close(self) -> None:
        """Stop the sender threads and let go of the database."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        self.database.close()


def open_runtime(settings: Settings, stop: Stop | None = None) -> Runtime:
    """Prepare a worker process. Nothing is connected yet, so a pool may fork afterwards."""
    return Runtime(settings, open_database(settings.database), keys.load(settings), stop=stop or Stop())


def account_mark(account: ProviderAccount) -> str:
    """Names the account with its settings as they are: another key or address is another place to ask."""
    return json.dumps([account.id, account.kind, account.settings, account.sealed], sort_keys=True)


def open_account(account: ProviderAccount, ring: KeyRing, data_dir: Path) -> Provider:
    """The account's provider, with its secrets. Raises BadSettings and CannotOpen."""
    return open_provider(account.kind, account.settings, secretbox.open_box(ring, account.sealed), data_dir)
