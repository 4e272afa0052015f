"""Moving sections moves their lines and changes none."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.arranging import move_section
from newsletter.issues.document import parse

ISSUE = "---\ntitle: T\n---\nHello.\n\n## A {topic=a}\n\ntext a\n\n## B\n### item\n**x:** y\n\n## C\nlast\n"

words = st.text(alphabet="ab #*_:`-=>\n", max_size=30)
issues = st.builds(
    lambda opening, bodies: opening + "".join(f"\n\n## S{n}\n\n{body}" for n, body in enumerate(bodies)),
    words,
    st.lists(words, min_size=1, max_size=4),
)


def test_a_section_moves_with_all_that_belongs_to_it() -> None:
    moved = move_section(ISSUE, 1, -1)

    assert moved == (
        "---\ntitle: T\n---\nHello.\n\n## B\n### item\n**x:** y\n\n## A {topic=a}\n\ntext a\n\n## C\nlast\n"
    )


def test_there_and_back_is_where_it_was() -> None:
    assert move_section(move_section(ISSUE, 2, -2), 0, 2) == ISSUE


def test_the_first_goes_no_higher_and_the_last_no_lower() -> None:
    assert move_section(ISSUE, 0, -1) == ISSUE
    assert move_section(ISSUE, 2, 1) == ISSUE


def test_an_underlined_heading_does_not_swallow_the_line_above() -> None:
    moved = move_section("A\n===\n\nB\n---\ntext b\n\nC\n---\ntext c", 1, -1)

    assert [section.title for section in parse(moved).sections] == ["C", "B"]


@pytest.mark.parametrize("number", [-1, 3])
def test_a_section_that_is_not_there_cannot_be_moved(number: int) -> None:
    with pytest.raises(IndexError, match="no section"):
        move_section(ISSUE, number, 1)


@given(issues, st.integers(0, 9), st.integers(-3, 3))
def test_no_line_is_lost_or_changed(text: str, number: int, by: int) -> None:
    sections = parse(text).sections
    if not sections:
        return

    moved = move_section(text, number % len(sections), by)

    before, after = Counter(text.split("\n")), Counter(moved.split("\n"))
    assert set((after - before).keys()) <= {""}
    assert not before - after
