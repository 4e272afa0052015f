"""The shape of an issue that was typed as plain text: labelled lines tell where its items are. Pure.

Of a run of bare lines before a label the last two are a section and an item. One bare line is a
section if the list of areas names it, else an item. A label that has opened an item before opens a
new, untitled one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from newsletter.issues.document import fold
from newsletter.issues.document.ratings import read_rating

MOST_LABEL_WORDS = 5
_LABEL = re.compile(r"(?P<label>[^\W\d_][^:*]{0,60}?)[ \t\xa0]*:(?P<value>[ \t]+\S.*|[^\w\s/:].*)")
_BULLET = re.compile(r"^(?:[-*•–·]|\d{1,2}[.)])[ \t]+")


@dataclass(slots=True)
class PlainItem:
    title: str | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PlainSection:
    title: str
    items: list[PlainItem] = field(default_factory=list)


@dataclass(slots=True)
class PlainIssue:
    """`opening` is paragraphs; the list of areas stood behind `contents_after` of them."""

    title: str = ""
    opening: list[str] = field(default_factory=list)
    contents_after: int | None = None
    sections: list[PlainSection] = field(default_factory=list)


def is_plain_text(text: str) -> bool:
    """Say whether a text without a heading has labelled lines, so that there is a shape to find."""
    lines = text.split("\n")
    return any(_labels(lines))


def read_plain_text(text: str) -> PlainIssue:
    """Read the shape. No line is left out; the names in the list of areas stand again as headings."""
    lines = [line.strip() for line in text.split("\n")]
    labels = _labels(lines)
    reader = _Reader(lines, labels)
    reader.read()
    return reader.issue


def _labels(lines: list[str]) -> list[tuple[str, str] | None]:
    """For each line its label and value, if it is a field.

    A label has to stand twice, or before a rating, or between two fields of one item: "Soil: a love story" is a
    title. Where no label does, all that have the form of one count.
    """
    split = [_split(line) for line in lines]
    times = Counter(fold(each[0]) for each in split if each)
    sure = [each if each and (times[fold(each[0])] > 1 or read_rating(*each)) else None for each in split]
    if not any(each and not read_rating(*each) for each in sure):
        return split
    inside = {fold(each[0]) for before, each in pairwise(sure) if each and before and not read_rating(*before)}
    around = zip([None, *sure], sure, [*sure[1:], None], split, strict=False)
    return [each or (typed if _goes_on(before, after, inside) else None) for before, each, after, typed in around]


def _goes_on(before: tuple[str, str] | None, after: tuple[str, str] | None, inside: set[str]) -> bool:
    """Whether a line stands between two fields of one item: `inside` are labels that follow others."""
    return before is not None and after is not None and not read_rating(*before) and fold(after[0]) in inside


def _split(line: str) -> tuple[str, str] | None:
    match = _LABEL.fullmatch(line.strip())
    if not match or len(match["label"].split()) > MOST_LABEL_WORDS:
        return None
    return match["label"].strip(), match["value"].strip()


class _Reader:
    def __init__(self, lines: list[str], labels: list[tuple[str, str] | None]) -> None:
        self.issue = PlainIssue()
        self._lines = lines
        self._labels = labels
        self._bare = Counter(_name(line) for line, label in zip(lines, labels, strict=True) if line and not label)
        self._named: set[str] = set()
        self._openers: set[str] = set()
        self._parted = any(not line for line in "\n".join(lines).strip().split("\n"))

    def read(self) -> None:
        run: list[str] = []
        is_head = True
        for line, label in zip(self._lines, self._labels, strict=True):
            if label is None:
                run.append(line)
                continue
            if is_head:
                run = self._head(run)
            self._before_label(run, is_head=is_head)
            self._label(*label)
            run, is_head = [], False
        self._leave(run)

    def _head(self, run: list[str]) -> list[str]:
        """Read title, opening and list of areas; what is left may name a section and an item."""
        run = [line for line in run if line] if not self._parted else run
        written = [at for at, line in enumerate(run) if line]
        if len(written) > 2:
            self.issue.title = run[written[0]]
            run = run[written[0] + 1 :]
        return self._contents(run)

    def _contents(self, run: list[str]) -> list[str]:
        """Take out the list of areas: lines of the head that stand again further down."""
        left = self._bare - Counter([_name(self.issue.title)])
        again: list[int] = []
        seen: set[str] = set()
        for at, line in enumerate(run):
            name = _name(line)
            left[name] -= 1
            if line and left[name] > 0 and name not in seen:
                again.append(at)
            seen.add(name)
        if len(again) < 2:
            return run
        first, last = again[0], again[-1]
        others = [run[at] for at in sorted({*range(first, last)} - {*again}) if run[at]]
        self._named = {_name(run[at]) for at in again}
        self.issue.opening = _paragraphs([*run[:first], *others], self._parted)
        self.issue.contents_after = len(self.issue.opening)
        return run[last + 1 :]

    def _before_label(self, run: list[str], *, is_head: bool) -> None:
        """Find out what the bare lines before a label are: continuation, text, a section, an item."""
        run = run if is_head else self._continued(run)
        written = [at for at, line in enumerate(run) if line]
        if not written:
            return
        is_section = _name(run[written[-1]]) in self._named
        titles = 1 if is_section or len(written) == 1 else 2
        text = _paragraphs(run[: written[-titles]], self._parted)
        (self.issue.opening if is_head else self.issue.sections[-1].items[-1].text).extend(text)
        if is_section or titles == 2:
            self.issue.sections.append(PlainSection(run[written[-titles]]))
        if not is_section:
            self._section().items.append(PlainItem(run[written[-1]]))

    def _label(self, label: str, value: str) -> None:
        items = self._section().items
        is_rating = read_rating(label, value) is not None
        if not items or (items[-1].fields and fold(label) in self._openers and not is_rating):
            items.append(PlainItem())
        if not items[-1].fields and not is_rating:
            self._openers.add(fold(label))
        items[-1].fields.append((label, value))

    def _continued(self, run: list[str]) -> list[str]:
        """Where blank lines part things, lines right below a field go on with it."""
        if not self._parted or "" not in run or not run[0]:
            return run
        end = run.index("")
        fields = self.issue.sections[-1].items[-1].fields
        label, value = fields[-1]
        fields[-1] = (label, " ".join([value, *run[:end]]))
        return run[end:]

    def _leave(self, run: list[str]) -> None:
        """Lines below the last label are text of the last item."""
        text = _paragraphs(self._continued(run), self._parted)
        self.issue.sections[-1].items[-1].text.extend(text)

    def _section(self) -> PlainSection:
        if not self.issue.sections:
            self.issue.sections.append(PlainSection(self.issue.title or "Untitled"))
        return self.issue.sections[-1]


def _paragraphs(lines: list[str], parted: bool) -> list[str]:
    """Paragraphs are parted by blank lines where there are any, else each line is one."""
    if not parted:
        return [line for line in lines if line]
    return [" ".join(part.split("\n")) for part in re.split(r"\n{2,}", "\n".join(lines).strip("\n")) if part]


def _name(line: str) -> str:
    return fold(_BULLET.sub("", line))
