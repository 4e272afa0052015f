"""The outbox's list: one line a mail in `index.tsv`, appended as mails come, read from its end.

A position in the file is a place in time, so any page of the list costs the same, however many mails there are.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.providers.mime import single_line

_BLOCK = 1 << 18  # bytes read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A mail in the list. `at` is in nanoseconds since 1970."""

    at: int
    delivery_id: str
    to: str
    subject: str
    tag: str

    def written(self) -> str:
        words = (self.delivery_id, self.to, self.subject, self.tag)
        return "\t".join([str(self.at), *map(single_line, words)]) + "\n"


def append(index: Path, lines: Sequence[Line]) -> None:
    """Add lines in one write, on the disk when this returns.

    It begins with a line break, so that a line which a full disk has cut is not joined to the next.
    """
    with index.open("ab", buffering=0) as file:
        file.write(("\n" + "".join(line.written() for line in lines)).encode())
        os.fsync(file.fileno())


def newest_first(index: Path, before: int | None, query: str) -> Iterator[tuple[int, Line]]:
    """Lines that hold `query` (any case, any column), each with the position of its end; older than `before`."""
    wanted = query.casefold()
    try:
        with index.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            stop = end if before is None else max(0, min(before, end))
            for position, raw in _backwards(file.fileno(), stop):
                if wanted in raw.casefold():
                    at, *words = raw.split("\t")
                    yield position, Line(at=int(at), **dict(zip(_COLUMNS, words, strict=True)))
    except FileNotFoundError:
        return


_COLUMNS = ("delivery_id", "to", "subject", "tag")


def _backwards(descriptor: int, end: int) -> Iterator[tuple[int, str]]:
    """Whole lines in [0, end), the last first, each with the position after its line break."""
    rest = b""
    while end > 0:
        start = max(0, end - _BLOCK)
        block = os.pread(descriptor, end - start, start) + rest
        lines = block.split(b"\n")
        rest = lines.pop(0) if start else b""
        position = start + len(block) + 1
        for line in reversed(lines):
            if line.count(b"\t") == len(_COLUMNS):
                yield position, line.decode()
            position -= len(line) + 1
        end = start
