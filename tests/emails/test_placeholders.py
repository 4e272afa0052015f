"""What editors may leave open for a person, and that nothing else they type is ever run."""

import html
import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emails import marks, placeholders, plain_words, words
from emails.filling import Pieces, Place, Slot, Template, fill
from emails.plain import Links

PAYLOADS = (Path(__file__).parent / "payloads.txt").read_text("utf-8").splitlines()
TRICKY = st.text(alphabet=st.sampled_from(list('{}|"“”\\ \tnamefirst_name()fallback%$#<>*`[]é\ufdd0\ufdd3\u2028\n')))


def shown(fragment: str) -> str:
    """The letters that a reader of this HTML sees."""
    return html.unescape(re.sub(r"<[^>]+>", "", fragment)).strip()


def slots(pieces: Pieces) -> list[Slot]:
    return [piece for piece in pieces if isinstance(piece, Slot)]


@pytest.mark.parametrize(
    ("typed", "slot"),
    [
        ("{{ name }}", Slot("name", Place.HEADER)),
        ("{{name}}", Slot("name", Place.HEADER)),
        ('{{ first_name | fallback("dear reader") }}', Slot("first_name", Place.HEADER, "dear reader")),
        ("{{first_name|fallback(“friend”)}}", Slot("first_name", Place.HEADER, "friend")),
    ],
)
def test_a_placeholder_of_our_grammar_becomes_a_gap(typed: str, slot: Slot) -> None:
    assert placeholders.pieces(f"Hello {typed}!", Place.HEADER) == ("Hello ", slot, "!")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t_tpl_2_what_other_template_languages_would_run_comes_out_in_its_letters(payload: str) -> None:
    assert shown(words.page(payload)) == payload
    assert shown(words.for_everybody(words.inline(payload))) == payload
    assert " ".join(plain_words.blocks(payload, Links())) == payload
    assert placeholders.pieces(payload, Place.HEADER) == (payload,)


def test_t_tpl_2_there_are_two_hundred_payloads_at_least() -> None:
    assert len(set(PAYLOADS)) >= 200


@given(TRICKY)
@settings(max_examples=300, deadline=None)
@example("{{" * 4000)
@example('{{ name | fallback("' + "x" * 5000)
@example("<%" * 5000)
def test_t_tpl_1_any_text_gives_its_own_letters_and_known_gaps_and_never_an_error(typed: str) -> None:
    pieces = placeholders.pieces(typed, Place.HEADER)

    assert {slot.name for slot in slots(pieces)} <= set(placeholders.NAMES)
    rest = "".join(piece for piece in pieces if isinstance(piece, str))
    assert not marks.has_marks(rest)
    if not slots(pieces):
        assert rest == marks.one_line(typed)
    words.page(typed)
    plain_words.blocks(typed, Links())


@pytest.mark.parametrize("hostile", ["{{" * 20_000, "{{ name |" * 4_000, "<%" * 20_000, "{a." * 14_000, "%(" * 20_000])
def test_t_tpl_1_hostile_braces_cost_no_time(hostile: str) -> None:
    began = time.perf_counter()

    placeholders.mark(hostile)

    assert time.perf_counter() - began < 1.0


def test_what_was_typed_is_code_where_it_stands_in_code() -> None:
    fragment = words.page('`{{ name | fallback("x") }}` and\n\n    {{name}} ${x}\n')

    assert '<code>{{ name | fallback("x") }}</code>' in fragment
    assert "{{name}} ${x}" in fragment


def test_a_backslash_keeps_a_placeholder_from_being_one() -> None:
    assert shown(words.page(r"\{{ name }}")) == "{{ name }}"


@pytest.mark.parametrize("name", ["<b>Mara</b>", '"><script>x</script>', "[a](https://example.net)", "**M**", "M&M's"])
def test_a_name_is_never_markup(name: str) -> None:
    text = "Hello {{ name }}, [see](https://example.org/?who={{ name }}#x)"
    template = Template(
        subject=placeholders.pieces("For {{ name }}", Place.HEADER),
        html=marks.template(words.blocks(text)),
        text=marks.template("\n".join(plain_words.blocks(text, Links()))),
    )

    filled = fill(template, template.values({"name": name}))

    assert shown(filled.html) == f"Hello {name}, see"
    assert filled.html.count("<") == words.blocks(text).count("<")
    assert re.findall(r'href="([^"]*)"', filled.html) == [f"https://example.org/?who={quote(name, safe='')}#x"]
    assert filled.subject == f"For {name}"
    assert filled.text.startswith(f"Hello {name}, see")


def test_a_line_break_in_a_name_adds_no_header_and_no_line() -> None:
    template = Template(subject=placeholders.pieces("Hi {{ name }}", Place.HEADER), html=(), text=())

    subject = fill(template, template.values({"name": "M\r\nBcc: x@example.net\u2028y\x00"})).subject

    assert subject == "Hi M Bcc: x@example.net y "


def test_a_person_does_not_choose_the_host_of_a_link() -> None:
    assert "<a" not in words.blocks("[x](https://{{ name }}/path) [y](https://a.{{name}}) [z]({{name}})")
    assert "<a" in words.blocks("[x](https://example.org/{{ name }})")
