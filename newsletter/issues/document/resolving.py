"""What each reader sees: the second step, where a document meets the topics of its publication.

A block shows if its own topics match and all blocks around it show. A topic that nobody knows
matches nobody: a mistake hides text, it never shows it to more people.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from newsletter.issues.document.model import Block, Document, Field, Finding, Item, Section
from newsletter.issues.document.plain import plain
from newsletter.issues.document.slugs import slugify, unique


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic as the document sees it. A hidden one is not offered at sign-up but counts like any other."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSection:
    """A section with its id, unique in the issue, and its topics' slugs; None: it goes to everybody.

    `named` says that the topic is the heading itself, so that a label would repeat it.
    """

    id: str
    section: Section
    topics: tuple[str, ...] | None
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A document whose topics are known. `findings` holds the document's own and those about topics."""

    document: Document
    sections: tuple[ResolvedSection, ...]
    topics: Mapping[str, Topic] = field(hash=False)
    findings: tuple[Finding, ...] = ()


def resolve(document: Document, topics: Sequence[Topic]) -> Resolved:
    names = _names(topics)
    taken: set[str] = set()
    sections: list[ResolvedSection] = []
    findings: list[Finding] = []
    known = {topic.slug: topic for topic in topics}
    for section in document.sections:
        meant = () if section.topics else names.get(fold(plain(section.title)), ())
        own = section.topics or meant or None
        name = unique(section.anchor or slugify(plain(section.title)) or "section", taken)
        sections.append(ResolvedSection(id=name, section=section, topics=own, named=bool(meant)))
        findings += _about_section(section, meant, topics)
        findings += _unknown(section, known)
    return Resolved(
        document=document,
        sections=tuple(sections),
        topics=known,
        findings=(*document.findings, *findings),
    )


def visible(resolved: Resolved, chosen: frozenset[str]) -> tuple[ResolvedSection, ...]:
    """What shows to readers of the topics `chosen`, in document order.

    The sections given are cut down to what shows; two readers who see the same of a section get equal
    values, so whoever renders them may do it once. A section of which nothing is left does not show.
    """
    chosen = chosen & resolved.topics.keys()
    shown = [
        replace(each, section=cut)
        for each in resolved.sections
        if (each.topics is None or chosen.intersection(each.topics))
        and (cut := _cut(each.section, chosen)) is not None
    ]
    return tuple(shown)


def everything(resolved: Resolved) -> tuple[ResolvedSection, ...]:
    """What somebody sees who chose every topic."""
    return visible(resolved, frozenset(resolved.topics))


def topics_present(resolved: Resolved) -> tuple[str, ...]:
    """The known topics that decide what shows in this issue, in the publication's order."""
    used: set[str] = set()
    for each in resolved.sections:
        used.update(each.topics or ())
        used.update(slug for node in _marked(each.section) for slug in node.topics)
    return tuple(slug for slug in resolved.topics if slug in used)


def fold(name: str) -> str:
    """A name as it is compared: NFC, without case, single spaces."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(folded.split())


def nearest_topic(words: str, topics: Sequence[Topic]) -> Topic | None:
    """The topic whose name, alias or slug is most like these words, if one is like them at all."""
    spellings = {fold(name): topic for topic in topics for name in (topic.slug, *topic.aliases, topic.name)}
    near = difflib.get_close_matches(fold(words)[:100], list(spellings), n=1, cutoff=0.6)
    return spellings[near[0]] if near else None


def _names(topics: Sequence[Topic]) -> dict[str, tuple[str, ...]]:
    """Which topics a heading means: by name, else by alias."""
    by_name: dict[str, tuple[str, ...]] = {}
    by_alias: dict[str, tuple[str, ...]] = {}
    for topic in topics:
        by_name[fold(topic.name)] = (*by_name.get(fold(topic.name), ()), topic.slug)
        for alias in dict.fromkeys(map(fold, topic.aliases)):
            by_alias[alias] = (*by_alias.get(alias, ()), topic.slug)
    return {**by_alias, **by_name}


def _cut[T](node: T, chosen: frozenset[str]) -> T | None: ...
