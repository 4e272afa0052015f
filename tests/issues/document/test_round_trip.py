"""What is read can be written, what is written reads the same, and nothing typed is lost on the way."""

import random
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.bench import hostile
from newsletter.issues.document import NotMovableError, Topic, move_section, normalise, outline, parse, resolve, write

LINES = [
    *("# T", "## A", "## B {topic=a,b}", "### C {#c item}", "### {item}", "### [t](https://example.org)", "#### D"),
    *("Big\n===", "Small\n---", "**L:** v", "**L**: w  ", "**M:** x\\", "**R:** 💡💡½ (n)", "**a b c d e f:** no"),
    *("  more", "    code", "\t tab", "- list", "1. one", "> quote", "```", "~~~", "- ```", "text", "text {x}", "---"),
    *(':::callout title="a b"', ":::image src=x", ":::contents", "::::columns", ":::column", ":::", "::::", ":::foo"),
    *("[x]: /u", "[x]: /v 'w'", "| a | b |\n|---|---|\n| c | d |", "<div>", "&amp;", "{{ name }}", "{{ bad", "###"),
    *("title: T", "Date: soon", "key: v", "  on", "# note", "lang: |", 'title: "q\\"', "...", "scale: 5", "- x", "\\"),
    *("\xa0", "a\u2028b", "\ufeffx", "x\x0cy", "\x00", "é🧓🏻", "#", "***", "a ## ", "  ## E", "  :::", "- - -"),
    *("[y][x]", "![a](b)"),
]
lines = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(["\n", "\n\n"])).map("".join), max_size=14)
texts = st.one_of(lines.map("".join), lines.map(lambda found: "---\n" + "".join(found)), st.text(max_size=60))


@given(texts)
@example("---\n  cont\ndate: |\ndate: |\n---")
@example("## S\n**L:** x\\\n  ```\n\xa0")
@example("## S\n### B {item}\n\t tab\n**R:** 💡")
@example("---\nlang: en\n===\n#")
@example(":::\n===")
def test_a_document_is_written_so_that_it_reads_the_same(text: str) -> None:
    document = parse(text)
    written = write(document)

    assert parse(written) == document
    assert write(parse(written)) == written


def test_two_thousand_documents_read_as_they_were_written() -> None:
    """The same two thousand each time; hypothesis looks for others."""
    chance = random.Random(20261120)  # noqa: S311 no secret
    for _ in range(2_000):
        pieces = [chance.choice(LINES) + chance.choice(["\n", "\n", "\n\n"]) for _ in range(chance.randint(1, 14))]
        document = parse(chance.choice(["", "", "---\n"]) + "".join(pieces))

        assert parse(write(document)) == document


def words(text: str) -> Counter[str]:
    """Letters and figures only: what is not spelling of Markdown."""
    return Counter(re.findall(r"\w+", text))


@given(texts)
def test_every_word_typed_is_written_again(text: str) -> None:
    typed, written = words(normalise(text)), words(write(parse(text)))

    for word in typed:
        assert written[word] or word.lower() in {w.lower() for w in written} or word == "ufeff"


@given(lines.map("".join), st.integers(0, 5), st.integers(0, 5))
def test_moving_a_section_changes_no_other_line(text: str, origin: int, target: int) -> None:
    sections = parse(text).sections
    if max(origin, target) >= len(sections):
        with pytest.raises(IndexError):
            move_section(text, origin, target)
        return
    try:
        moved = move_section(text, origin, target)
    except NotMovableError:
        return

    order = list(sections)
    order.insert(target, order.pop(origin))
    assert list(parse(moved).sections) == order
    assert written_lines(moved) == written_lines(text)
    for section in sections:
        chunk = "\n".join(normalise(text).split("\n")[section.lines.first - 1 : section.lines.last])
        assert chunk in moved


def written_lines(text: str) -> Counter[str]:
    return Counter(line for line in normalise(text).split("\n") if line.strip())


def test_a_section_is_moved_with_its_spelling() -> None:
    text = "Hi\n\n## A\n*  a*\n\nB\n---\nb"

    assert move_section(text, 1, 0) == "Hi\n\nB\n---\nb\n\n## A\n*  a*\n\n"


def test_a_section_with_open_code_is_not_moved_over_another() -> None:
    with pytest.raises(NotMovableError, match="never closed"):
        move_section("## A\n\na\n\n## B\n\n```\nb\n", 1, 0)


HOSTILE = hostile.texts()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_to_its_end(name: str) -> None:
    """How long that takes is measured by `newsletter bench hostile`; a parser that hangs never gets here."""
    document = parse(HOSTILE[name])

    assert outline(document, resolve(document, [Topic(slug="a", name="A")]))["title"] == ""


def test_a_text_with_too_many_lines_is_kept_whole_and_blocks() -> None:
    text = "## a\n" * 20_001
    document = parse(text)

    assert write(document).strip() == text.strip()
    assert [(each.code, each.blocking) for each in document.findings] == [("too-long", True)]


def test_lines_are_counted_the_same_however_they_end() -> None:
    for one, other in pairwise(["## A\n\na\n", "## A\r\n\r\na\r\n", "## A\r\ra\r"]):
        assert parse(one) == parse(other)
        assert normalise(one) == normalise(other)
