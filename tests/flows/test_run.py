"""`newsletter run`, the whole program: a person starts it, follows the printed link, and stops it."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import free_port


def start(data: Path, port: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "newsletter", "run", "--port", str(port)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env={"NEWSLETTER_DATA_DIR": str(data)}, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture
def running(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = start(tmp_path / "data", free_port())
    yield process
    process.kill()
    process.communicate()


def test_it_prints_an_address_and_a_way_in_and_stops_when_asked(running: "subprocess.Popen[str]") -> None:
    assert running.stdout is not None
    addresses = [re.findall(r"http://\S+", running.stdout.readline()) for _ in range(2)]
    (public,), (way_in,) = addresses

    for address in (public, way_in):
        with urllib.request.urlopen(address, timeout=20) as page:
            assert page.status == 200
            assert b"<html" in page.read()

    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (0, "")
    assert err.strip() == "Stopping. Ctrl-C once more stops at once."
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(public, timeout=5)


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = start(tmp_path / "data", other.getsockname()[1])
        out, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "--port" in err


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    process = start(tmp_path / "file" / "data", free_port())
    out, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "NEWSLETTER_DATA_DIR" in err
