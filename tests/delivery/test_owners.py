"""Who holds a claim: a process that is gone is known at once, and none is taken for gone that is not."""

import os
import subprocess
import sys

import pytest

from newsletter.delivery.owners import is_gone, me


def name_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def other() -> "subprocess.Popen[str]":
    """Another process, which says its name and waits."""
    script = "from newsletter.delivery.owners import me; print(me(), flush=True); input()"
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe, text=True)


def test_a_process_knows_itself_to_be_there() -> None:
    assert not is_gone(me())
    assert len(me()) <= 100


def test_another_process_is_there_until_it_has_ended(other: "subprocess.Popen[str]") -> None:
    name = name_of(other)
    assert not is_gone(name)

    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet waited for: a zombie
    assert is_gone(name)
    other.communicate()
    assert is_gone(name)


def test_a_process_id_that_is_used_again_is_another_process() -> None:
    place, pid, started = me().split("|")

    assert is_gone(f"{place}|{pid}|{int(started) - 1}")


@pytest.mark.parametrize("name", ["", "|", "elsewhere|1|1", "elsewhere/pid:[1]|999999|5", "no name at all"])
def test_of_what_is_elsewhere_only_the_lease_speaks(name: str) -> None:
    assert not is_gone(name)
