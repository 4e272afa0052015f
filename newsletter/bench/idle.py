"""The program at rest: how soon it is ready, and what it holds and uses while nobody does anything."""

import time
from typing import NamedTuple

from newsletter.bench.measuring import Bench, Figure
from newsletter.bench.processes import Usage, running, usage
from newsletter.bench.room import Room

SETTLE_S = 5.0  # one tick of the clock, so that everything that is loaded late is loaded


def measure(room: Room, *, seconds: float, count: int) -> Bench:
    """Start `newsletter run` once to set up and `count` times again, and watch the last one for `seconds`."""
    first = _run(room)
    again = [_run(room) for _ in range(count - 1)] + [_run(room, seconds)]
    rest = again[-1]
    return Bench(
        name="idle",
        what=f"`newsletter run` with the sample, at rest for {seconds:.0f} s",
        figures=[
            Figure(name="first start, set-up included", unit="s", values=[first.ready]),
            Figure(name="ready after set-up", unit="s", values=[each.ready for each in again], target=3.0),
            Figure(name="processor", unit="% of a core", values=[rest.busy], target=1.0),
            Figure(name="memory, resident", unit="MB", values=[rest.held.rss_mb], target=250.0),
            Figure(name="memory, shared parts once", unit="MB", values=[rest.held.pss_mb]),
            Figure(name="stopped after Ctrl-C", unit="s", values=[each.stopped for each in (first, *again)]),
        ],
        notes=[
            "Ready: from the command to the printed address, which comes when the web server answers.",
            f"Memory and processor are those of all {rest.held.processes} processes together.",
        ],
    )


class Run(NamedTuple):
    """One run: seconds until ready, percent of a core at rest, what it held, seconds until gone."""

    ready: float
    busy: float
    held: Usage
    stopped: float


def _run(room: Room, seconds: float = 0.0) -> Run:
    began = time.perf_counter()
    with running(room) as process:
        ready = time.perf_counter() - began
        time.sleep(min(SETTLE_S, seconds))
        before, watched = usage(process.pid), time.perf_counter()
        time.sleep(seconds)
        after, watched = usage(process.pid), time.perf_counter() - watched
        ended = time.perf_counter()
    busy = 100 * (after.cpu_s - before.cpu_s) / watched
    return Run(ready=ready, busy=busy, held=after, stopped=time.perf_counter() - ended)
