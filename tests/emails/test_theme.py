"""Themes: every one that comes with the program, and the colours that publications choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails import theme
from emails.theme import BadTheme

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize("name", theme.names())
def test_every_theme_can_be_read_in_both_schemes(name: str) -> None:
    assert theme.check_tokens(theme.load(name).tokens) == []


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0b6257", "#0b6257", 1)]
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert theme.contrast(one, other) == theme.contrast(other, one) == pytest.approx(ratio, abs=0.01)


def test_a_pale_accent_is_refused_with_its_contrast() -> None:
    with pytest.raises(BadTheme, match=r"light scheme, accent #77ccbb on ground #ffffff has a contrast of 1\.9:1"):
        theme.load(accent="#77CCBB")


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345g", "#123456;", "url(x)"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(BadTheme, match="is no colour"):
        theme.load(accent=colour)


def test_an_unknown_theme_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadTheme, match=r"no theme '\.\./plain'.*plain"):
        theme.load("../plain")


def test_an_accent_without_one_for_the_dark_gets_a_lighter_shade() -> None:
    tokens = theme.load(accent="#7a1f3d").tokens

    assert tokens["light"]["accent"] == "#7a1f3d"
    assert theme.contrast(tokens["dark"]["accent"], tokens["dark"]["ground"]) >= theme.LEAST_CONTRAST


@given(COLOURS)
def test_any_colour_can_be_moved_until_it_reads(colour: str) -> None:
    plain = theme.load()

    light, dark = theme.readable(colour, plain, "light"), theme.readable(colour, plain, "dark")

    assert theme.check_tokens(theme.with_accent(plain, light, dark).tokens) == []


def test_a_colour_that_reads_is_left_alone() -> None:
    assert theme.readable("#0b6257", theme.load(), "light") == "#0b6257"


def test_a_token_cannot_end_a_style_rule() -> None:
    tokens = theme.load().tokens
    hostile = {**tokens, "font": {**tokens["font"], "serif": "x}body{display:none"}}

    assert "could end a style rule" in theme.check_tokens(hostile)[0]


def test_themes_are_told_apart_by_their_colours() -> None:
    assert theme.load() == theme.load()
    assert theme.load(accent="#7a1f3d") != theme.load()
    assert len({theme.load(), theme.load(), theme.load(accent="#7a1f3d")}) == 2
