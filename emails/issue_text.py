"""The plain text of an issue, written from its values: same order as the HTML, 72 columns, links numbered.

The numbers run through an edition and so depend on it: a block counts its own from 1, and the join adds.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from emails import marks, plain_words, reading, templates, words
from emails.editions import ALSO, PLAIN, SECTIONS, TOPICS, Chunk
from emails.filling import Place
from emails.phrases import Phrases
from emails.plain import HEAVY, LIGHT, WIDTH, Links, indent, spaced, wrap
from emails.values import (
    Button,
    Callout,
    Columns,
    Contents,
    Field,
    Image,
    Issue,
    Item,
    Only,
    Part,
    Prose,
    Publication,
    Rating,
    Section,
    Sponsor,
    Subheading,
)
from emails.words import Setting


def text_chunks(issue: Issue, publication: Publication, setting: Setting, phrases: Phrases) -> list[Chunk]:
    """The text of all blocks, in order."""
    return _Writer(issue, publication, setting, phrases).written()


class _Writer:
    def __init__(self, issue: Issue, publication: Publication, setting: Setting, phrases: Phrases) -> None:
        self._issue = issue
        self._publication = publication
        self._setting = setting
        self._phrases = phrases
        self._chunks: list[Chunk] = []
        self._needs: list[str] = []
        self._links = Links()
        self._columns = WIDTH
        self._held = ""

    def written(self) -> list[Chunk]:
        head = self._issue.head
        number = self._phrases.say("No. %(number)s", number=head.number) if head.number else ""
        meta = ", ".join(part for part in (number, head.date) if part)
        browser = self._phrases.say("In a browser: %(address)s", address=_slot("browser_url"))
        title = plain_words.inline(head.title, self._links, self._setting)
        self._add([self._publication.name, *([meta] if meta else []), browser, "", HEAVY, "", *wrap(title)])
        self._flow(self._issue.opening)
        for section in self._issue.sections:
            with self._only(section.key):
                self._section(section)
        self._footer()
        return self._chunks

    def _section(self, section: Section) -> None:
        heading = wrap(plain_words.inline(section.title, self._links, self._setting))
        label = section.label
        if label and section.label_is_topic:
            label = self._phrases.say("Topic: %(topic)s", topic=label)
        self._add(["", "", LIGHT, *heading, *([label] if label else []), LIGHT])
        self._flow(section.parts)

    def _flow(self, parts: tuple[Part, ...]) -> None:
        """Parts below each other, then the addresses they refer to."""
        for part in parts:
            if isinstance(part, Only):
                self._end_block()
                with self._only(part.key):
                    self._flow((part.part,))
            elif isinstance(part, Contents):
                self._end_block()
                self._contents(part)
            else:
                lines = self._part(part)
                self._add(["", *lines] if lines else [])
        self._end_block()

    def _end_block(self) -> None:
        listing = self._links.listing()
        self._add(["", *listing] if listing else [])
        self._links = Links()
        self._close()

    def _contents(self, part: Contents) -> None:
        with self._only(SECTIONS):
            title = plain_words.inline(part.title, Links(), self._setting)
            self._add(["", "", title or self._phrases.say("In your edition"), ""])
            for section in self._issue.sections:
                with self._only(section.key):
                    self._contents_row(section)

    def _contents_row(self, section: Section) -> None:
        title = marks.in_place(words.plain(section.title), Place.TEXT)
        for key, count in section.counts:
            counted = f" ({self._counted(count)})" if count else ""
            with self._only(key):
                self._add(wrap(title + counted, first="  * ", rest="    "))

    def _counted(self, items: int) -> str:
        return self._phrases.count("%(count)s item", "%(count)s items", items)

    def _footer(self) -> None:
        say = self._phrases.say
        self._add(["", "", HEAVY, ""])
        topics = say(
            "This edition was put together for you from the topics you chose: %(topics)s.", topics=_slot(TOPICS)
        )
        also = say(
            "The issue also has sections on %(topics)s. Change your topics to get them next time.", topics=_slot(ALSO)
        )
        subscribed = say("You get this because you subscribed to %(publication)s.", publication=self._publication.name)
        for key, sentence in ((TOPICS, topics), (PLAIN, subscribed), (ALSO, also)):
            self._close()
            self._chunks.append(Chunk(frozenset([key]), marks.pieces(sentence), wraps=True))
        self._add([*self._ways_out(), "", *wrap(self._publication.address), *self._sent_to()])
        self._close()

    def _ways_out(self) -> list[str]:
        say = self._phrases.say
        ways = ((say("Change topics"), "preferences_url"), (say("Unsubscribe"), "unsubscribe_url"))
        longest = max(len(words) for words, _ in ways) + 1
        return [f"{f'{words}:':<{longest}} {_slot(name)}" for words, name in ways]

    def _sent_to(self) -> list[str]:
        sentence = self._phrases.say(
            "Sent to %(address)s. Replies reach a person, and so does %(contact)s.",
            address=_slot("address"),
            contact=self._publication.contact,
        )
        return wrap(sentence)

    # ------------------------------------------------------------------ parts

    def _part(self, part: Part) -> list[str]:
        match part:
            case Item():
                return self._item(part)
            case Prose():
                return plain_words.blocks(part.markdown, self._links, self._setting, columns=self._columns)
            case Field():
                return self._field(part, "")
            case Image():
                return self._image(part, "")
            case Columns():
                return spaced([self._stack(column) for column in part.columns])
            case _:
                return self._small_part(part)

    def _small_part(self, part: Subheading | Button | Callout | Sponsor | Contents | Only) -> list[str]:
        match part:
            case Subheading():
                return self._subheading(part)
            case Button():
                label = plain_words.inline(part.label, Links(), self._setting)
                return wrap(self._linked(label, part.href), columns=self._columns)
            case Callout():
                return self._box(plain_words.inline(part.title, self._links, self._setting), part.parts)
            case Sponsor():
                return self._box(self._sponsor(part), part.parts)
            case Contents() | Only():  # they stand in a section or the opening words, see _flow
                return []

    @contextmanager
    def _narrower(self, by: int) -> Iterator[None]:
        self._columns -= by
        yield
        self._columns += by

    def _stack(self, parts: tuple[Part, ...]) -> list[str]:
        return spaced([self._part(part) for part in parts])

    def _subheading(self, part: Subheading) -> list[str]:
        lines = wrap(plain_words.inline(part.title, self._links, self._setting), columns=self._columns)
        return [*lines, "-" * max((len(line) for line in lines), default=0)]

    def _item(self, item: Item) -> list[str]:
        lines = [line for rating in item.ratings for line in self._rating(rating)]
        if item.title:
            title = plain_words.inline(item.title, Links(), self._setting)
            lines = wrap(self._linked(title, item.href), first="  ", rest="  ") + lines
        for part in item.parts:
            match part:
                case Field():
                    is_after_text = bool(lines) and lines[-1].startswith("    |")
                    lines += [""] * is_after_text + self._field(part, "  ")
                case Image():
                    lines += self._image(part, "  ")
                case _:
                    with self._narrower(2):
                        text = indent(self._part(part), "  ")
                    lines += ["", *text] if lines else text
        return ["* " + lines[0][2:], *lines[1:]] if lines else []

    def _field(self, field: Field, by: str) -> list[str]:
        label = plain_words.inline(field.label, Links(), self._setting)
        return plain_words.blocks(
            field.markdown, self._links, self._setting, first=f"{by}{label}: ", rest=f"{by}  ", columns=self._columns
        )

    def _rating(self, rating: Rating) -> list[str]:
        note = f" ({plain_words.inline(rating.note, self._links, self._setting)})" if rating.note else ""
        symbols = f"{templates.run(rating)} " if rating.symbol else ""
        line = f"{rating.label}: {symbols}{templates.value_said(rating, self._phrases)}{note}"
        return wrap(line, first="  ", rest="    ", columns=self._columns)

    def _image(self, image: Image, by: str) -> list[str]:
        said = image.alt
        if image.caption:
            caption = plain_words.inline(image.caption, self._links, self._setting)
            said = f"{said.rstrip('.')}. " * bool(said) + self._phrases.say("Caption: %(words)s", words=caption)
        if not said:
            return []
        words = self._linked(f"[{self._setting.picture}: {said}]", image.href)
        return wrap(words, first=by, rest=f"{by}  ", columns=self._columns)

    def _sponsor(self, sponsor: Sponsor) -> str:
        if not sponsor.name:
            return self._phrases.say("Advertisement")
        said = self._phrases.say("Advertisement, paid for by %(name)s", name=sponsor.name)
        return self._linked(said, sponsor.href)

    def _box(self, title: str, parts: tuple[Part, ...]) -> list[str]:
        with self._narrower(4):
            lines = spaced([wrap(title, columns=self._columns), self._stack(parts)])
        return indent(lines, "  | ")

    def _linked(self, said: str, href: str) -> str:
        address = marks.in_place(reading.address(href, self._setting.anchors), Place.TEXT) if href else ""
        return f"{said}\u00a0{self._links.number(address)}" if address else said

    # ------------------------------------------------------------------ chunks

    @contextmanager
    def _only(self, key: str) -> Iterator[None]:
        """What is written inside is for editions with `key`; an empty one is for all."""
        if not key:
            yield
            return
        self._close()
        self._needs.append(key)
        yield
        self._close()
        self._needs.pop()

    def _add(self, lines: list[str]) -> None:
        """Write lines into the chunk at hand."""
        if lines:
            self._held += "\n".join(lines) + "\n"

    def _close(self) -> None:
        if self._held:
            self._chunks.append(Chunk(frozenset(self._needs), marks.pieces(self._held)))
            self._held = ""


def _slot(name: str) -> str:
    return marks.slot(name, Place.TEXT)
