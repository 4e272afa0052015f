"""Who sees what: every rule here is about not sending a text to more people than it was written for."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.document import (
    Field,
    Item,
    Prose,
    Resolved,
    Section,
    Topic,
    everything,
    outline,
    parse,
    resolve,
    topics_present,
    visible,
)

TOPICS = [
    Topic(slug="sea", name="Sea life", aliases=("Ocean",)),
    Topic(slug="maps", name="Harbour charts"),
    Topic(slug="tea", name="Tea", hidden=True),
]


def resolved(text: str, topics: Sequence[Topic] = TOPICS) -> Resolved:
    return resolve(parse(text), topics)


def titles(text: str, *chosen: str) -> list[str]:
    return [each.section.title for each in visible(resolved(text), frozenset(chosen))]


def codes(found: Resolved) -> list[tuple[str, bool]]:
    return [(finding.code, finding.blocking) for finding in found.findings]


def test_each_reader_gets_the_sections_of_their_topics_and_those_without_one() -> None:
    text = "## Kelp {topic=sea}\n\na\n\n## Chart {topic=maps}\n\nb\n\n## Both {topic=sea,maps}\n\nc\n\n## Print\n\nd\n"

    assert titles(text, "sea") == ["Kelp", "Both", "Print"]
    assert titles(text, "maps") == ["Chart", "Both", "Print"]
    assert titles(text) == ["Print"]


def test_a_heading_that_is_a_topics_name_or_alias_has_that_topic() -> None:
    text = "## HARBOUR  CHARTS\n\na\n\n## ocean\n\nb\n"

    assert [each.topics for each in resolved(text).sections] == [("maps",), ("sea",)]
    assert all(each.named for each in resolved(text).sections)


def test_names_are_compared_in_one_unicode_form() -> None:
    found = resolved("## Cafe\u0301\n\na\n", [Topic(slug="cafe", name="CAF\u00c9")])

    assert found.sections[0].topics == ("cafe",)


def test_a_subsection_is_not_matched_by_its_name() -> None:
    text = "## Print\n\n### Tea\n\nfor everybody\n"

    assert titles(text) == ["Print"]


def test_a_subsection_and_an_item_show_only_if_all_around_them_shows_too() -> None:
    text = "## Kelp {topic=sea}\n\nintro\n\n### Deep {topic=maps}\n\nx\n\n### I {topic=maps}\n**A:** y\n"
    (sea,) = visible(resolved(text), frozenset({"sea"}))
    (both,) = visible(resolved(text), frozenset({"sea", "maps"}))

    assert titles(text, "maps") == []
    assert sea.section.blocks == (Prose(markdown="intro"),)
    assert [type(block) for block in both.section.blocks] == [Prose, Section, Item]


def test_a_parent_without_text_of_its_own_hides_with_its_children() -> None:
    text = "## Print\n\n### Deep {topic=maps}\n\nx\n"

    assert titles(text, "sea") == []
    assert titles(text, "maps") == ["Print"]


def test_an_unknown_topic_shows_to_nobody_and_blocks() -> None:
    found = resolved("## Kelp {topic=see}\n\na\n")

    assert visible(found, frozenset({"sea", "see"})) == ()
    assert everything(found) == ()
    assert codes(found) == [("topic-unknown", True)]
    assert "topic=sea" in found.findings[0].mend


def test_a_section_without_a_topic_is_advice_that_names_the_nearest() -> None:
    found = resolved("## Harbour chart\n\na\n")

    assert codes(found) == [("topic-none", False)]
    assert "Harbour charts" in found.findings[0].mend


def test_a_name_of_two_topics_blocks() -> None:
    found = resolved("## Tea\n\na\n", [Topic(slug="a", name="Tea"), Topic(slug="b", name="tea")])

    assert codes(found) == [("topic-ambiguous", True)]


def test_an_empty_section_is_found_and_does_not_show() -> None:
    found = resolved("## Tea\n\n## Ocean\n\nx\n")

    assert codes(found) == [("section-empty", False)]
    assert [each.section.title for each in everything(found)] == ["Ocean"]


def test_ids_are_stable_and_unique() -> None:
    found = resolved("## Tea\n\na\n\n## Tea\n\nb\n\n## Чай {#brew}\n\nc\n\n## Чай\n\nd\n\n## 茶\n\ne\n")

    assert [each.id for each in found.sections] == ["tea", "tea-2", "brew", "chai", "section"]


def test_only_topics_that_decide_something_are_present() -> None:
    text = "## A {topic=maps}\n\n### B {topic=sea,nope}\n\nx\n"

    assert topics_present(resolved(text)) == ("sea", "maps")


def test_the_outline_is_plain_and_untitled_items_have_no_title() -> None:
    document = parse(
        "# *The* week\n\n## Tea\n\n**What it is:** a [leaf](https://example.org)\n**Verdict:** 🍵🍵½ (hot)\n"
    )

    assert outline(document, resolve(document, TOPICS)) == {
        "title": "The week",
        "sections": [
            {
                "title": "Tea",
                "topic": "tea",
                "items": [
                    {
                        "title": None,
                        "fields": [
                            {"label": "What it is", "text": "a leaf"},
                            {"label": "Verdict", "text": "🍵🍵½ (hot)"},
                        ],
                        "rating": {"label": "Verdict", "symbol": "🍵", "value": 2.5, "of": None, "note": "hot"},
                    }
                ],
            }
        ],
        "findings": [],
    }


SLUGS = ["sea", "maps", "tea", "nope"]
marks = st.one_of(st.none(), st.lists(st.sampled_from(SLUGS), min_size=1, max_size=2))


@st.composite
def texts(draw: st.DrawFn) -> str:
    lines = []
    for number in range(draw(st.integers(1, 8))):
        level = "##" if number == 0 else draw(st.sampled_from(["##", "###", "####"]))
        topics = draw(marks)
        lines.append(f"{level} H{number}" + (" {topic=" + ",".join(topics) + "}" if topics else ""))
        lines.append(draw(st.sampled_from(["", f"words{number}", f"**A:** words{number}"])))
    return "\n\n".join(lines)


def needs(node: Item | Section, above: tuple[frozenset[str], ...] = ()) -> dict[str, tuple[frozenset[str], ...]]:
    """For each text in a section, the sets of topics of which a reader must have chosen one."""
    here = (*above, frozenset(node.topics)) if node.topics else above
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for block in node.blocks:
        if isinstance(block, Item | Section):
            found |= needs(block, here)
        elif isinstance(block, Prose):
            found[block.markdown] = here
        elif isinstance(block, Field):
            found[block.value] = here
    return found


@given(texts(), st.frozensets(st.sampled_from(SLUGS)))
def test_a_text_is_seen_by_exactly_those_who_chose_for_it_and_all_around_it(text: str, chosen: frozenset[str]) -> None:
    found = resolved(text)
    seen = {words for each in visible(found, chosen) for words in needs(each.section)}
    known = chosen - {"nope"}
    rules = {words: rule for section in found.document.sections for words, rule in needs(section).items()}

    assert seen == {words for words, rule in rules.items() if all(known & topics for topics in rule)}
