"""The machine that figures come from: without it they say nothing."""

import os
import platform
import sqlite3
import statistics
from pathlib import Path
from typing import Any

from newsletter.bench.measuring import processor_milliseconds
from newsletter.db import Database


def describe(folder: Path) -> dict[str, Any]:
    """Processor, memory, system and how busy it is; `folder` is where the measured data lies.

    `yardstick_ms` of the processor is a fixed piece of Python's work: two machines' figures compare by it.
    """
    return {
        "cores": os.cpu_count(),
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "file_system": _file_system(folder),
        "load": [round(each, 2) for each in os.getloadavg()],
        "yardstick_ms": round(statistics.median(processor_milliseconds(_work) for _ in range(5)), 1),
    }


def database_version(database: Database) -> str:
    """Which database answered, as in "SQLite 3.45.1"."""
    with database.engine.connect() as connection:
        version = ".".join(str(number) for number in connection.dialect.server_version_info or ())
    return f"{'SQLite' if database.is_sqlite else 'PostgreSQL'} {version}"


def _line(file: str, name: str) -> str:
    """The value of the first line `name : value` of a file of the kernel's."""
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _file_system(folder: Path) -> str:
    """What the folder lies on: a file system in memory flatters everything that waits for the disk."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    around = [(place, kind) for place, kind in mounts if folder.resolve().is_relative_to(place)]
    return max(around, key=lambda mount: len(mount[0]), default=("", "unknown"))[1]


def _work() -> int:
    total = 0
    for number in range(500_000):
        total = (total * 31 + number) % 1_000_003
    return total
