"""Plain text, as somebody pasted it from a page: the shape is found, and no word is lost."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.document import Topic, outline, resolve
from newsletter.issues.importing import Imported, TopicsMissing, import_text

FILE_NAME = "harbour-letter-2024-03-04.txt"
HARBOUR = """\
Harbour Letter of the Week (03/04/2024)
Two ferries met in fog and nobody was cross.
Otherwise the water was flat.
So this is the
Harbour Letter of the Week
This week there is news from these corners:
Tides & Currents
Keeping Gulls Away
Ropes
Lamps
Tides & Currents
A clock that runs on the moon
What is it: A dial (made of slate) that shows high water *without* numbers
What’s new: It has lost 4**2 minutes in a year
What does it mean: Slate is patient
Rating: 🌊🌊🌊
Does shouting at the tide help?
What is it: A study of people who shout at 10_000 waves
What’s new: The waves were asked, too
What is it good for: In short: the throat. Is there a quieter way?
Rating: 🌊🌊
Keeping Gulls Away
What it is: A kite in the form of an owl
What’s new: It blinks
What is it good for: Chips
Rating:🦉🦉(clever, but I am not afraid of it. The gulls are)
What is it: An umbrella for one sandwich
What’s new: A handle
What is it good for: Lunch
Rating: 🦉
Ropes
What is it: A knot that unties itself on Fridays
What’s new: It knows the date
What is it good for: Leaving early
Rating: 🪢🪢🪢
Lamps
What is it: A lamp that waits
What’s new: It waits longer
What is it good for: Moths
Rating:🕯️🕯️
Light for very small boats
What is it: A lamp the size of a bean
What’s new: Beans are larger now
What is it good for: Bean boats
Rating: 🕯️🕯️🕯️
Harbour Politics
The mayor’s order about bells
What is it: Bells over 12 kg have to be registered with #townhall
What does it mean: Fewer bells [or more cats]
Overall Rating:🧑🏽‍⚖️🧑🏽‍⚖️🧑🏽‍⚖️ (3 mayors, could be worse)
What is it: A letter signed by 14 harbours
What does it mean: They agree that water is wet
Rating: 🇮🇸🇮🇸🇮🇸🇮🇸🇮🇸
Not About Harbours
A short tale (long postcard?) by Ede
What it is: Ede can write
What does it mean: Read it.
Overall Rating: 📮📮📮📮(4 stamps)
Small Oars
What it is: There are more and more of them
What does it mean: Elbows are safe
Rating:🛶🛶🛶+🛶/2 (3.5 canoes)
"""
TOPICS = [Topic(slug="ropes", name="ROPES"), Topic(slug="light", name="Light", aliases=("Lamps",))]


def shown(imported: Imported) -> dict[str, Any]:
    known = [*TOPICS, *imported.new_topics]
    return outline(imported.document, resolve(imported.document, known))


def test_sections_items_fields_and_ratings_are_found() -> None:
    sections = shown(import_text(HARBOUR, FILE_NAME, TOPICS))["sections"]

    assert [(section["title"], len(section["items"])) for section in sections] == [
        ("Tides & Currents", 2),
        ("Keeping Gulls Away", 2),
        ("Ropes", 1),
        ("Lamps", 2),
        ("Harbour Politics", 2),
        ("Not About Harbours", 2),
    ]
    items = [item for section in sections for item in section["items"]]
    assert [item["title"] for item in items] == [
        *("A clock that runs on the moon", "Does shouting at the tide help?", None, None, None, None),
        *("Light for very small boats", "The mayor’s order about bells", None),
        *("A short tale (long postcard?) by Ede", "Small Oars"),
    ]
    assert [len(item["fields"]) for item in items] == [4] * 7 + [3] * 4
    assert [item["rating"]["value"] for item in items] == [3, 2, 2, 1, 3, 2, 3, 3, 5, 4, 3.5]
    assert items[7]["rating"] == {
        "label": "Overall Rating",
        "symbol": "🧑🏽‍⚖",
        "value": 3,
        "of": None,
        "note": "3 mayors, could be worse",
    }
    assert items[0]["fields"][0] == {
        "label": "What is it",
        "text": "A dial (made of slate) that shows high water *without* numbers",
    }


def test_every_word_is_in_the_issue() -> None:
    text = import_text(HARBOUR, FILE_NAME, TOPICS).text
    unescaped = re.sub(r"\\(.)", r"\1", text)

    missing = [word for word in HARBOUR.replace(":", ": ").split() if word.strip(":") not in unescaped]
    assert missing == []


def test_the_list_of_areas_becomes_the_contents_of_each_reader() -> None:
    text = import_text(HARBOUR, FILE_NAME, TOPICS).text

    assert "from these corners:\n\n:::contents\n:::\n\n## Tides" in text


def test_each_section_gets_the_topic_of_its_name_or_a_hidden_new_one() -> None:
    imported = import_text(HARBOUR, FILE_NAME, TOPICS)

    assert [section["topic"] for section in shown(imported)["sections"]] == [
        *("tides-currents", "keeping-gulls-away", "ropes", "light", "harbour-politics", "not-about-harbours")
    ]
    assert [topic.name for topic in imported.new_topics] == [
        *("Tides & Currents", "Keeping Gulls Away", "Harbour Politics", "Not About Harbours")
    ]
    assert all(topic.hidden for topic in imported.new_topics)
    assert "0 people" in imported.findings[0].message
    assert shown(imported)["findings"] == []


def test_topics_that_may_not_be_made_are_named() -> None:
    with pytest.raises(TopicsMissing, match="“Tides & Currents”, “Keeping Gulls Away”") as caught:
        import_text(HARBOUR, FILE_NAME, TOPICS, create_topics=False)

    assert len(caught.value.names) == 4


def test_a_name_without_latin_letters_gets_a_numbered_slug() -> None:
    text = "潮\n潮汐\nWhat: a\nRating: 🌊\nWhat: b\n"
    imported = import_text(text, "x.txt", [Topic(slug="topic-1", name="Other")])

    assert [topic.slug for topic in imported.new_topics] == ["topic-2"]


@pytest.mark.parametrize(
    ("title", "file_name", "date"),
    [
        ("News (03/04/2024)", "news-2024-03-04.txt", "2024-03-04"),
        ("News (03/04/2024)", "news-2024-04-03.txt", "2024-04-03"),
        ("News (25/04/2024)", "news.txt", "2024-04-25"),
        ("News (04/25/2024)", "news.txt", "2024-04-25"),
        ("News 5.4.2024", "news.txt", "2024-04-05"),
        ("News 2024-04-05", "news.txt", "2024-04-05"),
        ("News of 5th April 2024", "news.txt", "2024-04-05"),
        ("News, Sept. 5, 2024", "news.txt", "2024-09-05"),
        ("News (31/02/2024)", "news.txt", None),
        ("News 2024", "news-2024-04-05.txt", None),
    ],
)
def test_a_date_in_the_title_is_the_issues(title: str, file_name: str, date: str | None) -> None:
    imported = import_text(f"{title}\nTea\nGreen\nWhat: a\nWhat: b\n", file_name, [])

    assert imported.document.title == title
    assert (imported.document.front and imported.document.front.date) == date


def test_a_date_that_may_be_two_is_found() -> None:
    imported = import_text("News (03/04/2024)\nTea\nGreen\nWhat: a\nWhat: b\n", "news.txt", [])

    assert imported.document.date is None
    assert (
        "2024-04-03 or 2024-03-04" in next(each for each in imported.findings if each.code == "date-ambiguous").message
    )


def test_markdown_is_taken_as_it_is() -> None:
    text = "## Tea\n\nWhat is it: a leaf\n"
    imported = import_text(text, "x.md", [], create_topics=False)

    assert (imported.text, imported.new_topics) == (text, ())


def test_a_title_with_a_colon_is_no_field() -> None:
    text = "News\nTea\nGreen: a love story\nWhat: a\nWhy: b\nBlack: a feud\nWhat: c\nWhy: d\n"
    items = shown(import_text(text, "x.txt", []))["sections"][0]["items"]

    assert [item["title"] for item in items] == ["Green: a love story", "Black: a feud"]


def test_blank_lines_part_a_long_value_from_the_next_title() -> None:
    text = "News\n\nTea\n\nGreen\n\nWhat: a leaf\nthat is long\n\nWhy: b\n\nBlack\n\nWhat: c\nWhy: d\nand on\n\nBye.\n"
    (section,) = shown(import_text(text, "x.txt", []))["sections"]

    assert [item["title"] for item in section["items"]] == ["Green", "Black"]
    assert section["items"][0]["fields"][0]["text"] == "a leaf that is long"
    assert section["items"][1]["fields"][1]["text"] == "d and on"


def test_lines_behind_the_last_field_are_the_items_text() -> None:
    text = "News\nTea\nGreen\nWhat: a\nWhat: b\n> See you\n1. next week\n"
    item = import_text(text, "x.txt", []).sections[0].items[-1]

    assert [getattr(block, "markdown", "") for block in item.after] == ["\\> See you\n\n1\\. next week"]


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20)
typed = st.one_of(words, words.map("What is it: {}".format), st.sampled_from(["Tea", "Rating: 🌊🌊", "", "- Tea"]))


@given(st.lists(typed, min_size=1, max_size=14))
def test_whatever_is_typed_is_taken_in_without_a_loss(lines: list[str]) -> None:
    text = "\n".join(lines)
    imported = import_text(text, "x.txt", [])
    kept = re.sub(r"\\(.)", r"\1", imported.text)

    for word in re.findall(r"\w+", text):
        assert word in kept
