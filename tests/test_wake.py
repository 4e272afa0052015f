import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu.transport.virtual import Empty
from pydantic import SecretStr

from newsletter import wake
from newsletter.config import Settings


def ringing(settings: Settings, broker: str) -> Settings:
    return settings.model_copy(update={"broker_url": SecretStr(broker)})


def taken(app: Celery, queue: str) -> list[str]:
    """Names of the tasks whose hints wait in a queue; they are taken out of it."""
    names: list[str] = []
    with app.connection_for_read() as connection, connection.SimpleQueue(queue) as hints:
        while True:
            try:
                message = hints.get(timeout=0.5)
            except (hints.Empty, Empty):
                return names
            names.append(message.headers["task"])
            assert message.decode()[0] == []  # no arguments
            message.ack()


@pytest.fixture(params=["embedded", "redis_url", "amqp_url"])
def broker(request: pytest.FixtureRequest) -> str:
    return "embedded" if request.param == "embedded" else str(request.getfixturevalue(request.param))


def test_a_hint_reaches_the_queue_of_its_task(settings: Settings, broker: str) -> None:
    settings = ringing(settings, broker)

    wake.wake(settings, "send")
    wake.wake(settings, "letters")

    app = wake.celery(settings)
    assert taken(app, "send") == ["send"]
    assert taken(app, "letters") == ["letters"]


def test_ringing_the_embedded_bell_again_before_anybody_came_changes_nothing(settings: Settings) -> None:
    for _ in range(50):
        wake.wake(settings, "send")

    assert taken(wake.celery(settings), "send") == ["send"]


def test_a_hint_that_cannot_be_read_counts_as_absent(settings: Settings) -> None:
    wake.wake(settings, "send")
    folder = settings.data_dir / "hints"
    (folder / "a.send.msg").write_bytes(b"")
    (folder / "b.send.msg").write_bytes(b'{"body": "cut o')
    (folder / "c.send.msg").write_bytes(b"\xff\xfe")

    assert taken(wake.celery(settings), "send") == ["send"]
    assert list(folder.glob("*.msg")) == []


def test_of_two_workers_one_gets_the_hint(settings: Settings) -> None:
    got: list[str] = []
    apps = [wake.celery(settings) for _ in range(4)]
    wake.wake(settings, "send")

    threads = [threading.Thread(target=lambda app=app: got.extend(taken(app, "send"))) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == ["send"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        yield server.getsockname()[1]


@pytest.mark.parametrize("kind", ["redis", "amqp"])
def test_a_broker_that_does_not_answer_costs_a_second_and_a_line_in_the_log(
    settings: Settings, silent_port: int, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ringing(settings, f"{kind}://somebody:secret-word@127.0.0.1:{silent_port}/")
    began = time.monotonic()

    with caplog.at_level(logging.WARNING, logger="newsletter.wake"):
        wake.wake(settings, "send")

    assert time.monotonic() - began < 2
    assert "did not take the hint" in caplog.text
    assert "secret-word" not in caplog.text


@pytest.mark.parametrize("kind", ["redis", "amqp"])
def test_a_broker_that_is_gone_is_no_error(settings: Settings, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    wake.wake(ringing(settings, f"{kind}://127.0.0.1:{port}/"), "letters")

    assert "did not take the hint" in caplog.text


def test_a_hint_folder_that_cannot_be_written_is_no_error(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wake.wake(settings, "send")
    folder = tmp_path / "hints"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()

    wake.wake(settings, "send")

    assert "did not take the hint" in caplog.text
