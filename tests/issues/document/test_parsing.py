"""Sections, items, fields and directives: what counts as structure, and what stays text."""

from newsletter.issues.document import Directive, Document, Field, Item, Prose, Section, parse


def codes(document: Document) -> list[str]:
    return [finding.code for finding in document.findings]


def only_item(text: str) -> Item:
    return parse(text).sections[0].items[0]


def test_the_opening_ends_where_the_first_section_begins() -> None:
    document = parse("Hello.\n\n:::contents\n:::\n\n## Kelp\n\nIt grows.\n")

    assert document.opening == (Prose(markdown="Hello."), Directive(name="contents"))  # type: ignore[arg-type]
    assert [section.title for section in document.sections] == ["Kelp"]
    assert document.sections[0].blocks == (Prose(markdown="It grows."),)


def test_the_shallowest_level_makes_sections_and_a_lone_first_one_is_the_title() -> None:
    document = parse("# The week\n\n### Kelp\n\na\n\n#### Deeper\n\nb\n\n### Tides\n\nc\n")

    assert document.title == "The week"
    assert [section.title for section in document.sections] == ["Kelp", "Tides"]
    assert isinstance(document.sections[0].blocks[1], Section)
    assert document.findings == ()


def test_beside_a_title_a_lone_first_level_heading_belongs_to_the_opening() -> None:
    document = parse("---\ntitle: The week\n---\n# Dear all\n\n## Kelp\n\na\n")

    assert document.title == "The week"
    assert document.opening == (Prose(markdown="# Dear all"),)
    assert document.findings == ()


def test_another_heading_in_the_opening_blocks_because_its_text_would_go_to_everybody() -> None:
    document = parse("### Kelp {topic=kelp}\n\na\n\n## Tides\n\nb\n")

    assert [section.title for section in document.sections] == ["Tides"]
    assert [(each.code, each.blocking, each.line) for each in document.findings] == [("heading-in-opening", True, 1)]


def test_a_first_level_heading_behind_a_section_makes_the_levels_mixed() -> None:
    document = parse("## Kelp {topic=kelp}\n\na\n\n# Tides\n\nb\n")

    assert [section.title for section in document.sections] == ["Tides"]
    assert codes(document) == ["heading-in-opening"]


def test_headings_in_code_quotes_lists_and_directives_make_no_sections() -> None:
    inside = ["```\n## a\n```", "> ## b", "- ## c", ":::callout\n## d\n:::", "    ## e"]
    document = parse("## Kelp\n\n" + "\n\n".join(inside) + "\n\n## Tides\n\nx\n")

    assert [section.title for section in document.sections] == ["Kelp", "Tides"]


def test_attributes_stand_at_the_end_of_a_heading() -> None:
    section = parse("## Kelp {#top topic=sea,plants}\n\na\n").sections[0]

    assert (section.title, section.anchor, section.topics) == ("Kelp", "top", ("sea", "plants"))


def test_what_is_no_attribute_stays_text_and_blocks_if_a_topic_was_meant() -> None:
    document = parse("## Kelp {topic=Sea Life}\n\na\n\n## Sets {a, b}\n\nb\n\n## Braces \\{x}\n\nc\n")

    assert [section.title for section in document.sections] == ["Kelp {topic=Sea Life}", "Sets {a, b}", "Braces \\{x}"]
    assert [(each.code, each.blocking) for each in document.findings] == [
        ("attributes-unreadable", True),
        ("attributes-unreadable", False),
    ]


def test_an_item_is_a_heading_whose_first_block_is_fields() -> None:
    item = only_item("## S\n\n### [Forests](https://example.org/f)\n**What it is:** a survey\n**Why**: see *below*\n")

    assert (item.title, item.href) == ("Forests", "https://example.org/f")
    assert item.fields == (Field(label="What it is", value="a survey"), Field(label="Why", value="see *below*"))


def test_one_picture_or_paragraph_may_stand_before_the_fields() -> None:
    picture = only_item("## S\n\n### T\n\n![kelp](https://example.org/k.png)\n\n**A:** x\n\nafter\n")
    directive = only_item("## S\n\n### T\n\n:::image src=k.png alt=kelp\n:::\n\n**A:** x\n")
    two = parse("## S\n\n### T\n\none\n\ntwo\n\n**A:** x\n").sections[0].blocks[0]

    assert picture.image == picture.before[0]
    assert picture.after == (Prose(markdown="after"),)
    assert isinstance(directive.image, Directive)
    assert isinstance(two, Section)


def test_fields_right_below_a_section_make_one_untitled_item() -> None:
    section = parse("## S\n\nIntro.\n\n**A:** x\n\nText.\n\n**B:** y\n").sections[0]

    assert section.blocks[0] == Prose(markdown="Intro.")
    assert [(item.title, item.level) for item in section.items] == [(None, None)]
    assert [field.label for field in section.items[0].fields] == ["A", "B"]
    assert section.items[0].after == (Prose(markdown="Text."),)


def test_a_marked_heading_is_an_untitled_item() -> None:
    section = parse("## S\n\n### {item}\n**A:** x\n\n### {item}\n\nonly text\n").sections[0]

    assert [item.title for item in section.items] == [None, None]


def test_a_section_is_never_an_item_itself() -> None:
    document = parse("## S {item topic=kelp}\n\n**A:** x\n")

    assert document.sections[0].topics == ("kelp",)
    assert codes(document) == ["item-is-section"]


def test_only_indented_blocks_go_on_with_a_field() -> None:
    item = only_item("## S\n\n**A:** x\ngoes on\n**B:** y\n\n  more\n\n  - one\n  - two\n\nthe item's text\n")

    assert item.fields[0].value == "x\ngoes on"
    assert item.fields[1].more == "more\n\n- one\n- two"
    assert item.after == (Prose(markdown="the item's text"),)


def test_a_field_line_in_the_middle_of_a_paragraph_or_with_a_long_label_is_text() -> None:
    section = parse("## S\n\nwords\n**A:** x\n\n**one two three four five six:** x\n\n**B:**\n").sections[0]

    assert section.items == ()


def test_a_line_break_before_the_next_field_is_no_part_of_the_value() -> None:
    fields = only_item("## S\n\n**A:** x  \n**B:** y\\\n**C:** z\n").fields

    assert [field.value for field in fields] == ["x", "y", "z"]


def test_directives_nest_and_keep_their_options() -> None:
    columns = parse(
        ':::columns\n:::column title="By day"\nlight\n:::\n:::column\n:::button href=https://example.org label=Go\n'
        ":::\n:::\n:::\n"
    ).opening[0]

    assert isinstance(columns, Directive)
    first, second = columns.blocks
    assert isinstance(first, Directive)
    assert isinstance(second, Directive)
    assert first.option("title") == "By day"
    assert first.blocks == (Prose(markdown="light"),)
    assert isinstance(second.blocks[0], Directive)
    assert second.blocks[0].option("href") == "https://example.org"


def test_unknown_unreadable_and_unclosed_directives_stay_text_and_block() -> None:
    document = parse(":::calout\nx\n:::\n\n:::callout loud words\ny\n:::\n\n:::callout\nz\n")

    shown = document.opening[0]
    assert isinstance(shown, Prose)
    assert all(line in shown.markdown for line in (":::calout", ":::callout loud words", ":::callout\nz"))
    assert [(each.code, each.blocking, each.line) for each in document.findings] == [
        ("directive-unknown", True, 1),
        ("directive-unreadable", True, 5),
        ("directive-unclosed", True, 9),
    ]
    assert "callout" in document.findings[0].mend


def test_a_fence_in_code_opens_nothing() -> None:
    document = parse(":::callout\n```\n:::button\n```\n:::\n\n    :::button\n")

    assert isinstance(document.opening[0], Directive)
    assert document.findings == ()


def test_a_button_without_address_and_a_picture_without_words_are_found() -> None:
    document = parse(":::button label=Go\n:::\n\n:::image src=x.png\n:::\n\n:::callout topic=kelp\n:::\n")

    assert codes(document) == ["directive-without-href", "image-without-alt", "directive-topic"]


def test_a_heading_with_a_topic_inside_a_directive_blocks() -> None:
    document = parse(":::callout\na\n\n## Kelp {topic=kelp}\n\nb\n:::\n")

    assert codes(document) == ["heading-in-directive"]


def test_code_that_is_never_closed_blocks_because_it_swallows_sections() -> None:
    document = parse("## S\n\n```\ncode\n\n## T\n")

    assert len(document.sections) == 1
    assert [(each.code, each.blocking, each.line) for each in document.findings] == [("code-unclosed", True, 3)]


def test_placeholders_are_checked_wherever_words_stand() -> None:
    document = parse(
        '---\nsubject: Hi {{ name | fallback("you") }}\n---\n{{ nmae }}\n\n## {{ first_name }}\n\n{{ name\n'
    )

    assert [(each.code, each.line) for each in document.findings] == [
        ("placeholder-unknown", 4),
        ("placeholder-malformed", 8),
    ]
    assert "{{ name }}" in document.findings[0].mend


def test_link_definitions_are_known_wherever_they_stand() -> None:
    document = parse("## S\n\n[see][k]\n\n[k]: https://example.org/k 'Kelp'\n")

    assert [(each.label, each.href, each.title) for each in document.references] == [
        ("K", "https://example.org/k", "Kelp")
    ]


def test_nodes_know_their_lines() -> None:
    section = parse("---\ntitle: T\n---\nHi\n\n## S\n\n### I\n**A:** x\nmore\n\nend\n").sections[0]

    assert section.lines == (6, 12)
    assert section.items[0].lines == (8, 12)
    assert section.items[0].fields[0].lines == (9, 10)


def test_findings_of_one_kind_are_not_listed_without_end() -> None:
    document = parse("{{ x }}\n\n" * 80)

    assert len(document.findings) == 51
    assert "30 more" in document.findings[-1].message
