"""What can be said about a document from itself alone, once its structure is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.issues.document.directives import check_options
from newsletter.issues.document.model import (
    Directive,
    DirectiveName,
    Document,
    Field,
    Finding,
    Item,
    Prose,
    Section,
)
from newsletter.issues.document.placeholders import check_placeholders
from newsletter.issues.document.ratings import looks_meant

_HEADING_WITH_TOPIC = re.compile(r"^ {0,3}#{1,6}[ \t].*\{[^{}]*topic=[^{}]*\}[ \t]*$", re.MULTILINE)
_NEEDED = {
    DirectiveName.BUTTON: ("href", "the address it leads to"),
    DirectiveName.IMAGE: ("src", "the address of the picture"),
    DirectiveName.SPONSOR: ("name", "who pays for it"),
}

Node = Prose | Directive | Field | Item | Section


def review(document: Document) -> list[Finding]:
    front = document.front
    found: list[Finding] = []
    for value in (front.title, front.subject, front.preheader) if front else ():
        found += check_placeholders(value or "", 1)
    found += check_placeholders(document.heading or "", 1)
    found += _of_nodes((*document.opening, *document.sections))
    return found


def _of_nodes(nodes: Sequence[Node]) -> Iterator[Finding]:
    for node in nodes:
        match node:
            case Prose():
                yield from check_placeholders(node.markdown, node.lines.first)
            case Field():
                yield from _of_field(node)
            case Directive():
                yield from _of_directive(node)
            case Item() | Section():
                yield from _of_heading(node)
                yield from _of_nodes(node.blocks)


def _of_heading(node: Item | Section) -> Iterator[Finding]:
    yield from check_placeholders(node.title or "", node.lines.first)
    if isinstance(node, Section) and node.marked:
        yield Finding(
            code="item-is-section",
            message=f"“{node.title[:60]}” is marked as an item, but a section is never an item itself.",
            mend="Take out {item}, or make it a heading below a section.",
            line=node.lines.first,
        )


def _of_field(field: Field) -> Iterator[Finding]:
    yield from check_placeholders(field.markdown, field.lines.first)
    if field.rating is None and looks_meant(field.label, field.value):
        yield Finding(
            code="rating-unreadable",
            message=f"“{field.label[:60]}: {field.value[:60]}” is shown as it is; we cannot read it as a rating.",
            mend="Repeat one emoji up to ten times, add ½ for a half, put a remark in brackets behind it.",
            line=field.lines.first,
        )


def _of_directive(directive: Directive) -> Iterator[Finding]:
    line = directive.lines.first
    yield from check_options(directive.name, directive.options, line)
    for _, value in directive.options:
        yield from check_placeholders(value, line)
    needed, meaning = _NEEDED.get(directive.name, ("", ""))
    if needed and not directive.option(needed):
        yield Finding(
            code=f"directive-without-{needed}",
            message=f"The block :::{directive.name} does not say {meaning}.",
            mend=f"Write :::{directive.name} {needed}=…",
            blocking=True,
            line=line,
        )
    if directive.name is DirectiveName.IMAGE and not directive.option("alt"):
        yield Finding(
            code="image-without-alt",
            message="A picture has no words for readers who do not see it.",
            mend='Add alt="what the picture shows".',
            line=line,
        )
    for block in directive.blocks:
        if isinstance(block, Prose) and _HEADING_WITH_TOPIC.search(block.markdown):
            yield _hidden_heading(directive, line)
    yield from _of_nodes(directive.blocks)


def _hidden_heading(directive: Directive, line: int) -> Finding:
    return Finding(
        code="heading-in-directive",
        message=f"A heading with a topic stands inside :::{directive.name}, where it makes no section.",
        mend="Close the block with a line ::: above that heading.",
        blocking=True,
        line=line,
    )
