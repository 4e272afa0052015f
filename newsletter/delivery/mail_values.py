"""An issue's document as the values that a mail is made of. Pure.

The document says what the editor wrote, with the topics found; here it becomes headings, items and parts.
Nothing is left out, and nothing changes its order.
"""

from collections.abc import Iterable, Iterator, Sequence

from emails import reading, values
from emails.phrases import ENGLISH, Phrases
from newsletter.issues import document
from newsletter.issues.document import (
    Directive,
    DirectiveName,
    Field,
    Item,
    Prose,
    Rating,
    Resolved,
    ResolvedSection,
    Section,
    fold,
    plain,
)

Block = Prose | Directive | Field | Item | Section
MOST_COLUMNS = 3


def issue_of(resolved: Resolved, *, number: str = "", phrases: Phrases = ENGLISH) -> values.Issue:
    """The document's words as a mail's values: every section that somebody can see."""
    text = resolved.document
    definitions = "\n".join(_definition(each) for each in text.references)
    writer = _Writer(definitions)
    return values.Issue(
        head=values.IssueHead(
            title=text.title,
            subject=text.subject if text.front and text.front.subject else plain(text.title, text.references),
            preheader=text.preheader,
            date=phrases.day(text.date) if text.date else "",
            number=number,
        ),
        opening=tuple(part for block in text.opening for part in writer.parts(block)),
        sections=tuple(_section(each, resolved, writer, phrases) for each in document.everything(resolved)),
        definitions=definitions,
    )


def _definition(reference: document.Reference) -> str:
    title = reference.title.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    href = reference.href.replace("<", "%3C").replace(">", "%3E")
    return f"[{reference.label}]: <{href}>" + (f' "{title}"' if title else "")


def _section(each: ResolvedSection, resolved: Resolved, writer: "_Writer", phrases: Phrases) -> values.Section:
    label = _label(each, resolved)
    parts: list[values.Part] = []
    for node, part in writer.below(each.section):
        is_conditional = node is not each.section and is_mixed(each.section)
        parts.append(values.Only(key=key(each, node), part=part) if is_conditional else part)
    return values.Section(
        key=each.id,
        id=each.id,
        title=each.section.title,
        label=phrases.say("For every reader") if label is None else label,
        label_is_topic=label is not None,
        parts=tuple(parts),
    )


def _label(each: ResolvedSection, resolved: Resolved) -> str | None:
    """The names of a section's topics where its heading does not say them; None: it is for everybody."""
    if each.topics is None:
        return None
    names = [resolved.topics[slug].name for slug in each.topics if slug in resolved.topics]
    said = fold(plain(each.section.title))
    return "" if each.named or said in map(fold, names) else ", ".join(names)


class _Writer:
    """Turns blocks of the document into parts of a mail. Nothing is left out and nothing changes its order."""

    def __init__(self, definitions: str) -> None:
        self._definitions = definitions

    def below(self, section: Section) -> Iterator[tuple[Item | Section, values.Part]]:
        """Every part below a section with the node it belongs to; items and subsections one after the other."""
        for block in section.blocks:
            yield from self._below(section, block)

    def _below(self, node: Item | Section, block: Block) -> Iterator[tuple[Item | Section, values.Part]]:
        match block:
            case Section():
                yield block, values.Subheading(title=block.title, id=block.anchor or "")
                yield from self.below(block)
            case Item():
                yield block, self._item(block)
                for each in block.blocks:
                    if isinstance(each, Item | Section):
                        yield from self._below(block, each)
            case _:
                for part in self.parts(block):
                    yield node, part

    def _item(self, item: Item) -> values.Item:
        own = [block for block in item.blocks if not isinstance(block, Item | Section)]
        return values.Item(
            title=item.title or "",
            href=item.href or "",
            id=item.anchor or "",
            ratings=tuple(_rating(field.rating) for field in item.fields if field.rating),
            parts=tuple(part for block in own for part in self.parts(block, is_inside=True)),
        )

    def parts(self, block: Prose | Directive | Field, *, is_inside: bool = False) -> Iterable[values.Part]:
        """The parts for one block. The contents stand by themselves only, never inside another part."""
        match block:
            case Field(rating=None):
                return [values.Field(label=block.label, markdown=block.markdown)]
            case Field():  # its rating stands below the item's title
                return [values.Prose(markdown=block.more)] if block.more else []
            case Prose():
                return [self._prose(block)]
            case Directive():
                return self._directive(block, is_inside=is_inside)

    def _prose(self, block: Prose) -> values.Part:
        picture = reading.picture(block.markdown, self._definitions)
        if picture is None:
            return values.Prose(markdown=block.markdown)
        return values.Image(src=picture.src, alt=picture.alt, caption=picture.title, href=picture.href)

    def _directive(self, block: Directive, *, is_inside: bool) -> Iterable[values.Part]:
        inside = self._inside(block.blocks)
        match block.name:
            case DirectiveName.CONTENTS:
                return inside if is_inside else [*inside, values.Contents(title=block.option("title"))]
            case DirectiveName.CALLOUT:
                return [values.Callout(title=block.option("title"), parts=tuple(inside))]
            case DirectiveName.SPONSOR:
                return [values.Sponsor(name=block.option("name"), href=block.option("href"), parts=tuple(inside))]
            case DirectiveName.COLUMNS:
                return self._columns(block)
            case DirectiveName.COLUMN:
                return [*_titled(block), *inside]
            case _:
                return self._single(block, inside)

    def _single(self, block: Directive, inside: Sequence[values.Part]) -> Iterable[values.Part]:
        if block.name is DirectiveName.IMAGE:
            width = block.option("width")
            image = values.Image(
                src=block.option("src"),
                alt=block.option("alt"),
                caption=block.option("caption"),
                href=block.option("href"),
                width=int(width) if width.isascii() and width.isdecimal() and 0 < len(width) < 6 else None,
            )
            return [image, *inside]
        label = block.option("label")
        if label or not inside:
            return [values.Button(label=label or block.option("href"), href=block.option("href")), *inside]
        said = " ".join(part.markdown for part in inside if isinstance(part, values.Prose))
        return [values.Button(label=" ".join(said.split()), href=block.option("href"))]

    def _columns(self, block: Directive) -> Iterable[values.Part]:
        columns = [each for each in block.blocks if isinstance(each, Directive) and each.name is DirectiveName.COLUMN]
        written = [(*_titled(column), *self._inside(column.blocks)) for column in columns]
        rows = [written[at : at + MOST_COLUMNS] for at in range(0, len(written), MOST_COLUMNS)]
        others = self._inside([each for each in block.blocks if each not in columns])
        return [*_titled(block), *others, *(values.Columns(columns=tuple(row)) for row in rows)]

    def _inside(self, blocks: Iterable[Prose | Directive]) -> list[values.Part]:
        return [part for block in blocks for part in self.parts(block, is_inside=True)]


def _titled(block: Directive) -> list[values.Part]:
    title = block.option("title")
    return [values.Subheading(title=title)] if title else []


def _rating(rating: Rating) -> values.Rating:
    return values.Rating(
        label=rating.label, symbol=rating.symbol or "", value=rating.value, of=rating.of, note=rating.note or ""
    )


def is_mixed(section: Section) -> bool:
    """Whether something inside a section is not for all its readers."""
    return any(node.topics for node in nodes(section))


def nodes(node: Item | Section) -> Iterator[Item | Section]:
    """Every item and subsection below a node, in order."""
    for block in node.blocks:
        if isinstance(block, Item | Section):
            yield block
            yield from nodes(block)


def key(whole: ResolvedSection, node: Item | Section) -> str:
    return f"{whole.id}~{node.lines.first}"
