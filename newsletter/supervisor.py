"""The program on one machine: the web server and the worker with its clock, started, watched and stopped.

`run` replaces the process that prepared everything by this file alone, which needs nothing but the standard
library: so watching costs 12 MB where the prepared process would keep 90.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from newsletter.config import Settings

PYTHON = [sys.executable, "-P", "-m"]  # -P: no module is taken from the folder we happen to stand in
PLAN = "NEWSLETTER_RUN_PLAN"
TURN_S = 0.25  # how often the children are looked at
SOON_S = 0.05  # the same while somebody waits for the address
YOUNG_S = 10.0  # a child that ends sooner than this has failed to start
FAILURES = 5  # in a row, then we give up
PATIENCE_S = 20.0  # for what is under way when asked to stop


class CannotRun(Exception):
    """The text says what is in the way and what to do."""


def run(settings: Settings, port: int, lines: Sequence[str]) -> NoReturn:
    """Become the supervisor; it prints `lines` when the web server answers.

    It ends with 0 after Ctrl-C or SIGTERM, and with 1 and a sentence when it already runs on this data folder or
    a child keeps failing.
    """
    sys.stdout.flush()
    plan = json.dumps([str(settings.data_dir.resolve()), settings.host, port, list(lines)])
    # By the environment, because everybody on the machine may read a command line, and `lines` hold the way in.
    os.execve(sys.executable, [*PYTHON, "newsletter.supervisor"], {**os.environ, PLAN: plan})


def _lock(data_dir: Path) -> IO[str]:
    lock = (data_dir / "run.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotRun(
            f"The program runs already on the data folder {data_dir}. Stop it first (Ctrl-C in its terminal), "
            "or set NEWSLETTER_DATA_DIR to another folder."
        ) from None
    return lock


def _end_with_parent() -> None:
    """Ask Linux to stop this child when we are killed, or it would go on and hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@dataclass
class Child:
    """A process that is to run as long as we do."""

    name: str
    command: list[str]
    log: Path
    failures: int = 0
    due: float = 0.0  # when to start it, on the monotonic clock
    started: float = 0.0
    process: subprocess.Popen[bytes] | None = None

    def start(self, now: float) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches only us, and we stop the children in order
                preexec_fn=_end_with_parent,
            )
        self.started = now

    def look(self, now: float) -> None:
        """Start it when that is due, and notice when it has ended."""
        if self.process is None:
            if now >= self.due:
                self.start(now)
        elif self.process.poll() is not None:
            self.kill()  # what a killed worker leaves behind
            self.failures = self.failures + 1 if now - self.started < YOUNG_S else 1
            self.due = now + min(0.25 * 2**self.failures, 10)
            self.process = None

    def stop(self) -> None:
        if self.process:
            self.process.terminate()

    def wait(self, until: float) -> None:
        if self.process:
            try:
                self.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.kill()
                self.process.wait()

    def kill(self) -> None:
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def children(folder: Path, port: int) -> list[Child]:
    """What runs under `newsletter run`, in the order in which it is stopped."""
    return [
        Child("web server", [*PYTHON, "newsletter", "web", "--port", str(port)], folder / "web.log"),
        Child("worker", [*PYTHON, "worker"], folder / "worker.log"),
    ]


@dataclass
class Supervisor:
    children: list[Child]
    host: str
    port: int
    lines: list[str]
    stopping: bool = False

    def main(self) -> int:
        signal.signal(signal.SIGINT, self.asked_to_stop)
        signal.signal(signal.SIGTERM, self.asked_to_stop)
        failed = None
        while not self.stopping and not failed:
            now = time.monotonic()
            for child in self.children:
                child.look(now)
            failed = next((child for child in self.children if child.failures >= FAILURES), None)
            if self.lines and self.answers():
                print(*self.lines, sep="\n", flush=True)
                self.lines = []
            time.sleep(SOON_S if self.lines else TURN_S)
        self.stop()
        if failed:
            print(f"The {failed.name} keeps failing: {failed.last_words()}\nAll it said: {failed.log}", file=sys.stderr)
        return 1 if failed else 0

    def answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # compared, not bound
        try:
            with socket.create_connection((host, self.port), timeout=1) as connection:
                connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return connection.recv(12)[9:10] in (b"2", b"3", b"4")  # "HTTP/1.1 200"
        except OSError:
            return False

    def asked_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        if self.stopping:
            for child in self.children:
                child.kill()
        else:
            print("\nStopping. Ctrl-C once more stops at once.", file=sys.stderr, flush=True)
        self.stopping = True

    def stop(self) -> None:
        """Stop the first child alone, so that nothing new comes in, then let the others finish what is under way."""
        self.stopping = True
        until = time.monotonic() + PATIENCE_S
        first, *others = self.children
        first.stop()
        first.wait(until)
        for child in others:
            child.stop()
        for child in others:
            child.wait(until)


def main() -> int:
    data_dir, host, port, lines = json.loads(os.environ.pop(PLAN))
    folder = Path(data_dir)
    try:
        lock = _lock(folder)
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1
    os.environ.update(NEWSLETTER_DATA_DIR=data_dir, NEWSLETTER_HOST=host, NEWSLETTER_PORT=str(port))
    with lock:
        logs = folder / "log"
        logs.mkdir(exist_ok=True)
        for file in logs.glob("*.log"):
            file.unlink()
        return Supervisor(children(logs, port), host, port, lines).main()


if __name__ == "__main__":
    sys.exit(main())
