"""From a document and a choice of topics to a mail."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails import rendering, theme, values
from emails.filling import Filled, fill
from newsletter.delivery import composing, mail_values
from newsletter.issues import document
from newsletter.issues.document import Resolved
from newsletter.publications.models import Publication

LOOK = theme.load()
WORDS = values.Publication(name="Quay", home="https://example.org/", address="1 Quay", contact="post@example.org")
PERSON = dict.fromkeys(rendering.PERSONAL, "https://example.org/x") | {"first_name": "Mara", "name": "Mara Lind"}
TOPICS = [
    document.Topic(slug="maps", name="Maps"),
    document.Topic(slug="repair", name="Repair"),
    document.Topic(slug="sky", name="Night sky"),
    document.Topic(slug="draft", name="Draft topic", hidden=True),
]
ISSUE = """---
title: Harbour *notes*
subject: Two atlases, {{ first_name | fallback("friend") }}
preheader: And kelp
date: 2026-11-20
---
Hello {{ name }}, see [the atlas][atlas].

## Maps

### [Soundings](https://example.org/soundings)
![A chart](https://example.org/chart.png "The bay")

**What it is:** a survey, see https://example.org/survey.
**Verdict:** 🧭🧭🧭½ (bold)
**Overall rating:** 4/5

Text after it.

### A subsection
Words of it.

## Old kettles {topic=repair}

**What it is:** an untitled thing.

## Short notes

### One {topic=maps}
**A:** about maps

### Two {topic=repair,sky}
**A:** about repair or the sky

### Three
**A:** for all

## Soon {topic=draft}
Hidden words.

## Small print

:::callout title="Take part"
Do it. [How](#maps)
:::

::::columns
:::column title="By day"
Sun.
:::
:::column title="By night"
Moon.
:::
::::

:::button href=https://example.org/go label="Go there"
:::

:::sponsor name="Rope Works" href=https://example.org/rope
Rope by the metre.
:::

:::image src=https://example.org/p.png alt="A pier" caption="The pier" width=300
:::

[atlas]: https://example.org/atlas
"""


def resolved(text: str = ISSUE) -> Resolved:
    return document.resolve(document.parse(text), TOPICS)


RESOLVED = resolved()
COMPILED = composing.compose(RESOLVED, WORDS, LOOK, number="7")


def mail(*chosen: str) -> Filled:
    template = COMPILED.edition(composing.edition(RESOLVED, frozenset(chosen)))
    return fill(template, template.values(PERSON))


def test_a_reader_gets_the_sections_of_their_topics_and_those_for_everybody() -> None:
    for part in (mail("maps").html, mail("maps").text):
        assert "Soundings" in part
        assert "about maps" in part
        assert "Take part" in part
        assert "kettles" not in part
        assert "about repair" not in part
        assert "Hidden words" not in part


def test_no_topic_or_an_unknown_one_leaves_what_goes_to_everybody() -> None:
    assert mail() == mail("unknown")
    assert "for all" in mail().text
    assert "Soundings" not in mail().text


def test_nothing_typed_is_lost_from_the_edition_with_everything() -> None:
    written = mail("maps", "repair", "sky", "draft")
    for words in (
        *("Harbour", "notes", "Mara Lind", "the atlas", "Soundings", "A chart", "The bay", "a survey", "bold"),
        *("Overall rating", "Text after it", "A subsection", "Words of it", "an untitled thing", "about maps"),
        *("about repair or the sky", "for all", "Hidden words", "Take part", "Do it.", "By day", "Sun.", "Moon."),
        *("Go there", "Rope Works", "Rope by the metre", "A pier", "The pier"),
    ):
        assert words in written.html, words
        assert words in " ".join(written.text.split()), words
    for href in ("soundings", "survey", "atlas", "go", "rope"):
        assert f'href="https://example.org/{href}"' in written.html
        assert f"https://example.org/{href}" in written.text


def test_the_words_of_the_head_are_where_they_belong() -> None:
    written = mail("maps")

    assert written.subject == "Two atlases, Mara"
    assert "Harbour <em>notes</em></h1>" in written.html
    assert "No. 7 · Friday 20 November 2026" in written.html
    assert "No. 7, Friday 20 November 2026" in written.text
    assert "And kelp" in written.html


def test_without_a_subject_the_title_is_the_subject_without_its_marks() -> None:
    compiled = composing.compose(resolved("---\ntitle: Harbour *notes*\n---\nHello"), WORDS, LOOK)

    assert compiled.subject == ("Harbour notes",)


def test_ratings_stand_below_the_title_and_are_no_fields() -> None:
    html = mail("maps").html

    assert re.search(r"Soundings</a></h3>\s*<p[^>]*><span[^>]*>🧭🧭🧭½</span>", html)
    assert "Overall rating: 4 out of 5" in html
    assert "Verdict:</b>" not in html


def test_a_label_stands_above_a_heading_only_where_it_says_something() -> None:
    html = mail("maps", "repair").html

    assert re.search(r">Repair</p>\s*<h2[^>]*>Old kettles", html)
    assert not re.search(r">Maps</p>\s*<h2[^>]*>Maps", html)
    assert re.search(r">For every reader</p>\s*<h2[^>]*>Short notes", html)


def test_the_footer_names_the_chosen_topics_and_those_whose_sections_were_left_out() -> None:
    edition = composing.edition(RESOLVED, frozenset(["repair"]))

    assert edition.topics == ("Repair",)
    assert edition.also == ("Maps",)  # the sky's only item is seen already, and nobody is offered a hidden topic


@pytest.mark.parametrize(("chosen", "count"), [((), "1 item"), (("maps",), "2 items"), (("maps", "sky"), "3 items")])
def test_the_contents_count_the_items_that_this_reader_sees(chosen: tuple[str, ...], count: str) -> None:
    assert f"* Short notes ({count})" in mail(*chosen).text


CHOICES = st.frozensets(st.sampled_from([topic.slug for topic in TOPICS]))


@given(CHOICES)
def test_the_join_is_the_edition_compiled_whole(chosen: frozenset[str]) -> None:
    edition = composing.edition(RESOLVED, chosen)
    issue = mail_values.issue_of(RESOLVED, number="7")

    whole = rendering.compiled_whole(issue, WORDS, edition, theme=LOOK)

    joined = COMPILED.edition(edition)
    assert fill(joined, joined.values(PERSON)) == fill(whole, whole.values(PERSON))


@given(CHOICES, CHOICES)
def test_readers_with_one_key_get_one_mail(one: frozenset[str], other: frozenset[str]) -> None:
    keys = [composing.edition_key(RESOLVED, chosen) for chosen in (one, other)]

    if keys[0] == keys[1]:
        assert composing.edition(RESOLVED, one) == composing.edition(RESOLVED, other)


def test_who_has_no_section_gets_no_edition() -> None:
    only_maps = resolved("Hello\n\n## Maps\n\nwords\n")

    assert composing.edition_key(only_maps, frozenset(["repair"])) is None
    assert composing.edition_key(only_maps, frozenset(["maps", "repair"])) == "maps"


def test_an_issue_without_sections_goes_to_everybody() -> None:
    assert composing.edition_key(resolved("Hello\n"), frozenset()) == ""


def test_a_topic_that_nobody_knows_shows_to_nobody() -> None:
    unknown = resolved("Hello\n\n## Secret {topic=nowhere}\n\nhidden words\n\n## All\n\nx\n")
    compiled = composing.compose(unknown, WORDS, LOOK)

    assert not any("hidden words" in str(piece) for chunk in compiled.html for piece in chunk.pieces)
    assert composing.edition(unknown, frozenset(["nowhere"])).keys == ("all",)


def publication(**changed: str) -> Publication:
    made = Publication(slug="q", name="Quay", list_label="q", made_at=datetime(2026, 11, 1, tzinfo=UTC))
    for name, value in changed.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("colour", ["#ffff00", "#000000", "#ffffff", "#767676", "#ff0000", ""])
def test_any_colour_of_a_publication_gives_a_mail_that_can_be_read(colour: str) -> None:
    look = composing.theme_of(publication(accent_light=colour, accent_dark=colour))

    assert theme.check_tokens(look.tokens) == []


def test_a_postal_address_of_several_lines_stands_on_one() -> None:
    about = publication(postal_address="Quay Press,\r\n1 Quay\n\nTown AB1")

    assert composing.words_of(about, "https://example.org/").address == "Quay Press, 1 Quay, Town AB1"


@pytest.mark.parametrize(("locale", "direction"), [("en", "ltr"), ("he", "rtl"), ("ar_EG", "rtl"), ("de-AT", "ltr")])
def test_the_direction_is_that_of_the_language(locale: str, direction: str) -> None:
    words = composing.words_of(publication(locale=locale), "https://example.org/")

    assert (words.lang, words.dir) == (locale.replace("_", "-"), direction)


def test_the_source_of_an_edition_is_mjml() -> None:
    source = composing.mjml(RESOLVED, frozenset(["maps"]), WORDS, LOOK, number="7")

    assert source.lstrip().startswith("<mjml")
    assert "Soundings" in source
    assert "kettles" not in source
