"""T-CEL-1: what Celery has made of our settings, read back from it.

A setting that a release renamed is ignored without a word, so each that matters is asked for here.
"""

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
from celery import Celery
from celery.app.defaults import DEFAULTS
from pydantic import SecretStr

from newsletter.config import Settings


@pytest.fixture
def app(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Celery:
    """The application of a worker, with the broker that the test names."""
    monkeypatch.setenv("NEWSLETTER_DATA_DIR", str(tmp_path))  # the module reads it when it is first imported
    from worker.app import make

    return make(settings.model_copy(update={"broker_url": SecretStr(getattr(request, "param", "embedded"))}))


EFFECTIVE = {
    "broker_connection_max_retries": None,
    "broker_connection_retry": True,
    "broker_connection_retry_on_startup": True,
    "broker_pool_acquire_timeout": 2,
    "task_publish_retry": False,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    "task_ignore_result": True,
    "result_backend": None,
    "task_serializer": "json",
    "accept_content": ["json"],
    "event_serializer": "json",
    "task_soft_time_limit": None,
    "task_time_limit": 400,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 2000,
    "worker_max_memory_per_child": 400_000,
    "worker_soft_shutdown_timeout": 0,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "task_default_queue": "send",
    "task_create_missing_queues": False,
    "beat_scheduler": "celery.beat:Scheduler",
    "enable_utc": True,
    "timezone": "UTC",
}


def test_celery_has_taken_every_setting(app: Celery) -> None:
    known = DEFAULTS  # what this release of Celery declares

    assert {name: app.conf[name] for name in EFFECTIVE} == EFFECTIVE
    assert [name for name in EFFECTIVE if name not in known] == []


def test_there_are_two_queues_and_a_task_goes_to_its_own(app: Celery) -> None:
    assert set(app.amqp.queues) == {"send", "letters"}
    routes = {task: app.amqp.router.route({}, task)["queue"].name for task in ("send", "tick", "letters")}
    assert routes == {"send": "send", "tick": "send", "letters": "letters"}


def test_the_clock_only_ticks_and_its_ticks_do_not_pile_up(app: Celery) -> None:
    (entry,) = app.conf.beat_schedule.values()

    assert entry == {"task": "tick", "schedule": 5.0, "options": {"expires": 5.0}}


def test_every_name_that_is_rung_for_is_a_task_without_arguments(tmp_path: Path) -> None:
    script = """
from worker.tasks import app
for name, task in sorted(app.tasks.items()):
    if not name.startswith("celery."):
        print(name, task.run.__code__.co_argcount)
"""

    done = subprocess.run([sys.executable, "-c", script], env={"NEWSLETTER_DATA_DIR": str(tmp_path)}, stdout=PIPE)

    assert done.stdout.decode().splitlines() == ["letters 0", "send 0", "tick 0"]


@pytest.mark.parametrize("app", ["redis://127.0.0.1:6379/0"], indirect=True)
def test_redis_gives_the_hints_of_a_dead_worker_back_within_minutes(app: Celery) -> None:
    options = app.conf.broker_transport_options

    assert options["visibility_timeout"] > app.conf.task_time_limit
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] == 10
    assert options["socket_timeout"] == 10
    assert options["health_check_interval"] == 10
    assert app.conf.worker_disable_prefetch is True


@pytest.mark.parametrize("app", ["amqp://127.0.0.1"], indirect=True)
def test_rabbitmq_confirms_what_it_took(app: Celery) -> None:
    assert app.conf.broker_transport_options["confirm_publish"] is True
    assert app.conf.worker_disable_prefetch is False


def test_a_wrong_setting_stops_the_worker_with_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "celery", "-A", "worker.app", "worker"]

    done = subprocess.run(
        command, env={"NEWSLETTER_BROKER_URL": "carrier-pigeon://"}, cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode != 0
    assert "NEWSLETTER_BROKER_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_worker_logs_through_the_net_that_holds_addresses_back(tmp_path: Path) -> None:
    script = """
import logging
from worker.app import app
app.log.setup(loglevel="WARNING")
logging.getLogger("celery.worker").warning("mail for anna.long@example.org")
"""

    done = subprocess.run([sys.executable, "-c", script], env={"NEWSLETTER_DATA_DIR": str(tmp_path)}, stderr=PIPE)

    assert "anna.long@" not in done.stderr.decode()
    assert "example.org" in done.stderr.decode()
