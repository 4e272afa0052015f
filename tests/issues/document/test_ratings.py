"""Ratings: any emoji, halves, notes, stars and figures; nothing else."""

import pytest

from newsletter.issues.document import parse
from newsletter.issues.document.ratings import read_rating


@pytest.mark.parametrize(
    ("value", "symbol", "number", "of", "note"),
    [
        ("🧭🧭🧭🧭", "🧭", 4, None, None),
        ("🧭", "🧭", 1, None, None),
        ("🐸🐸(damp, but happy)", "🐸", 2, None, "damp, but happy"),
        ("👩🏾‍🚀👩🏾‍🚀👩🏾‍🚀 (3 of (nearly) 4)", "👩🏾‍🚀", 3, None, "3 of (nearly) 4"),
        ("🇳🇿🇳🇿", "🇳🇿", 2, None, None),
        ("❤️❤❤️", "❤", 3, None, None),
        ("🦉🦉🦉½", "🦉", 3.5, None, None),
        ("🦉🦉🦉+🦉/2(3.5 wise birds)", "🦉", 3.5, None, "3.5 wise birds"),
        ("🦉🦉🦉🦉/2", "🦉", 3.5, None, None),
        ("★★★", "★", 3, None, None),
        ("★★★☆☆", "★", 3, 5, None),
        ("★★★½☆", "★", 3.5, 5, None),
        ("☆☆☆☆☆ (dreadful)", "★", 0, 5, "dreadful"),
        ("4/5", None, 4, 5, None),
        ("3.5 / 5 (fine)", None, 3.5, 5, "fine"),
        ("3½/5", None, 3.5, 5, None),
    ],
)
def test_a_rating_is_read(value: str, symbol: str | None, number: float, of: int | None, note: str | None) -> None:
    rating = read_rating("Verdict", value)

    assert rating is not None
    assert (rating.symbol, rating.value, rating.of, rating.note) == (symbol, number, of, note)


@pytest.mark.parametrize(
    "value",
    [
        *("", "good", "12", "#", "**", "½", "(note)"),
        *("🧭" * 11, "🧭🐸", "🧭🧭 nice", "🧭 (open", "🧭 (a) (b)", "🧭/2", "🧭½½", "🧭+🐸/2", "★★☆"),
        *("1️⃣1️⃣", "6/5", "4/10"),
    ],
)
def test_anything_else_is_no_rating(value: str) -> None:
    assert read_rating("Rating", value) is None


def test_out_of_is_said_only_where_the_issue_has_a_scale() -> None:
    text = "## S\n\n**Rating:** 🧭🧭\n"

    assert parse(text).sections[0].items[0].rating == read_rating("Rating", "🧭🧭")
    scaled = parse("---\nscale: 4\n---\n" + text).sections[0].items[0].rating
    assert scaled is not None
    assert scaled.of == 4


def test_a_value_above_the_scale_is_out_of_nothing() -> None:
    rating = read_rating("Rating", "🧭🧭🧭", scale=2)

    assert rating is not None
    assert (rating.value, rating.of) == (3, None)


def test_a_field_that_was_meant_as_a_rating_is_advice() -> None:
    document = parse("## S\n\n**Overall rating:** splendid\n**Mood:** 🧭🧭 more or less\n**Party:** 🎉 tonight\n")

    assert [(each.code, each.blocking, each.line) for each in document.findings] == [
        ("rating-unreadable", False, 3),
        ("rating-unreadable", False, 4),
    ]


def test_the_rating_of_an_item_stays_among_its_fields() -> None:
    item = parse("## S\n\n**What:** x\n**Gut feeling:** 🧭🧭\n").sections[0].items[0]

    assert [field.label for field in item.fields] == ["What", "Gut feeling"]
    assert item.rating is not None
    assert item.rating.label == "Gut feeling"
