"""The document of an issue: text in, values out. Pure: no database, no web, no clock.

`parse` reads a text, `resolve` brings in the topics, `visible` says what a reader of some topics sees.
"""

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
from newsletter.issues.document.outline import outline
from newsletter.issues.document.parsing import parse
from newsletter.issues.document.plain import plain, plain_blocks
from newsletter.issues.document.resolving import (
    Resolved,
    ResolvedSection,
    Topic,
    everything,
    fold,
    nearest_topic,
    resolve,
    topics_present,
    visible,
)
from newsletter.issues.document.slugs import slugify
from newsletter.issues.document.source import normalise
from newsletter.issues.document.splicing import NotMovableError, move_section
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
    "NotMovableError",
    "Prose",
    "Rating",
    "Reference",
    "Resolved",
    "ResolvedSection",
    "Section",
    "Topic",
    "Visibility",
    "everything",
    "fold",
    "move_section",
    "nearest_topic",
    "normalise",
    "outline",
    "parse",
    "plain",
    "plain_blocks",
    "resolve",
    "slugify",
    "topics_present",
    "visible",
    "write",
]
