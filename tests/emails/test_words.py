"""Markdown as it reaches a mail and the archive: safe, styled by classes, and the same as plain text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emails import plain_words, reading, words
from emails.plain import Links
from emails.words import Setting

PIECES = """
# |> |- |1. |```\n|    |**|_|~~|[x](https://example.org)|![a](https://example.org/p.png "t")|<script>|<svg/onload=x>
&lt;|&amp;|{{ name }}|\n|\n\n|javascript:|`|\\|---\n|word|é|<b>|]]>|<!--|-->|[a]: https://example.net\n|[a]
""".strip().replace("\n&lt;", "|&lt;")
MARKDOWN = st.lists(st.sampled_from([*PIECES.split("|"), "| a | b |\n|--|--|\n"]), max_size=25).map("".join)


def text_of(source: str) -> tuple[str, Links]:
    links = Links()
    return "\n".join(plain_words.blocks(source, links)), links


@given(MARKDOWN)
@example("<img src=x onerror=alert(1)>")
@example("<math><mtext></form><form><mglyph><style></math><img src onerror=x>")
@example("```\n<b>&amp;\n```")
def test_t_xss_3_cleaning_is_the_last_step_and_doing_it_twice_changes_nothing(source: str) -> None:
    written = words.blocks(source)

    assert words.safe(written) == written
    assert "<script" not in written
    assert "<svg" not in written


BAD_ADDRESSES = (
    *("javascript:alert(1)", "JaVaScRiPt:x", "java\nscript:x", "\x01javascript:x", "vbscript:x", "data:text/html,x"),
    *("file:///etc/passwd", "//example.net/x", "/relative", "https:", "ftp://example.org/", "blob:x", "cid:x"),
)


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_mail_links_only_to_the_web_to_mail_and_to_telephones(address: str) -> None:
    assert "href" not in words.blocks(f"[x]({address}) [y](<{address}>)")
    assert reading.address(address) == ""


@pytest.mark.parametrize(
    "address", ["https://example.org/a?b=c#d", "mailto:a@example.org", "tel:+491234", "http://example.org"]
)
def test_links_that_people_use_stay(address: str) -> None:
    assert f'<a href="{address}">x</a>' in words.blocks(f"[x]({address})")


def test_an_anchor_leads_to_the_page_of_the_issue() -> None:
    assert 'href="https://example.org/v/1#maps"' in words.blocks(
        "[x](#maps)", Setting(anchors="https://example.org/v/1")
    )
    assert 'href="#maps"' in words.page("[x](#maps)")


def test_html_is_text() -> None:
    assert words.blocks('<b>x</b> <mj-include path="/etc/passwd" />') == (
        '<p class="f">&lt;b&gt;x&lt;/b&gt; &lt;mj-include path="/etc/passwd" /&gt;</p>\n'
    )


def test_bare_addresses_become_links_without_the_sentence_around_them() -> None:
    written = words.blocks("See https://example.org/a_(b), and (https://example.net).")

    assert written.count("<a ") == 2
    assert '<a href="https://example.org/a_(b)">https://example.org/a_(b)</a>,' in written
    assert '(<a href="https://example.net">https://example.net</a>).' in written


def test_headings_begin_at_the_level_asked_for_and_keep_their_order() -> None:
    written = words.blocks("# a\n\n## b\n\n#### c\n", level=3)

    assert '<h3 class="j">a</h3>' in written
    assert '<h4 class="j">b</h4>' in written
    assert '<h6 class="j">c</h6>' in written


def test_a_label_runs_in_before_the_first_words() -> None:
    assert words.blocks("one\n\ntwo", lead="<b>L:</b>").startswith('<p class="f"><b>L:</b> one</p>')
    assert words.blocks("- one", lead="<b>L:</b>").startswith('<p class="f"><b>L:</b></p>')


def test_a_quotation_is_in_italics_and_its_source_is_not() -> None:
    written = words.blocks("> one\n>\n> — Ansa\n")

    assert '<blockquote class="q"><p><i>one</i></p>' in written
    assert '<p class="e s">— Ansa</p>' in written


def test_a_link_definition_may_stand_elsewhere() -> None:
    setting = Setting(definitions='[ref]: <https://example.org/r> "T"')

    assert 'href="https://example.org/r"' in words.blocks("[ref]", setting)
    assert 'href="https://example.org/r"' in words.inline("[ref]", setting)
    assert "href" not in words.blocks("[ref]")


def test_plain_text_numbers_links_and_lists_each_address_once() -> None:
    text, links = text_of("[a](https://example.org/a), [b](https://example.org/b), [c](https://example.org/a)")

    assert links.addresses == ["https://example.org/a", "https://example.org/b"]
    assert text.count("\ufdd2") == 3


def test_plain_text_keeps_the_shape_of_lists_quotes_code_and_tables() -> None:
    text, _ = text_of(
        "A *word*.\n\n- one\n- two\n\n3. three\n\n> said\n>\n> — me\n\n"
        "```\nx = 1\n    y\n```\n\n| a | b |\n|---|--:|\n| 1 | 22 |\n"
    )

    assert text.split("\n\n") == [
        "A word.",
        "- one\n- two",
        "3. three",
        "  | said\n  |\n  | — me",
        "    x = 1\n        y",
        "a  b\n-  --\n1  22",
    ]


def test_plain_text_of_a_picture_is_what_it_says() -> None:
    assert text_of("![A map](https://example.org/m.png)")[0] == "[Picture: A map]"
    assert text_of("![](https://example.org/m.png)")[0] == ""


def test_a_wide_table_becomes_lines_with_their_headings() -> None:
    long = "word " * 20
    text, _ = text_of(f"| a | b |\n|---|---|\n| {long} | 1 |\n| x | 2 |\n")

    assert text.startswith("a: word word")
    assert max(len(line) for line in text.split("\n")) <= 72
    assert "\nb: 1\n\na: x\nb: 2" in text


@given(MARKDOWN)
def test_any_markdown_has_a_plain_text(source: str) -> None:
    text, _ = text_of(source)

    assert all(line == line.rstrip(" ") for line in text.split("\n"))


def test_a_picture_by_itself_is_known() -> None:
    found = reading.picture('[![A map](https://example.org/m.png "By night")](https://example.org/map)')

    assert found == reading.Picture(
        src="https://example.org/m.png", alt="A map", title="By night", href="https://example.org/map"
    )
    assert reading.picture("![A map](https://example.org/m.png) and more") is None
