"""MJML to HTML: what may go in, and what may not come out."""

import re

import pytest

from emails.compiling import DEEPEST, LARGEST, TooLarge, check_size, compile_mjml


def compiled(inside: str, css: str = "") -> str:
    body = (
        f'<mj-body css-class="m"><mj-section><mj-column><mj-text>{inside}</mj-text></mj-column></mj-section></mj-body>'
    )
    return compile_mjml(f"<mjml>{body}</mjml>", css)


@pytest.mark.parametrize(
    "deep", ["<div>" * 20_000, "<mj-section>" * 20_000, "<b>" * (DEEPEST + 1) + "x" + "</b>" * (DEEPEST + 1)]
)
def test_nesting_that_would_end_the_process_is_refused_before(deep: str) -> None:
    with pytest.raises(TooLarge, match="elements inside each other"):
        check_size(deep)


def test_a_source_that_is_too_long_is_refused_in_words() -> None:
    with pytest.raises(TooLarge, match=r"is 5\d\d KB .*; 512 KB are possible. Make the issue shorter"):
        check_size("x" * (LARGEST + 1))


@pytest.mark.parametrize("words", ["é", "👩‍💻", "e\u0301", "a\\b", "«»", "नमस्ते", "\u00ad", "a\u200fb"])
def test_attributes_keep_every_letter(words: str) -> None:
    assert f'title="{words}"' in compiled(f'<p title="{words}">{words}</p>')


def test_rules_go_into_style_attributes_and_code_keeps_its_space() -> None:
    page = compiled('<p class="f">x</p><pre>a\n   b\n</pre>', ".f{margin:10px 0 0}")

    assert '<p style="margin:10px 0 0">x</p>' in page
    assert "<pre>a\n   b\n</pre>" in page


def test_nothing_is_fetched_from_anywhere() -> None:
    page = compiled('<link rel="stylesheet" href="https://example.net/x.css">x')

    assert re.findall(r"https?://[\w./]+", page.replace("http://www.w3.org/1999/xhtml", "")) == [
        "https://example.net/x.css"
    ]


def test_neighbouring_conditionals_are_one() -> None:
    page = compiled("x")

    assert not re.search(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>", page)
    assert page.count("<!--[if") == page.count("<![endif]")
