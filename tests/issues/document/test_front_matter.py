"""Front matter: strings only, one fault spoils nothing else, nothing is dropped."""

from datetime import date

import pytest

from newsletter.issues.document import Document, FrontMatter, Visibility, parse, write


def front(text: str) -> FrontMatter:
    read = parse(text).front
    assert read is not None
    return read


def codes(document: Document) -> list[str]:
    return [finding.code for finding in document.findings]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("title: no", "no"),
        ("title: Maps: a week", "Maps: a week"),
        ("title: Issue #3", "Issue #3"),
        ("title: Words   # a comment", "Words"),
        ('title: "quoted: \\"yes\\""', 'quoted: "yes"'),
        ("title: 'it''s'", "it's"),
        ("title: [a, b", "[a, b"),
        ("title: *starred*", "*starred*"),
        ("title: one\n  two", "one two"),
        ("title: >\n  one\n  two", "one two"),
        ('title: "never closed', '"never closed'),
        ("TITLE : Shouted", "Shouted"),
        ("title:", ""),
    ],
)
def test_a_value_is_read_as_a_string(typed: str, read: str) -> None:
    assert front(f"---\n{typed}\n---\nx").title == read


def test_known_keys_count_without_fences() -> None:
    document = parse("Title: The week\nDate: 2026-11-20\n\nHello\n")

    assert (document.title, document.date) == ("The week", date(2026, 11, 20))
    assert len(document.opening) == 1


def test_unknown_keys_and_comments_are_kept_and_written_again() -> None:
    text = "---\n# for the desk\ntitle: T\nmood:\n  - calm\n---\n"

    assert front(text).kept == ("# for the desk", "mood:", "  - calm")
    assert all(line in write(parse(text)) for line in ("# for the desk", "mood:\n  - calm"))


def test_a_line_that_is_no_key_blocks_because_nobody_would_see_it() -> None:
    document = parse("---\ntitle: T\njust words\n---\n")

    assert [(each.code, each.blocking, each.line) for each in document.findings] == [("front-matter-line", True, 3)]


def test_of_a_key_that_stands_twice_the_last_one_counts() -> None:
    document = parse("---\ntitle: A\ntitle: B\n---\n")

    assert document.title == "B"
    assert codes(document) == ["front-matter-twice"]


def test_front_matter_that_never_ends_stays_text_and_blocks() -> None:
    document = parse("---\ntitle: T\n\nHello\n\n## S\n\nx\n")

    assert document.front is None
    assert len(document.sections) == 1
    assert [(each.code, each.blocking, each.line) for each in document.findings] == [("front-matter-unclosed", True, 1)]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    document = parse("---\n\nHello\n\n---\n")

    assert document.front is None
    assert document.findings == ()


def test_values_that_cannot_be_read_are_found() -> None:
    document = parse("---\ndate: tomorrow\nscale: 50\nvisibility: secret\nslug: Ä b\nlang: !!\n---\n")

    assert (document.date, document.scale, document.visibility) == (None, None, Visibility.PUBLIC)
    assert set(codes(document)) == {f"front-matter-{key}" for key in ("date", "scale", "visibility", "slug", "lang")}


def test_the_subject_is_the_title_unless_it_is_given() -> None:
    assert parse("# T\n").subject == "T"
    assert parse("---\ntitle: T\nsubject: S\n---\n").subject == "S"
