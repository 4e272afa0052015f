"""`python -m worker send` and `python -m worker letters`: the two workers of one machine, under `newsletter run`.

The same as `celery -A worker.app worker`, with the clock as a thread of the send worker and without Celery's
command line, which would hold 12 MB more in each. On several machines use `celery` itself, as worker/app.py says.
"""

import sys
from threading import Thread

from celery.apps.worker import Worker
from celery.beat import Scheduler, Service

from worker.app import app

THREADS = {"send": 2, "letters": 1}  # the send worker's second thread takes the ticks while an issue is sent


def main(queue: str) -> int:
    """Work until asked to stop; the exit code."""
    if queue == "send":
        clock = Service(app, scheduler_cls=Scheduler)  # in memory: a fixed tick has nothing to remember
        Thread(target=clock.start, name="clock", daemon=True).start()
    worker = Worker(
        app=app,
        queues=[queue],
        pool="threads",
        concurrency=THREADS[queue],
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
