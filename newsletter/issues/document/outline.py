"""The short form of an issue that the command prints: sections, items, fields, ratings, findings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from newsletter.issues.document.model import Document, Field, Item
from newsletter.issues.document.plain import plain, plain_blocks
from newsletter.issues.document.resolving import Resolved, ResolvedSection


def outline(document: Document, resolved: Resolved) -> dict[str, Any]:
    """Title, sections and findings as plain values for JSON; every text without its Markdown."""
    return {
        "title": plain(document.title),
        "sections": [_section(each) for each in resolved.sections],
        "findings": [asdict(finding) for finding in resolved.findings],
    }


def _section(each: ResolvedSection) -> dict[str, Any]:
    return {
        "title": plain(each.section.title),
        "topic": ",".join(each.topics) if each.topics else None,
        "items": [_item(item) for item in each.section.items],
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "title": plain(item.title) if item.title else None,
        "fields": [{"label": plain(field.label), "text": _text(field)} for field in item.fields],
        "rating": asdict(item.rating) if item.rating else None,
    }


def _text(field: Field) -> str:
    return "\n".join(filter(None, [plain(field.value), plain_blocks(field.more)]))
