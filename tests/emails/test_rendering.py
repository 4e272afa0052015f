"""Issues as mails: the join of blocks, what every mail has, and what none may have."""

import html
import itertools
import json
import re
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails import marks
from emails.editions import CompiledIssue
from emails.filling import Filled, Template, fill
from emails.rendering import PERSONAL, compile_issue, compiled_whole, edition_mjml
from emails.values import (
    Button,
    Contents,
    Edition,
    Field,
    Issue,
    Only,
    Prose,
    Subheading,
    count_key,
)
from tests.emails.making import LOOK, PERSON, PUBLICATION, issue, item, mail, section


def filled(template: Template) -> Filled:
    return fill(template, template.values(PERSON))


SEVERAL = issue(
    section("a", item("One"), item("Two"), Prose(markdown="Then [more](https://example.org/more).")),
    section("b", Prose(markdown="Words."), label="Topic b"),
    section("c", Only(key="c~1", part=item("First")), item("Second"), Only(key="c~2", part=item("Third"))),
    section("d", Button(label="Go", href="https://example.org/go"), Subheading(title="Sub"), item()),
)
KEYS = ["a", "b", "c", "d"]
NAMES = st.lists(st.sampled_from(["Maps", "Repair & Co", "Night <sky>", "Küche"]), unique=True).map(tuple)


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    keys = sorted(draw(st.sets(st.sampled_from(KEYS))))
    if "c" in keys:
        inner = draw(st.sets(st.sampled_from(["c~1", "c~2"])))
        keys += [*sorted(inner), count_key("c", 1 + len(inner))]
    return Edition(keys=tuple(keys), topics=draw(NAMES), also=draw(NAMES))


COMPILED = compile_issue(SEVERAL, PUBLICATION, theme=LOOK)


@given(editions())
def test_the_join_of_the_blocks_is_the_edition_compiled_whole_to_the_letter(edition: Edition) -> None:
    assert filled(COMPILED.edition(edition)) == filled(compiled_whole(SEVERAL, PUBLICATION, edition, theme=LOOK))


def test_the_join_is_the_whole_wherever_the_contents_stand() -> None:
    moved = issue(section("a", Prose(markdown="x"), Contents(), item()), section("b"), opening=(Prose(markdown="o"),))
    compiled = compile_issue(moved, PUBLICATION, theme=LOOK)

    for count in range(3):
        for keys in itertools.combinations(["a", "b"], count):
            edition = Edition(keys=keys, topics=("Maps",))
            whole = compiled_whole(moved, PUBLICATION, edition, theme=LOOK)
            assert filled(compiled.edition(edition)) == filled(whole)
            assert ("In your edition" in filled(whole).html) is ("a" in keys)


@given(editions())
def test_a_compiled_issue_can_be_kept_as_json(edition: Edition) -> None:
    kept = CompiledIssue.from_json(json.loads(json.dumps(COMPILED.to_json())))

    assert kept == COMPILED
    assert kept.edition(edition) == COMPILED.edition(edition)


def test_a_block_that_the_issue_does_not_have_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError, match="no block nothing"):
        COMPILED.edition(Edition(keys=("a", "nothing")))


def test_two_blocks_of_one_key_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"keys of their own.*: a"):
        compile_issue(issue(section("a"), section("a")), PUBLICATION, theme=LOOK)


def test_an_edition_shows_its_sections_in_the_contents_and_no_others() -> None:
    written = mail(SEVERAL, Edition(keys=("b", "c", "c~2", "c=2"), topics=("Maps",)))

    for key, is_shown in {"a": False, "b": True, "c": True, "d": False}.items():
        assert (f"About {key}" in written.html) is is_shown
        assert (f"https://example.org/v/b#{key}" in written.html) is is_shown
        assert (f"About {key}" in written.text) is is_shown
    assert ">2 items<" in written.html
    assert "* About c (2 items)" in written.text
    assert "First" not in written.html + written.text
    assert "Third" in written.html
    assert "Third" in written.text


def test_the_footer_says_why_what_else_and_how_to_leave() -> None:
    written = mail(SEVERAL, Edition(keys=("a",), topics=("Maps", "Küche"), also=("Repair & Co",)))

    for text in (html.unescape(written.html), " ".join(written.text.split())):
        assert "from the topics you chose: Maps and Küche." in text
        assert "The issue also has sections on Repair & Co." in text
        assert "Sent to mara@example.org" in text
        assert "1 Quay, Town" in text
        assert "https://example.org/u/u" in text
        assert "https://example.org/p/p" in text


def test_a_reader_without_topics_is_told_of_the_subscription() -> None:
    written = mail(SEVERAL, Edition(keys=("a",)))

    assert "You get this because you subscribed to Quay &amp; Sons." in written.html
    assert "topics you chose" not in written.html + written.text
    assert "The issue also" not in written.html + written.text


def test_links_in_the_text_are_numbered_through_the_edition() -> None:
    text = mail(SEVERAL, Edition(keys=("a", "d"))).text

    numbers = [int(number) for number in re.findall(r"^\[(\d+)\] https", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == 6
    assert all(f"[{number}]" in re.sub(r"^\[\d+\] https.*$", "", text, flags=re.MULTILINE) for number in numbers)


def test_every_gap_is_one_of_the_words_that_persons_have() -> None:
    template = COMPILED.edition(Edition(keys=("a",), topics=("Maps",)))

    assert {slot.name for slot in template.slots} <= set(PERSONAL)
    assert not any(marks.has_marks(piece) for piece in (*template.html, *template.text) if isinstance(piece, str))


def long_issue(items: int) -> Issue:
    words = "A census of nesting swifts, taken by neighbours who stand on their own street for an hour at dusk."
    parts = tuple(Field(label=label, markdown=words) for label in ("What is it", "What is new", "What it means"))
    many = [replace(item(f"Item number {number} of this issue"), parts=parts) for number in range(items)]
    return issue(*(section(f"s{at}", *many[at * 4 : at * 4 + 4]) for at in range((items + 3) // 4)))


def test_z1_a_mail_of_thirty_items_stays_below_sixty_kilobytes() -> None:
    assert len(mail(long_issue(30)).html.encode()) <= 60_000


def test_four_thousand_editions_are_joined_while_one_would_hardly_be_compiled() -> None:
    of = long_issue(48)
    compiled = compile_issue(of, PUBLICATION, theme=LOOK)
    keys = [each.key for each in of.sections]

    began = time.perf_counter()
    for number in range(4096):
        chosen = tuple(key for at, key in enumerate(keys) if number >> at & 1)
        compiled.edition(Edition(keys=chosen, topics=chosen))

    assert time.perf_counter() - began < 2.0  # a tenth of that on a quiet machine


def test_the_source_of_an_edition_can_be_read() -> None:
    source = edition_mjml(SEVERAL, PUBLICATION, Edition(keys=("b",), topics=("Maps",)), theme=LOOK)

    assert source.lstrip().startswith("<mjml")
    assert "About b" in source
    assert "About a" not in source
    assert "{{ unsubscribe_url }}" in source
    assert not marks.has_marks(source)
