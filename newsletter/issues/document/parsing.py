"""Text to document. Never fails: whatever cannot be read stays as text, with a finding that says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

from newsletter.issues.document.attributes import Head, read_head, title_of
from newsletter.issues.document.blocks import Kind, Raw, Scan, scan
from newsletter.issues.document.directives import DEEPEST, read_opening
from newsletter.issues.document.fields import continued, is_field, read_fields
from newsletter.issues.document.findings import limited
from newsletter.issues.document.front_matter import Front, read_front
from newsletter.issues.document.links import split_link
from newsletter.issues.document.model import (
    Directive,
    Document,
    Field,
    Finding,
    Item,
    Lines,
    Prose,
    Reference,
    Section,
    read_scale,
)
from newsletter.issues.document.reviewing import review
from newsletter.issues.document.source import is_blank, is_indented, normalise

MOST_LINES = 20_000  # written ones; a longer text is not taken apart, so that none takes seconds

Text = Prose | Directive


def parse(text: str) -> Document:
    """Read an issue. Lines are counted in `normalise(text)`; see `resolve` for what topics say."""
    text = normalise(text)
    lines = text.split("\n")
    if is_too_long(text):
        return Document(opening=(Prose(markdown=text.strip("\n")),), findings=(_too_long(),))
    front = read_front(lines)
    found = scan(lines, front.body, len(lines))
    if front.broken and found.blocks[1].kind is Kind.HEADING:
        front = Front(None, 0, [])  # a rule above an underlined heading that looked like `key: value`
    title, sections_from = _outline(found.blocks, front)
    opening = [raw for raw in found.blocks[:sections_from] if raw is not title]
    reader = _Reader(lines, read_scale(front.values.scale) if front.values else None)
    heads = _misplaced(opening, front, title)
    document = Document(
        front=front.values,
        heading=title_of(title.content) if title else None,
        opening=tuple(reader.texts(opening)),
        sections=tuple(reader.section(chunk) for chunk in _chunks(found.blocks[sections_from:])),
    )
    reader.note_outer(found)
    findings = limited([*front.findings, *heads, *reader.findings, *review(document)])
    return replace(document, references=tuple(reader.references), findings=findings)


def is_too_long(text: str) -> bool:
    """Say whether a normalised text has more written lines than we take apart."""
    return sum(map(bool, text.split("\n"))) > MOST_LINES


def _outline(raws: list[Raw], front: Front) -> tuple[Raw | None, int]:
    """The heading that is the title, and where among the blocks the sections begin."""
    headings = [raw for raw in raws if raw.kind is Kind.HEADING]
    highest = [raw for raw in headings if raw.level == 1]
    rest = [raw for raw in headings if raw.level > 1]
    level = min((raw.level for raw in rest), default=1)
    start = next((raw for raw in rest if raw.level == level), None)
    alone = len(highest) == 1 and (start is None or highest[0].first < start.first)
    if not alone:
        start = next(iter(highest), start)
    has_title = bool(front.values and front.values.title)
    is_title = alone and not has_title and not front.broken and bool(highest[0].content.strip())
    return highest[0] if is_title else None, raws.index(start) if start else len(raws)


def _misplaced(opening: list[Raw], front: Front, title: Raw | None) -> list[Finding]:
    """Headings of the opening words: one of the first level may stand there, and the title."""
    headings = [raw for raw in opening if raw.kind is Kind.HEADING]
    if title is None and len([raw for raw in headings if raw.level == 1]) == 1:
        headings = [raw for raw in headings if raw.level > 1]
    return [_mixed_levels(raw) for raw in headings]


def _chunks(raws: Sequence[Raw]) -> Iterator[list[Raw]]:
    """Cut blocks that begin with a heading before each heading of the same or a higher level."""
    chunk: list[Raw] = []
    for raw in raws:
        if chunk and raw.kind is Kind.HEADING and raw.level <= chunk[0].level:
            yield chunk
            chunk = []
        chunk.append(raw)
    if chunk:
        yield chunk


@dataclass(slots=True)
class _Reader:
    """Turns raw blocks into nodes and gathers what they say beside."""

    lines: list[str]
    scale: int | None
    findings: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    continuations: set[int] = field(default_factory=set)

    def section(self, chunk: list[Raw]) -> Section:
        head, own, below = self._split(chunk)
        blocks: list[Text | Item | Section | Field] = list(self.blocks(own))
        first_field = next((at for at, block in enumerate(blocks) if isinstance(block, Field)), len(blocks))
        texts = [block for block in blocks[:first_field] if not isinstance(block, Field)]
        untitled = [self._untitled(blocks[first_field:])] if first_field < len(blocks) else []
        return Section(
            title=head.title,
            level=chunk[0].level,
            anchor=head.attributes.anchor,
            topics=head.attributes.topics,
            marked=head.attributes.item,
            blocks=(*texts, *untitled, *map(self._below, below)),
            lines=_lines(chunk),
        )

    def _below(self, chunk: list[Raw]) -> Item | Section:
        head = read_head(chunk[0].content)
        own = list(takewhile(lambda raw: raw.kind is not Kind.HEADING, chunk[1:]))
        if not head.attributes.item and not self._begins_with_fields(own):
            return self.section(chunk)
        head, own, below = self._split(chunk)
        title, href = split_link(head.title)
        return Item(
            title=title or None,
            href=href,
            level=chunk[0].level,
            anchor=head.attributes.anchor,
            topics=head.attributes.topics,
            marked=head.attributes.item,
            blocks=(*self.blocks(own), *map(self._below, below)),
            lines=_lines(chunk),
        )

    def _untitled(self, blocks: list[Text | Item | Section | Field]) -> Item:
        return Item(level=None, blocks=tuple(blocks), lines=Lines(blocks[0].lines.first, blocks[-1].lines.last))

    def _split(self, chunk: list[Raw]) -> tuple[Head, list[Raw], list[list[Raw]]]:
        head = read_head(chunk[0].content)
        if head.unread:
            self.findings.append(_unread_attributes(head.unread, chunk[0].first + 1))
        own = list(takewhile(lambda raw: raw.kind is not Kind.HEADING, chunk[1:]))
        return head, own, list(_chunks(chunk[1 + len(own) :]))

    def _begins_with_fields(self, own: list[Raw]) -> bool:
        """Fields come first, or behind one picture or paragraph."""
        if own and not self._is_fields(own[0]) and self._may_stand_before(own[0]):
            own = own[1:]
        return bool(own) and self._is_fields(own[0])

    def _is_fields(self, raw: Raw) -> bool:
        return raw.kind is Kind.PARAGRAPH and is_field(self.lines[raw.first])

    def _may_stand_before(self, raw: Raw) -> bool:
        if raw.kind is not Kind.DIRECTIVE:
            return raw.kind is Kind.PARAGRAPH
        opening = read_opening(self.lines[raw.first])
        return opening is not None and opening.name == "image"

    def blocks(self, raws: list[Raw]) -> list[Text | Field]:
        """Read blocks among which a paragraph may be fields."""
        found: list[Text | Field] = []
        waiting: list[Raw] = []
        rest = deque(raws)
        while rest:
            raw = rest.popleft()
            if not self._is_fields(raw):
                waiting.append(raw)
                continue
            found += self.texts(waiting)
            waiting = []
            found += read_fields(self.lines, raw.first, raw.end, self.scale)
            found[-1] = self._continued(found[-1], rest)
        return found + self.texts(waiting)

    def _continued(self, last: Text | Field, rest: deque[Raw]) -> Text | Field:
        """Give the last field the indented blocks that follow it."""
        more: list[Raw] = []
        while rest and is_indented(self.lines[rest[0].first]):
            more.append(rest.popleft())
        if not more or not isinstance(last, Field):
            return last
        self.continuations.update(range(more[0].first, more[-1].end))
        whole = continued(last, self.lines, more[0].first, more[-1].end)
        inside = whole.more.split("\n")
        self._note(scan(inside, 0, len(inside), DEEPEST), shift=more[0].first)
        return whole

    def texts(self, raws: list[Raw], depth: int = 0) -> list[Text]:
        """Read blocks among which no paragraph is fields."""
        found: list[Text] = []
        prose: list[Raw] = []
        for raw in raws:
            if raw.kind is Kind.DIRECTIVE:
                found += self._prose(prose)
                found.append(self._directive(raw, depth))
                prose = []
            else:
                prose.append(raw)
        return found + self._prose(prose)

    def _prose(self, raws: list[Raw]) -> list[Text]:
        if not raws:
            return []
        parts = ["\n".join(self.lines[raw.first : raw.end]) for raw in raws]
        for number, (before, raw) in enumerate(pairwise(raws), start=1):
            between = self.lines[before.end : raw.first]
            verbatim = all(is_blank(line) for line in between)  # else the title stood there
            parts[number] = "\n".join([*between, ""] if verbatim else ["", ""]) + parts[number]
        return [Prose(markdown="\n".join(parts), lines=_lines(raws))]

    def _directive(self, raw: Raw, depth: int) -> Directive:
        opening = read_opening(self.lines[raw.first])
        if opening is None:  # `scan` takes readable ones only
            raise AssertionError(self.lines[raw.first])
        inside = scan(self.lines, raw.first + 1, raw.end - 1, depth + 1)
        self._note(inside)
        return Directive(
            name=opening.name,
            options=opening.options,
            fence=opening.fence,
            blocks=tuple(self.texts(inside.blocks, depth + 1)),
            lines=_lines([raw]),
        )

    def note_outer(self, found: Scan) -> None:
        """Take over what the whole text says, but not of lines that turned out to be continuations."""
        outer = [reference for line, reference in found.references if line not in self.continuations]
        self.references = outer + self.references
        self.findings += [each for each in found.findings if (each.line or 0) - 1 not in self.continuations]

    def _note(self, inside: Scan, shift: int = 0) -> None:
        self.references += [reference for _, reference in inside.references]
        for finding in inside.findings:
            self.findings.append(replace(finding, line=(finding.line or 0) + shift))


def _lines(raws: Sequence[Raw]) -> Lines:
    return Lines(raws[0].first + 1, raws[-1].end)


def _too_long() -> Finding:
    return Finding(
        code="too-long",
        message=f"The text has more than {MOST_LINES:,} lines, so we do not look for sections in it.",
        mend="Make several issues of it.",
        blocking=True,
    )


def _mixed_levels(raw: Raw) -> Finding:
    return Finding(
        code="heading-in-opening",
        message=f"“{raw.content[:60]}” stands before the first section, so its text would go to everybody.",
        mend="Give every section's heading the same level, the highest in the issue.",
        blocking=True,
        line=raw.first + 1,
    )


def _unread_attributes(group: str, line: int) -> Finding:
    return Finding(
        code="attributes-unreadable",
        message=f"We cannot read {group[:60]} at the end of a heading, so it stands in the mail as text.",
        mend="Write {topic=slug}, {#anchor} or {item}; a brace that is meant as one is \\{.",
        blocking="topic" in group.casefold(),
        line=line,
    )
