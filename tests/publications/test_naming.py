import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.publications import naming


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbour charts", "harbour-charts"),
        ("AI Art & Video", "ai-art-and-video"),
        ("Straße", "strasse"),
        ("Café “Ñandú”", "cafe-nandu"),
        ("Łódź, Øresund", "lodz-oresund"),
        ("Щедрик", "shchedrik"),
        ("Ώρα", "ora"),
        ("İstanbul", "istanbul"),
        ("Editor's choice", "editors-choice"),
        ("日本", ""),
        ("🧭", ""),
    ],
)
def test_a_slug_spells_a_name_in_plain_letters(name: str, slug: str) -> None:
    assert naming.slug(name) == slug


@given(st.text(max_size=80))
def test_a_slug_holds_nothing_but_small_letters_digits_and_single_hyphens(name: str) -> None:
    slug = naming.slug(name)

    assert slug == "" or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= naming.LONGEST_SLUG


@given(st.text(max_size=80))
def test_a_key_does_not_change_when_it_is_made_again(name: str) -> None:
    assert naming.key(naming.clean(name)) == naming.key(name)


def test_names_that_look_the_same_have_one_key() -> None:
    composed, apart = "Café  Crème", "CAFE\u0301 CRE\u0300ME"

    assert naming.key(composed) == naming.key(apart)


def test_a_taken_slug_gets_a_number_and_a_name_without_letters_a_slug_of_ours() -> None:
    assert naming.free_slug("Rain", {"rain", "rain-2"}, "topic") == "rain-3"
    assert naming.free_slug("日本", {"topic-1"}, "topic") == "topic-2"
