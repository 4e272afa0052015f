"""Editing by lines: what is moved keeps its spelling, and so does everything else."""

from __future__ import annotations

from dataclasses import replace

from newsletter.issues.document.model import Document
from newsletter.issues.document.parsing import parse
from newsletter.issues.document.source import is_blank, normalise


class NotMovableError(Exception):
    """Moving would change what another section holds. The message is a sentence for the editor."""


def move_section(text: str, from_index: int, to_index: int) -> str:
    """Move a section, counted from 0, to where another one stands. No other line changes.

    A blank line is added where two sections would touch. The text comes back as `normalise` gives it.
    Raises IndexError when there is no such section, and NotMovableError when a block of code or a
    directive that is never closed would swallow other sections from its new place.
    """
    before = parse(text)
    count = len(before.sections)
    if not (0 <= from_index < count and 0 <= to_index < count):
        raise IndexError(f"There are {count} sections")
    lines = normalise(text).split("\n")
    if lines[-1] == "":
        lines.pop()
    starts = [section.lines.first - 1 for section in before.sections]
    order = list(range(count))
    order.insert(to_index, order.pop(from_index))
    chunks = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    moved = _joined([lines[: starts[0]], *(chunks[number] for number in order)])
    if not _is_permuted(before, parse(moved), order):
        raise NotMovableError(
            "The section cannot be moved, because a block in it or near it is never closed. "
            "Close every ``` and every ::: first."
        )
    return moved


def _joined(chunks: list[list[str]]) -> str:
    lines: list[str] = []
    for chunk in chunks:
        if lines and not is_blank(lines[-1]):
            lines.append("")
        lines += chunk
    return "\n".join(lines) + "\n"


def _is_permuted(before: Document, after: Document, order: list[int]) -> bool:
    expected = tuple(before.sections[number] for number in order)
    plain = replace(before, sections=(), references=(), findings=())
    return after.sections == expected and replace(after, sections=(), references=(), findings=()) == plain
