"""`python -m worker`: the worker of one machine with the clock in it, as `newsletter run` starts it.

It does what `celery -A worker.app worker` and `celery -A worker.app beat` do together, in one process: two workers
would hold 100 MB each, and Celery's command line 12 MB more. A letter still never waits behind an issue: at most
one thread sends issues, one writes letters and one ticks, for each of the three finds itself at work and returns.
"""

import sys
from threading import Thread

from celery.apps.worker import Worker
from celery.beat import Scheduler, Service

from worker.app import app

THREADS = 3  # send, letters, tick


def main() -> int:
    """Work until asked to stop; the exit code."""
    clock = Service(app, scheduler_cls=Scheduler)  # in memory: a fixed tick has nothing to remember
    Thread(target=clock.start, name="clock", daemon=True).start()
    worker = Worker(
        app=app,
        queues=["letters", "send"],
        pool="threads",
        concurrency=THREADS,
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main())
