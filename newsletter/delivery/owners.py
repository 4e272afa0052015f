"""Who holds a claim: names one worker process for good, so that its death is noticed before its lease ends.

A process id alone is used again and again; with the boot, the process id namespace and the start time it is
not. Two names are only compared inside one namespace of one boot: elsewhere only the lease speaks.
"""

import os
from functools import cache
from pathlib import Path

PROC = Path("/proc")


@cache
def _place() -> str:
    """This boot and this process id namespace; empty where the system does not tell."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When process `pid` started, in the kernel's ticks; empty when there is no such process."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the name in brackets may hold anything
    return "" if fields[0] == "Z" else fields[19]


def me() -> str:
    """This process's name: place, process id, start. At most 100 characters."""
    return f"{_place()}|{os.getpid()}|{_started(os.getpid())}"


def is_gone(owner: str) -> bool:
    """Whether the process is certainly no more. False also means: cannot be told from here."""
    place, pid, started = ([*owner.split("|"), "", ""])[:3]
    if not place or place != _place() or not pid.isdecimal():
        return False
    return _started(int(pid)) != started
