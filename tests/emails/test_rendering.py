"""Issues as mails: the join of blocks, what every mail has, and what none may have."""

import html
import itertools
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emails import marks, samples, theme
from emails.editions import CompiledIssue
from emails.filling import Filled, Template, fill
from emails.rendering import PERSONAL, compile_issue, compiled_whole, edition_mjml
from emails.values import (
    Button,
    Callout,
    Contents,
    Edition,
    Field,
    Image,
    Issue,
    IssueHead,
    Item,
    Only,
    Part,
    Prose,
    Publication,
    Rating,
    Section,
    Subheading,
    count_key,
)

LOOK = theme.load()
PUBLICATION = Publication(
    name="Quay & Sons", home="https://example.org/", address="1 Quay, Town", contact="post@example.org"
)
PERSON = {
    "name": "Mara Lind",
    "first_name": "Mara",
    "address": "mara@example.org",
    "browser_url": "https://example.org/v/b",
    "preferences_url": "https://example.org/p/p",
    "unsubscribe_url": "https://example.org/u/u",
}
HEAD = IssueHead(title="Title", subject="Subject", preheader="Before", date="Friday 6 November 2026", number="3")


def item(title: str = "An item", *parts: Part) -> Item:
    rating = Rating(label="Rating", symbol="🧭", value=3.5, of=5, note="nearly")
    fields = (Field(label="What", markdown="A [thing](https://example.org/thing)."), *parts)
    return Item(title=title, href="https://example.org/item", ratings=(rating,), parts=fields)


def section(key: str, *parts: Part, label: str = "") -> Section:
    return Section(key=key, id=key, title=f"About {key}", label=label, parts=parts or (item(),))


def issue(*sections: Section, opening: tuple[Part, ...] = (Prose(markdown="Hello {{ first_name }}."),)) -> Issue:
    return Issue(head=HEAD, opening=opening, sections=sections)


def mail(of: Issue, edition: Edition | None = None, publication: Publication = PUBLICATION) -> Filled:
    keys = tuple(each.key for each in of.sections)
    template = compile_issue(of, publication, theme=LOOK).edition(edition or Edition(keys=keys, topics=("Maps",)))
    return fill(template, template.values(PERSON))


def filled(template: Template) -> Filled:
    return fill(template, template.values(PERSON))


SEVERAL = issue(
    section("a", item("One"), item("Two"), Prose(markdown="Then [more](https://example.org/more).")),
    section("b", Prose(markdown="Words."), label="Topic b"),
    section("c", Only(key="c~1", part=item("First")), item("Second"), Only(key="c~2", part=item("Third"))),
    section("d", Button(label="Go", href="https://example.org/go"), Subheading(title="Sub"), item()),
)
KEYS = ["a", "b", "c", "d"]
NAMES = st.lists(st.sampled_from(["Maps", "Repair & Co", "Night <sky>", "Küche"]), unique=True).map(tuple)


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    keys = sorted(draw(st.sets(st.sampled_from(KEYS))))
    if "c" in keys:
        inner = draw(st.sets(st.sampled_from(["c~1", "c~2"])))
        keys += [*sorted(inner), count_key("c", 1 + len(inner))]
    return Edition(keys=tuple(keys), topics=draw(NAMES), also=draw(NAMES))


COMPILED = compile_issue(SEVERAL, PUBLICATION, theme=LOOK)


@given(editions())
def test_the_join_of_the_blocks_is_the_edition_compiled_whole_to_the_letter(edition: Edition) -> None:
    assert filled(COMPILED.edition(edition)) == filled(compiled_whole(SEVERAL, PUBLICATION, edition, theme=LOOK))


def test_the_join_is_the_whole_wherever_the_contents_stand() -> None:
    moved = issue(section("a", Prose(markdown="x"), Contents(), item()), section("b"), opening=(Prose(markdown="o"),))
    compiled = compile_issue(moved, PUBLICATION, theme=LOOK)

    for count in range(3):
        for keys in itertools.combinations(["a", "b"], count):
            edition = Edition(keys=keys, topics=("Maps",))
            whole = compiled_whole(moved, PUBLICATION, edition, theme=LOOK)
            assert filled(compiled.edition(edition)) == filled(whole)
            assert ("In your edition" in filled(whole).html) is ("a" in keys)


@given(editions())
def test_a_compiled_issue_can_be_kept_as_json(edition: Edition) -> None:
    kept = CompiledIssue.from_json(json.loads(json.dumps(COMPILED.to_json())))

    assert kept == COMPILED
    assert kept.edition(edition) == COMPILED.edition(edition)


def test_a_block_that_the_issue_does_not_have_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError, match="no block nothing"):
        COMPILED.edition(Edition(keys=("a", "nothing")))


def test_two_blocks_of_one_key_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"keys of their own.*: a"):
        compile_issue(issue(section("a"), section("a")), PUBLICATION, theme=LOOK)


def test_an_edition_shows_its_sections_in_the_contents_and_no_others() -> None:
    written = mail(SEVERAL, Edition(keys=("b", "c", "c~2", "c=2"), topics=("Maps",)))

    for key, is_shown in {"a": False, "b": True, "c": True, "d": False}.items():
        assert (f"About {key}" in written.html) is is_shown
        assert (f"https://example.org/v/b#{key}" in written.html) is is_shown
        assert (f"About {key}" in written.text) is is_shown
    assert ">2 items<" in written.html
    assert "* About c (2 items)" in written.text
    assert "First" not in written.html + written.text
    assert "Third" in written.html
    assert "Third" in written.text


def test_the_footer_says_why_what_else_and_how_to_leave() -> None:
    written = mail(SEVERAL, Edition(keys=("a",), topics=("Maps", "Küche"), also=("Repair & Co",)))

    for text in (html.unescape(written.html), " ".join(written.text.split())):
        assert "from the topics you chose: Maps and Küche." in text
        assert "The issue also has sections on Repair & Co." in text
        assert "Sent to mara@example.org" in text
        assert "1 Quay, Town" in text
        assert "https://example.org/u/u" in text
        assert "https://example.org/p/p" in text


def test_a_reader_without_topics_is_told_of_the_subscription() -> None:
    written = mail(SEVERAL, Edition(keys=("a",)))

    assert "You get this because you subscribed to Quay &amp; Sons." in written.html
    assert "topics you chose" not in written.html + written.text
    assert "The issue also" not in written.html + written.text


def test_links_in_the_text_are_numbered_through_the_edition() -> None:
    text = mail(SEVERAL, Edition(keys=("a", "d"))).text

    numbers = [int(number) for number in re.findall(r"^\[(\d+)\] https", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == 6
    assert all(f"[{number}]" in re.sub(r"^\[\d+\] https.*$", "", text, flags=re.MULTILINE) for number in numbers)


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
    mirrored = mail(SEVERAL, publication=replace(PUBLICATION, lang="he", dir="rtl")).html

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


def test_every_gap_is_one_of_the_words_that_persons_have() -> None:
    template = COMPILED.edition(Edition(keys=("a",), topics=("Maps",)))

    assert {slot.name for slot in template.slots} <= set(PERSONAL)
    assert not any(marks.has_marks(piece) for piece in (*template.html, *template.text) if isinstance(piece, str))


def long_issue(items: int) -> Issue:
    words = "A census of nesting swifts, taken by neighbours who stand on their own street for an hour at dusk."
    parts = tuple(Field(label=label, markdown=words) for label in ("What is it", "What is new", "What it means"))
    many = [replace(item(f"Item number {number} of this issue"), parts=parts) for number in range(items)]
    return issue(*(section(f"s{at}", *many[at * 4 : at * 4 + 4]) for at in range((items + 3) // 4)))


def test_z1_a_mail_of_thirty_items_stays_below_sixty_kilobytes() -> None:
    assert len(mail(long_issue(30)).html.encode()) <= 60_000


def test_four_thousand_editions_are_joined_while_one_would_hardly_be_compiled() -> None:
    of = long_issue(48)
    compiled = compile_issue(of, PUBLICATION, theme=LOOK)
    keys = [each.key for each in of.sections]

    began = time.perf_counter()
    for number in range(4096):
        chosen = tuple(key for at, key in enumerate(keys) if number >> at & 1)
        compiled.edition(Edition(keys=chosen, topics=chosen))

    assert time.perf_counter() - began < 2.0  # a tenth of that on a quiet machine


def test_the_source_of_an_edition_can_be_read() -> None:
    source = edition_mjml(SEVERAL, PUBLICATION, Edition(keys=("b",), topics=("Maps",)), theme=LOOK)

    assert source.lstrip().startswith("<mjml")
    assert "About b" in source
    assert "About a" not in source
    assert "{{ unsubscribe_url }}" in source
    assert not marks.has_marks(source)
