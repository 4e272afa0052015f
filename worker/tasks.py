"""The three things a worker can be told to do. Each reads the database to learn what; told twice, it does it once."""

import os
import signal
from functools import cache

from celery.signals import worker_process_init, worker_shutdown, worker_shutting_down

from newsletter.delivery import machine
from newsletter.delivery.runtime import Stop
from worker.app import app, settings

STOP = Stop()  # made here, before a pool forks
PARENT = os.getpid()


@cache
def runtime() -> machine.Runtime:
    """This process's way to database, keys and providers; opened by the first task, so never before a fork."""
    return machine.open_runtime(settings, STOP)


@app.task(name="send")
def send() -> None:
    machine.send(runtime())


@app.task(name="letters")
def letters() -> None:
    machine.letters(runtime())


@app.task(name="tick")
def tick() -> None:
    machine.tick(runtime())


@worker_process_init.connect
def begin_anew(**_: object) -> None:
    """In a child: forget what its parent had opened, whose connections are not its own, and leave stopping to it.

    A service manager may tell every process to stop. The parent waits for the call that is under way here; in the
    child the signal would end the task in the middle of it.
    """
    if os.getpid() != PARENT:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if runtime.cache_info().currsize:
        runtime().database.forget_connections()
        runtime.cache_clear()


@worker_shutting_down.connect
def finish_early(**_: object) -> None:
    """Asked to stop: begin no further call to a provider, but wait for the answers of those under way."""
    STOP.set()


@worker_shutdown.connect
def close(**_: object) -> None:
    if runtime.cache_info().currsize:
        runtime().close()
