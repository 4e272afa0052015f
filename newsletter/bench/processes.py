"""Processes of the program, started as an operator starts them, watched from outside and stopped. Needs Linux."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from newsletter.bench.measuring import CannotMeasure
from newsletter.bench.room import Room

PATIENCE_S = 60.0
KIB = 1024
READY = ("Your way in", "Sign in at")  # how the last line of `newsletter run` begins


class Usage(NamedTuple):
    """What a process and all its children hold and have used. `pss`: shared memory counts once, by parts."""

    processes: int
    rss_mb: float
    pss_mb: float
    cpu_s: float


@contextmanager
def program(room: Room, words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A command of `newsletter`, ended with Ctrl-C when the block ends."""
    command = [sys.executable, "-P", "-m", "newsletter", *words]
    with (room.settings.data_dir / "bench.log").open("a") as log:
        process = subprocess.Popen(  # noqa: S603  # our own program
            command, env=room.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        )
    with process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def running(room: Room) -> Iterator[subprocess.Popen[str]]:
    """`newsletter run`, ready: it has printed where it is."""
    with program(room, ["run", "--port", str(room.settings.port)]) as process:
        wait_for_line(process, room, *READY)
        yield process


def wait_for_line(process: subprocess.Popen[str], room: Room, *beginnings: str) -> None:
    """Read what it prints up to a line that begins so. Raises CannotMeasure when it ends before."""
    if not any(line.startswith(beginnings) for line in process.stdout or ()):
        raise CannotMeasure(f"The program ended before it was ready: {_said(room)}")


def wait_for(found: Callable[[], bool], what: str, longest_s: float = PATIENCE_S) -> None:
    """Look until it is so. Raises CannotMeasure when it takes too long."""
    until = time.monotonic() + longest_s
    while not found():
        if time.monotonic() > until:
            raise CannotMeasure(f"Waited {longest_s:.0f} s for {what}, in vain.")
        time.sleep(0.02)


def usage(pid: int) -> Usage:
    """Of a process and everything it has started. Raises CannotMeasure where there is no /proc to read."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise CannotMeasure("What processes hold and use is read from /proc, which only Linux has.")
    tree = _tree(pid)
    memory = [_memory(one) for one in tree]
    ticks = sum(sum(map(int, _stat(one)[11:13])) for one in tree)  # utime and stime, proc(5)
    return Usage(
        processes=len(tree),
        rss_mb=sum(each["Rss"] for each in memory) * KIB / 1e6,
        pss_mb=sum(each["Pss"] for each in memory) * KIB / 1e6,
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
    )


def _tree(pid: int) -> list[int]:
    every = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    parents = {one: int(stat[1]) for one in every if (stat := _stat(one))}
    tree = [pid]
    for one in tree:
        tree.extend(child for child, parent in parents.items() if parent == one)
    return tree


def _stat(pid: int) -> list[str]:
    """The words of /proc/PID/stat behind the name; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory(pid: int) -> dict[str, float]:
    """Rss and Pss in kB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: float(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}


def _said(room: Room) -> str:
    lines = (room.settings.data_dir / "bench.log").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
