"""The Celery application of the workers.

    celery -A worker.app worker -Q send       sends issues; as many as wanted, on as many machines
    celery -A worker.app worker -Q letters    mails that one person waits for, so never behind an issue
    celery -A worker.app beat                 the clock, once

Nothing here is the truth: all that is to be done stands in the database, hints only say "look now". So a worker
may be killed, its hints lost or doubled, and two clocks may run, without a mail sent twice or not at all.
"""

import logging
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

from newsletter import config, logs
from newsletter.config import Settings
from newsletter.wake import celery, wake

TICK_S = 5.0

SETTINGS: dict[str, Any] = {
    "broker_pool_acquire_timeout": 2,
    "broker_connection_timeout": 5,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,  # never give up
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,  # hints are cheap; a chunk's own attempts are counted in the database
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    "task_soft_time_limit": None,  # it would raise in the middle of anything, between a mail and its record too
    "task_time_limit": 400,  # the last resort on prefork (a turn and one call take up to 330 s): then in doubt
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 2000,
    "worker_max_memory_per_child": 400_000,  # KiB
    "worker_soft_shutdown_timeout": 0,  # SIGTERM finishes what is under way
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "beat_scheduler": "celery.beat:Scheduler",  # in memory: one fixed tick has nothing to remember
    "beat_schedule": {"tick": {"task": "tick", "schedule": TICK_S, "options": {"expires": TICK_S}}},
    "imports": ["worker.tasks"],
}


def make(settings: Settings) -> Celery:
    app = celery(settings)
    app.conf.update(SETTINGS)
    if settings.broker.startswith("redis"):
        app.conf.worker_disable_prefetch = True  # take a hint only when a slot is free; only Redis has it
    return app


try:
    settings = config.load()
except config.SettingsError as error:
    sys.exit(str(error))

logs.setup(settings.log_level)  # before Celery logs anything: addresses and tokens stay out
app = make(settings)


@setup_logging.connect
def log_as_the_program_does(**_: object) -> None:
    """In place of Celery's own handlers, which would print addresses and tokens as they come."""
    logs.setup(settings.log_level)
    for library in ("celery", "kombu"):
        logging.getLogger(library).setLevel(logging.WARNING)  # they have a line for each tick


@worker_ready.connect
def look_at_once(**_: object) -> None:
    """A worker that starts looks for what others left lying, before the first tick."""
    wake(settings, "tick")
