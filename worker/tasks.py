"""The three things a worker can be told to do. Each reads the database to learn what; told twice, it does it once."""

from functools import cache
from threading import Lock
from typing import Any

from celery.signals import worker_process_init

from newsletter.delivery import machine
from worker.app import app, settings

_sending = Lock()


@cache
def runtime() -> machine.Runtime:
    """This process's way to database, keys and providers; opened by the first task, so never before a fork."""
    return machine.open_runtime(settings)


@worker_process_init.connect
def begin_anew(**_: Any) -> None:
    """Open nothing twice: what a parent process holds is not this child's to use."""
    runtime.cache_clear()


@app.task(name="send")
def send() -> None:
    """Hand over what is due. One at a time in a process: a second hint finds the first at work and returns."""
    if _sending.acquire(blocking=False):
        try:
            machine.send(runtime())
        finally:
            _sending.release()


@app.task(name="letters")
def letters() -> None:
    machine.letters(runtime())


@app.task(name="tick")
def tick() -> None:
    machine.tick(runtime())
