"""What each reader sees: the second step, where a document meets the topics of its publication.

A block shows if its own topics match and all blocks around it show. A topic that nobody knows
matches nobody: a mistake hides text, it never shows it to more people.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from newsletter.issues.document.findings import MOST_ALIKE, limited
from newsletter.issues.document.model import (
    Directive,
    Document,
    Field,
    Finding,
    Item,
    Prose,
    Section,
)
from newsletter.issues.document.plain import plain
from newsletter.issues.document.slugs import slugify, unique

Node = Prose | Directive | Field | Item | Section


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
    taken: dict[str, int] = {}
    sections: list[ResolvedSection] = []
    findings: list[Finding] = []
    known = {topic.slug: topic for topic in topics}
    for section in document.sections:
        words = plain(section.title)
        meant = () if section.topics else names.get(fold(words), ())
        own = section.topics or meant or None
        name = unique(section.anchor or slugify(words) or "section", taken)
        sections.append(
            ResolvedSection(
                id=name, section=section, topics=own, named=len(own or ()) == 1 and own == names.get(fold(words))
            )
        )
        candidates = topics if len(findings) < MOST_ALIKE else ()  # for hints, which take their time
        findings += _about_section(section, meant, candidates)
        findings += _unknown(section, known, candidates)
    return Resolved(
        document=document,
        sections=tuple(sections),
        topics=known,
        findings=(*document.findings, *limited(findings)),
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
        if (each.topics is None or chosen.intersection(each.topics)) and (cut := _cut(each.section, chosen)) is not None
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


def _cut(section: Section, chosen: frozenset[str]) -> Section | None:
    """The section without what these topics do not show; None when nothing is left of it."""
    blocks = tuple(block for block in _kept(section.blocks, chosen) if not isinstance(block, Field))
    return replace(section, blocks=blocks) if blocks else None


def _kept(blocks: Sequence[Node], chosen: frozenset[str]) -> Iterator[Node]:
    for block in blocks:
        if isinstance(block, Item | Section) and block.topics and not chosen.intersection(block.topics):
            continue
        if isinstance(block, Item):
            yield replace(block, blocks=tuple(_kept(block.blocks, chosen)))
        elif not isinstance(block, Section):
            yield block
        elif cut := _cut(block, chosen):
            yield cut


def _marked(node: Item | Section) -> Iterator[Item | Section]:
    """A node and all below it that may bear topics."""
    yield node
    for block in node.blocks:
        if isinstance(block, Item | Section):
            yield from _marked(block)


def _unknown(section: Section, known: Mapping[str, Topic], topics: Sequence[Topic]) -> Iterator[Finding]:
    for node in _marked(section):
        for slug in node.topics:
            if slug not in known:
                yield _unknown_topic(node, slug, nearest_topic(slug, topics))


def _unknown_topic(node: Item | Section, slug: str, near: Topic | None) -> Finding:
    hint = f"Did you mean {{topic={near.slug}}}? " if near else ""
    return Finding(
        code="topic-unknown",
        message=f"“{(node.title or 'An item')[:60]}” names the topic “{slug[:60]}”, which nobody can choose.",
        mend=f"{hint}Name a topic of this publication, or make this one.",
        blocking=True,
        line=node.lines.first,
    )


def _about_section(section: Section, meant: tuple[str, ...], topics: Sequence[Topic]) -> Iterator[Finding]:
    line = section.lines.first
    title = section.title[:60]
    if len(meant) > 1:
        yield Finding(
            code="topic-ambiguous",
            message=f"“{title}” is the name of several topics: {', '.join(meant)}.",
            mend=f"Say which one at the heading, such as {{topic={meant[0]}}}.",
            blocking=True,
            line=line,
        )
    if not meant and not section.topics:
        near = nearest_topic(plain(section.title), topics)
        hint = f"Did you mean the topic “{near.name}”? Then write {{topic={near.slug}}}." if near else ""
        yield Finding(
            code="topic-none",
            message=f"“{title}” has no topic, so everybody gets it.",
            mend=hint or "Leave it so, or write {topic=slug} behind the heading.",
            line=line,
        )
    if not section.title:
        yield Finding(
            code="section-untitled",
            message="A section has a heading without words.",
            mend="Write its title behind the signs #.",
            line=line,
        )
    if not section.blocks:
        yield Finding(
            code="section-empty",
            message=f"“{title}” has nothing below its heading, so it does not show.",
            mend="Write something below it, or take the heading out.",
            line=line,
        )
