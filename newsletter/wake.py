"""The bell: tells the workers that there is something to do, so that they look at once instead of at the next tick.

A hint carries nothing. What is to be done stands in the database and is committed before the bell is rung, so a
lost hint costs one tick (5 s) and a doubled one nothing. The broker is Redis, RabbitMQ or, embedded, a folder.
"""

import logging
from functools import cache
from pathlib import Path
from queue import Empty
from typing import Any, Literal
from uuid import uuid4

from celery import Celery
from kombu import Queue
from kombu.exceptions import KombuError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

from newsletter.config import Settings

log = logging.getLogger(__name__)

Task = Literal["send", "letters", "tick"]

QUEUES = {"send": "send", "tick": "send", "letters": "letters"}  # task: the queue it waits in
PATIENCE_S = 1.0  # what a dead broker may cost whoever rings
STALE_S = 60  # a hint that nobody took is not worth taking

SHARED = {
    "broker_connection_timeout": PATIENCE_S,
    "broker_pool_acquire_timeout": PATIENCE_S,
    "task_queues": [Queue("send", routing_key="send"), Queue("letters", routing_key="letters")],
    "task_routes": {task: {"queue": queue} for task, queue in QUEUES.items()},
    "task_default_queue": "send",
    "task_create_missing_queues": False,
    "task_publish_retry": False,  # one try: the tick repairs
    "task_ignore_result": True,  # results stand in the database
    "task_serializer": "json",
    "accept_content": ["json"],
    "enable_utc": True,
    "timezone": "UTC",
}


def wake(settings: Settings, task: Task) -> None:
    """Ring for one task. Never raises: a broker that is gone costs a second and a line in the log."""
    try:
        _bell(settings).send_task(task, expires=STALE_S, confirm_timeout=PATIENCE_S)
    except (KombuError, OSError) as error:
        log.warning("The broker did not take the hint %r (%s); workers look by themselves.", task, type(error).__name__)


@cache
def _bell(settings: Settings) -> Celery:
    bell = celery(settings)
    bell.conf.broker_transport_options |= {
        "max_retries": 0,
        "retry_on_timeout": False,
        "socket_timeout": PATIENCE_S,
        "socket_connect_timeout": PATIENCE_S,
    }
    return bell


def celery(settings: Settings) -> Celery:
    """A Celery application that knows this installation's broker, and of tasks only the names."""
    broker = "embedded://localhost" if settings.broker == "embedded" else settings.broker
    app = Celery("newsletter", broker=broker, set_as_current=False)
    app.conf.update(SHARED, broker_transport_options=transport_options(settings))
    return app


def transport_options(settings: Settings) -> dict[str, Any]:
    kind = settings.broker.partition(":")[0]
    if kind in ("redis", "rediss"):
        return {
            "global_keyprefix": "newsletter:",
            "visibility_timeout": 600,  # longer than any task; a redelivery would find nothing to claim anyway
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,  # else a dead worker's hints are looked for every 100 s
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "retry_on_timeout": True,
        }
    if kind in ("amqp", "amqps"):
        return {"confirm_publish": True}  # else a hint can vanish without an error
    folder = settings.data_dir.resolve() / "hints"
    folder.mkdir(parents=True, exist_ok=True)
    options = ("data_folder_in", "data_folder_out", "processed_folder", "control_folder")
    return {**dict.fromkeys(options, str(folder)), "polling_interval": 0.2}


class Channel(filesystem.Channel):
    """kombu's folder of messages, made safe for several processes: one file for each task that is rung for.

    The file is written aside and renamed, and renamed again by the worker that takes it, so nobody reads half a
    hint. Ringing again before anybody came changes nothing. A file that cannot be read counts as absent.
    """

    def _queue_bind(self, *_: Any) -> None:
        """Write no table of bindings: hints go to their queue by its name."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # kombu disagrees with itself
        folder = Path(self.data_folder_out)
        aside = folder / uuid4().hex
        aside.write_text(dumps(payload))
        aside.replace(folder / f"{payload['headers']['task']}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for file in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            mine = file.with_name(uuid4().hex)
            try:
                file.rename(mine)
                text = mine.read_text()
                mine.unlink()
                return loads(text)
            except (OSError, ValueError):  # another worker was quicker, or it is no hint
                continue
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["embedded"] = f"{__name__}:Transport"
