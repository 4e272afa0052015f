"""The document of an issue: text in, values out. Pure: no database, no web, no clock."""

from newsletter.issues.document.model import (
    Block,
    Directive,
    DirectiveName,
    Document,
    Field,
    Finding,
    FrontMatter,
    Item,
    Lines,
    Prose,
    Rating,
    Reference,
    Section,
    Visibility,
)
from newsletter.issues.document.parsing import parse
from newsletter.issues.document.source import normalise
from newsletter.issues.document.writing import write

__all__ = [
    "Block",
    "Directive",
    "DirectiveName",
    "Document",
    "Field",
    "Finding",
    "FrontMatter",
    "Item",
    "Lines",
    "Prose",
    "Rating",
    "Reference",
    "Section",
    "Visibility",
    "normalise",
    "parse",
    "write",
]
