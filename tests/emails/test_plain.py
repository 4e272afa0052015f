"""Plain text at 72 columns."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails import marks
from emails.filling import Place
from emails.plain import WIDTH, spaced, width, wrap, wrap_lines

ASCII = st.text(alphabet="abc \n", max_size=400)


@given(ASCII)
def test_lines_are_filled_as_far_as_they_go(text: str) -> None:
    ours = wrap(text, first="* ", rest="  ")

    theirs = textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent="* ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    assert ours == (theirs or ["*"])


@given(st.text(alphabet="aé\u00a0漢e\u0301👩 ", max_size=300))
def test_no_line_is_longer_than_the_width_unless_it_is_one_word(text: str) -> None:
    for line in wrap(text, rest="  "):
        assert width(line) <= WIDTH or " " not in line.strip(" ")


@given(st.text(alphabet="aé\u00a0 b", max_size=300))
def test_wrapping_loses_no_word(text: str) -> None:
    words = [word for word in text.split(" ") if word]

    assert " ".join(wrap(text)) == " ".join(words)


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("👩‍💻", 4), ("", 0)])
def test_width_counts_columns_and_not_letters(text: str, columns: int) -> None:
    assert width(text) == columns


def test_a_gap_keeps_room_for_a_usual_name() -> None:
    assert width(marks.slot("name", Place.TEXT)) == 8
    assert width(marks.slot("name", Place.TEXT, "dear reader")) == 11


def test_an_address_is_never_cut() -> None:
    address = "https://example.org/" + "a" * 100

    assert wrap(f"see {address} now") == ["see", address, "now"]


def test_a_script_without_spaces_is_broken_at_the_width() -> None:
    lines = wrap("漢" * 100)

    assert [width(line) for line in lines] == [72, 72, 56]


def test_a_letter_keeps_lines_that_are_set_in() -> None:
    assert wrap_lines("a\n\n    " + "x" * 90 + "\n* " + "word " * 20) == (
        "a\n\n    " + "x" * 90 + "\n* word word word word word word word word word word word word word word\n"
        "  word word word word word word\n"
    )


def test_empty_blocks_leave_no_gap() -> None:
    assert spaced([["a"], [], ["b", "c"]]) == ["a", "", "b", "c"]
