"""From an issue's document to a mail's values, and from a choice of topics to an edition. Pure.

The document says what the editor wrote, with the topics found; `emails` knows nothing of topics. What an
edition has is named by keys: a section's id, and inside a section whose items are not for everybody the id and
the line of each thing a reader sees.
"""

from collections.abc import Iterable, Iterator, Sequence

from emails import reading, theme, values
from emails.editions import CompiledIssue
from emails.phrases import ENGLISH, Phrases
from emails.rendering import compile_issue, edition_mjml
from emails.theme import Theme
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
from newsletter.publications.models import Publication

Block = Prose | Directive | Field | Item | Section
RTL = {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"}  # languages written from the right
MOST_COLUMNS = 3


def words_of(publication: Publication, home: str) -> values.Publication:
    """What a mail says of its publication; `home` is the absolute address of its public page."""
    lang = publication.locale.replace("_", "-") or "en"
    return values.Publication(
        name=publication.name,
        home=home,
        address=publication.postal_address,
        contact=publication.contact or publication.reply_to or publication.sender_address,
        lang=lang,
        dir="rtl" if lang.split("-")[0].lower() in RTL else "ltr",
    )


def theme_of(publication: Publication) -> Theme:
    """The publication's theme in its own colours, moved as far as a mail needs to be read.

    Raises BadTheme when there is no such theme.
    """
    plain_theme = theme.load(publication.theme)
    if not publication.accent_light:
        return plain_theme
    return theme.load(
        publication.theme,
        accent=theme.readable(publication.accent_light, plain_theme, "light"),
        dark_accent=theme.readable(publication.accent_dark or publication.accent_light, plain_theme, "dark"),
    )


def compose(
    resolved: Resolved, words: values.Publication, look: Theme, *, number: str = "", phrases: Phrases = ENGLISH
) -> CompiledIssue:
    """Compile all blocks of an issue. Raises TooLarge with a sentence."""
    return compile_issue(issue_of(resolved, number=number, phrases=phrases), words, theme=look, phrases=phrases)


def mjml(
    resolved: Resolved,
    chosen: frozenset[str],
    words: values.Publication,
    look: Theme,
    *,
    number: str = "",
    phrases: Phrases = ENGLISH,
) -> str:
    """The MJML source of one edition as a whole, for people to read."""
    issue = issue_of(resolved, number=number, phrases=phrases)
    return edition_mjml(issue, words, edition(resolved, chosen), theme=look, phrases=phrases)


def is_empty(resolved: Resolved, chosen: frozenset[str]) -> bool:
    """Whether readers of these topics get nothing: the issue has sections, and none of them is for them."""
    return bool(resolved.sections) and not document.visible(resolved, chosen)


def edition_key(resolved: Resolved, chosen: frozenset[str]) -> str | None:
    """Equal for all readers who get the same mail: the chosen topics the issue has. None: they get nothing."""
    if is_empty(resolved, chosen):
        return None
    return ",".join(slug for slug in document.topics_present(resolved) if slug in chosen)


def edition(resolved: Resolved, chosen: frozenset[str]) -> values.Edition:
    """What readers of the topics `chosen` get, and the names their footer says."""
    shown = {each.id: each for each in document.visible(resolved, chosen)}
    whole = document.everything(resolved)
    missed = {slug for each in whole for slug in _missed(each, shown.get(each.id))} - chosen
    present = [resolved.topics[slug] for slug in document.topics_present(resolved)]
    return values.Edition(
        keys=tuple(key for each in whole if each.id in shown for key in _keys(each, shown[each.id])),
        topics=tuple(topic.name for topic in present if topic.slug in chosen),
        also=tuple(topic.name for topic in present if topic.slug in missed and not topic.hidden),
    )


def _keys(whole: ResolvedSection, shown: ResolvedSection) -> Iterator[str]:
    yield whole.id
    if _is_mixed(whole.section):
        yield from (_key(whole, node) for node in _nodes(shown.section))
        yield values.count_key(whole.id, len(shown.section.items))


def _missed(whole: ResolvedSection, shown: ResolvedSection | None) -> Iterator[str]:
    """Slugs of what a reader does not see of a section."""
    if shown is None:
        yield from whole.topics or ()
        return
    seen = {node.lines for node in _nodes(shown.section)}
    for node in _nodes(whole.section):
        if node.lines not in seen:
            yield from node.topics


def _is_mixed(section: Section) -> bool:
    """Whether something inside a section is not for all its readers."""
    return any(node.topics for node in _nodes(section))


def _nodes(node: Item | Section) -> Iterator[Item | Section]:
    """Every item and subsection below a node, in order."""
    for block in node.blocks:
        if isinstance(block, Item | Section):
            yield block
            yield from _nodes(block)


def _key(whole: ResolvedSection, node: Item | Section) -> str:
    return f"{whole.id}~{node.lines.first}"


# ---------------------------------------------------------------------- values


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
        is_conditional = node is not each.section and _is_mixed(each.section)
        parts.append(values.Only(key=_key(each, node), part=part) if is_conditional else part)
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
