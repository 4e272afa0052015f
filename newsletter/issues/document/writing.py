"""Document to text, in the form that we write ourselves. `parse(write(d)) == d` for all that was parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.issues.document.attributes import Attributes, write_head
from newsletter.issues.document.directives import Opening, write_opening
from newsletter.issues.document.fields import write_fields
from newsletter.issues.document.front_matter import write_front
from newsletter.issues.document.links import join_link
from newsletter.issues.document.model import Directive, Document, Field, Item, Prose, Section

Node = Prose | Directive | Field | Item | Section


def write(document: Document) -> str:
    parts = [write_front(document.front)] if document.front else []
    parts += [f"# {document.heading}"] if document.heading else []
    parts += _written((*document.opening, *document.sections))
    return "\n\n".join(parts) + "\n" if parts else ""


def _written(nodes: Sequence[Node]) -> Iterator[str]:
    """The blocks of a text, to be parted by blank lines; fields that follow each other are one block."""
    fields: list[Field] = []
    for node in nodes:
        if isinstance(node, Field):
            fields.append(node)
            continue
        yield from _flush(fields)
        match node:
            case Prose():
                yield node.markdown
            case Directive():
                yield _directive(node)
            case Item() | Section():
                yield from _heading(node)
                yield from _written(node.blocks)
    yield from _flush(fields)


def _flush(fields: list[Field]) -> Iterator[str]:
    if fields:
        yield write_fields(fields)
        fields.clear()


def _heading(node: Item | Section) -> Iterator[str]:
    if node.level is None:
        return
    title, marked = node.title or "", node.marked
    if isinstance(node, Item):
        title, marked = join_link(title, node.href), marked or not node.fields
    head = write_head(title, Attributes(node.anchor, node.topics, marked))
    yield f"{'#' * node.level} {head}".rstrip()


def _directive(directive: Directive) -> str:
    opening = Opening(fence=directive.fence, name=directive.name, options=directive.options)
    inside = "\n\n".join(_written(directive.blocks))
    return "\n".join([write_opening(opening), *filter(None, [inside]), ":" * directive.fence])
