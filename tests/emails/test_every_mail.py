"""What every mail has, and what none may have: for readers, for their machines, and against what is typed."""

import html
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from emails import samples
from emails.filling import Filled, fill
from emails.rendering import compile_issue
from emails.values import (
    Button,
    Callout,
    Image,
    Item,
    Prose,
)
from tests.emails.making import HEAD, LOOK, PUBLICATION, issue, mail, section


class Page(HTMLParser):
    """Collects what a test asks about: start tags with their attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.tags if name == tag)


@pytest.fixture(scope="module")
def sample_mail() -> Filled:
    sample = samples.sample_issue()
    template = compile_issue(sample.issue, sample.publication, theme=LOOK).edition(sample.edition)
    return fill(template, template.values(sample.person))


def test_headings_nest_and_no_level_is_skipped(sample_mail: Filled) -> None:
    levels = [int(tag[1]) for tag, _ in Page(sample_mail.html).tags if re.fullmatch(r"h\d", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_mail_can_be_read_by_everybody(sample_mail: Filled) -> None:
    page = Page(sample_mail.html)

    assert next(page.all("html"))["lang"] == "en"
    assert next(page.all("html"))["dir"] == "ltr"
    assert [each["aria-label"] for _, each in page.tags if each.get("role") == "article"] != [None]
    assert all("alt" in each for each in page.all("img"))
    assert all(each.get("role") == "presentation" or "g" in (each.get("class") or "g") for each in page.all("table"))
    assert {each.get("scope") for each in page.all("th")} == {"col"}
    assert '<span role="img" aria-label="Rating:">' in sample_mail.html


def test_a_mail_fetches_nothing_but_the_pictures_that_the_editor_put_in(sample_mail: Filled) -> None:
    page = Page(sample_mail.html)

    assert [each["src"] for each in page.all("img")] == ["https://signal.example.org/media/loaf.png"]
    assert not list(page.all("link"))
    assert not list(page.all("script"))
    assert "url(" not in sample_mail.html
    assert "@import" not in sample_mail.html


def test_g13_nothing_is_hidden_but_the_preheader(sample_mail: Filled) -> None:
    assert sample_mail.html.count("display:none") == 1
    assert "visibility:hidden" not in sample_mail.html
    hidden = re.search(r'<div style="display:none[^>]*>([^<]*)</div>', sample_mail.html)
    assert hidden is not None
    assert re.sub("[\u2007\u034f]", "", hidden[1]).strip() == (
        "A telephone line that hears earthquakes, and bread that keeps its own diary."
    )


def test_dark_is_there_on_all_three_roads(sample_mail: Filled) -> None:
    assert "prefers-color-scheme:dark" in sample_mail.html
    assert "[data-ogsc]" in sample_mail.html
    assert '<meta name="color-scheme" content="light dark">' in sample_mail.html
    assert "#000" not in re.sub("#000000;?", "", sample_mail.html)


def test_the_text_is_a_work_of_its_own(sample_mail: Filled) -> None:
    text = sample_mail.text

    too_long = [line for line in text.split("\n") if len(line) > 72 and "https://" not in line]
    assert too_long == []
    assert "<" not in text
    assert "* A dead telephone cable hears earthquakes\u00a0[2]\n  Rating: 📡📡📡📡½ 4.5 out of 5 (half a point" in text
    assert "  [Picture: Line chart:" in text
    order = [text.index(words) for words in ("Good morning, Mara", "In your edition", "Kitchen\n---", "Sent to mara")]
    assert order == sorted(order)


def test_from_right_to_left_the_mail_mirrors() -> None:
    mirrored = mail(issue(section("a"), section("b")), publication=replace(PUBLICATION, lang="he", dir="rtl")).html

    assert '<html lang="he" dir="rtl"' in mirrored
    assert "direction:rtl" in mirrored
    assert "direction:ltr" not in mirrored
    assert "text-align:right;color:" in mirrored
    assert "text-align:left;color:" not in mirrored


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "x", "data:text/html,x", "", 'https://example.org/" onclick="x']
)
def test_no_option_of_a_part_breaks_out(href: str) -> None:
    hostile = section(
        "a",
        Button(label='"><b>', href=href),
        Image(src=href, alt='"><b>', href=href),
        Item(title='"><b>', href=href),
        Callout(title='"><b>', parts=(Prose(markdown='"><b>'),)),
    )
    tags = Page(mail(issue(hostile)).html).tags

    assert not [each for _, each in tags if any(name.startswith("on") for name in each)]
    assert not [each for tag, each in tags if tag == "b" and not each]
    assert not [each for _, each in tags if (each.get("href") or "").startswith(("javascript", "data"))]


def test_letters_that_mean_something_to_the_steps_come_out_as_typed() -> None:
    words = "a\\b <!--@+x--> <mj-raw> {{ x }} {% y %} ]]> \ufdd0\ufdd3 &lt; é 👩‍💻"

    written = mail(issue(section("a", Prose(markdown=words.replace("\\", "\\\\").replace("&", "\\&")))))

    seen = words.replace("\ufdd0\ufdd3", "")
    assert seen in html.unescape(written.html)
    assert " ".join(seen.split()) in " ".join(written.text.split())


@pytest.mark.parametrize(
    "typed", ["<!--@+b-->", "<!--@-->", "<!--verbatim-->", "<!--[if lte mso 11]>", "</td></tr></table>"]
)
def test_no_attribute_can_look_like_a_marker_of_ours(typed: str) -> None:
    """Attributes are decoded on the way: what is escaped when it goes in must be escaped when it comes out."""
    picture = Image(src="https://example.org/x.png", alt=typed)

    written = mail(issue(section("a", picture, Prose(markdown="After all.")), section("b")))

    assert "After all." in written.html
    assert typed in [each["alt"] for each in Page(written.html).all("img")]


@pytest.mark.parametrize("typed", [' class="nowhere" ', ' style="a : b" ', ">   <p", "</p>", "  two  spaces  "])
def test_code_comes_out_to_the_letter(typed: str) -> None:
    written = mail(issue(section("a", Prose(markdown=f"```\n|{typed}|\n```\n\n`|{typed}|`"))))

    assert html.unescape(written.html).count(f"|{typed}|") == 2
    assert f"    |{typed}|\n" in written.text


def test_t_tpl_4_a_secret_in_the_environment_is_in_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_SECRET", "c4n4ry-8d1f")
    tries = '{{ env("CANARY_SECRET") }} ${env:CANARY_SECRET} {{ config }} %CANARY_SECRET% $CANARY_SECRET <%= ENV %>'

    hostile = replace(issue(section("a", Prose(markdown=tries))), head=replace(HEAD, title=tries, subject=tries))

    assert os.environ["CANARY_SECRET"] not in "".join((mail(hostile).html, mail(hostile).text, mail(hostile).subject))
