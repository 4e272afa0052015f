"""Celery's own clock as a thread of the worker, by `celery worker --clock`.

The stock `-B` forks a process for it: 45 MB more, and left behind when the worker is killed.
"""

from threading import Thread
from typing import Any

import click
from celery import Celery, bootsteps
from celery.beat import Scheduler, Service


class Ticking(Thread):
    def __init__(self, app: Celery) -> None:
        super().__init__(name="clock", daemon=True)
        self._service = Service(app, scheduler_cls=Scheduler)  # in memory: a fixed tick has nothing to remember

    def run(self) -> None:
        self._service.start()

    def stop(self) -> None:
        self._service.stop(wait=True)


class Clock(bootsteps.StartStopStep):
    conditional = True

    def __init__(self, worker: Any, clock: bool = False, **options: Any) -> None:
        self.enabled = clock
        super().__init__(worker, **options)

    def create(self, worker: Any) -> Any:
        return Ticking(worker.app)


def add_to(app: Celery) -> None:
    option = click.Option(["--clock"], is_flag=True, help="Also ring the ticks; on exactly one worker.")
    app.user_options["worker"].add(option)
    app.steps["worker"].add(Clock)
