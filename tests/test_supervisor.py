"""The supervisor with small children in place of the real ones; the real ones run in tests/flows."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter import supervisor
from tests.servers import free_port

SCRIPT = """
import json, pathlib, sys
from newsletter import supervisor
folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
supervisor.FAILURES = 2
children = [
    supervisor.Child(name, [sys.executable, "-c", code, name, str(folder), str(port)], folder / f"{name}.log")
    for name, code in json.loads(sys.argv[3]).items()
]
sys.exit(supervisor.Supervisor(children, "127.0.0.1", port, ["the address", "the way in"]).main())
"""
BEGIN = """
import os, pathlib, signal, sys, time
name, folder, port = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
def note(what):
    with (folder / "notes").open("a") as notes:
        notes.write(f"{name} {what} {os.getpid()}\\n")
"""
WORKER = f"""{BEGIN}
def stop(*_):
    note("stops")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
note("runs")
while True:
    time.sleep(1)
"""
WEB = f"""{BEGIN}
import http.server, threading
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", port), Page)
def stop(*_):
    note("stops")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
note("runs")
server.serve_forever()
"""
STUBBORN = f"""{BEGIN}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
note("runs")
while True:
    time.sleep(1)
"""
BROKEN = "raise SystemExit('The disk is made of cheese.')"

Start = Callable[[dict[str, str]], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def start(children: dict[str, str]) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(free_port()), json.dumps(children)]
        pipe = subprocess.PIPE
        running.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def noted(folder: Path, what: str) -> list[tuple[str, int]]:
    """Who noted this, in order, with the pid."""
    file = folder / "notes"
    lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [(line[0], int(line[2])) for line in lines if line[1] == what]


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "waited for 20 s"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_lines_come_when_the_web_server_answers_and_a_stop_goes_in_order(start: Start, tmp_path: Path) -> None:
    process = start({"web": WEB, "sender": WORKER, "writer": WORKER})
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["the address\n", "the way in\n"]
    wait_for(lambda: len(noted(tmp_path, "runs")) == 3)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (0, "")
    assert "Stopping" in err
    stopped = [name for name, _ in noted(tmp_path, "stops")]
    assert (stopped[0], sorted(stopped[1:])) == ("web", ["sender", "writer"])
    assert [pid for _, pid in noted(tmp_path, "runs") if is_alive(pid)] == []


def test_a_second_ctrl_c_does_not_wait(start: Start, tmp_path: Path) -> None:
    process = start({"web": WEB, "stubborn": STUBBORN})
    wait_for(lambda: len(noted(tmp_path, "runs")) == 2)

    process.send_signal(signal.SIGINT)
    wait_for(lambda: noted(tmp_path, "stops"))
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)

    assert process.returncode == 0
    assert time.monotonic() - began < 2


def test_a_child_that_is_killed_is_started_again(start: Start, tmp_path: Path) -> None:
    start({"web": WEB, "sender": WORKER})
    wait_for(lambda: len(noted(tmp_path, "runs")) == 2)

    os.kill(dict(noted(tmp_path, "runs"))["sender"], signal.SIGKILL)

    wait_for(lambda: [name for name, _ in noted(tmp_path, "runs")].count("sender") == 2)
    assert [name for name, _ in noted(tmp_path, "runs")].count("web") == 1


def test_a_child_that_keeps_failing_ends_the_program_with_its_last_words(start: Start, tmp_path: Path) -> None:
    process = start({"web": WEB, "sender": BROKEN})

    _, err = process.communicate(timeout=20)

    assert process.returncode == 1
    assert err == f"The sender keeps failing: The disk is made of cheese.\nAll it said: {tmp_path}/sender.log\n"
    assert [pid for _, pid in noted(tmp_path, "runs") if is_alive(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent is gone")
def test_children_do_not_outlive_a_supervisor_that_is_killed(start: Start, tmp_path: Path) -> None:
    process = start({"web": WEB, "sender": WORKER})
    wait_for(lambda: len(noted(tmp_path, "runs")) == 2)

    process.kill()

    wait_for(lambda: not any(is_alive(pid) for _, pid in noted(tmp_path, "runs")))


def test_a_data_folder_is_run_on_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(supervisor.PLAN, json.dumps([str(tmp_path), "127.0.0.1", free_port(), []]))
    with (tmp_path / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        code = supervisor.main()

    assert code == 1
    assert capsys.readouterr().err.startswith(f"The program runs already on the data folder {tmp_path}.")
