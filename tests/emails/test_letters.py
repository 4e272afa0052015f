"""Letters: what each of them says, and what none of them may hold."""

from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import pytest

import emails
from emails import samples, theme
from emails.filling import Filled, Template, fill
from emails.letters import Alarm, Confirm, SignIn, as_test_copy, render_letter
from emails.phrases import Phrases

LOOK = theme.load()
PUBLICATION = samples.sample_issue().publication


def letter(kind: str) -> Filled:
    return fill(render_letter(samples.sample_letter(kind), PUBLICATION, theme=LOOK), {})


@pytest.mark.parametrize("kind", samples.LETTERS)
def test_every_letter_has_a_folder_with_its_sentences(kind: str) -> None:
    folder = Path(emails.__file__).parent / kind

    assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.mjml", "body.txt", "sample.toml"}


@pytest.mark.parametrize("kind", samples.LETTERS)
def test_every_letter_says_who_writes_and_why_in_both_parts(kind: str) -> None:
    written = letter(kind)

    for part in (written.html, written.text):
        assert PUBLICATION.name in part
        assert PUBLICATION.address in part
        assert PUBLICATION.contact in part
        assert "You get this" in part
    assert "\n" not in written.subject
    assert written.subject == written.subject.strip() != ""


@pytest.mark.parametrize("kind", samples.LETTERS)
def test_every_letter_reads_at_72_columns(kind: str) -> None:
    for line in letter(kind).text.split("\n"):
        assert len(line) <= 72 or "https://" in line
    assert "\n\n\n\n" not in letter(kind).text


@pytest.mark.parametrize("kind", [kind for kind in samples.LETTERS if kind != "welcome"])
def test_a_letter_has_one_button_and_its_address_to_copy(kind: str) -> None:
    written = letter(kind)
    link = samples.sample(kind)["link"]

    assert written.html.count("<h1") == 1
    assert written.html.count('class="b"') == 1
    assert written.html.count(f'href="{link}"') == 2
    assert f"    {link}\n" in written.text


def test_t_bomb_4_the_letter_that_asks_has_no_room_for_anything_typed() -> None:
    """Whoever types a stranger's address must not be able to make us say something to that stranger."""
    known = {"link", "never_link", "site", "asked_at", "until", "topics"}

    assert {field.name for field in fields(Confirm)} == known


def test_the_letter_that_asks_says_what_happens_and_how_it_never_happens_again() -> None:
    written = letter("confirm")

    for part in (written.html, " ".join(written.text.split())):
        assert "Nothing is sent before you confirm" in part
        assert "until Tuesday 10 November 2026" in part
        assert "If this was not you, ignore this letter" in part
        assert "https://signal.example.org/n/7mWc2RxH" in part
        assert "Earth science and Kitchen" in part
        assert "signal.example.org on 3 November 2026 at 09:14" in part


def test_the_welcome_names_the_topics_and_the_ways_out() -> None:
    written = letter("welcome")

    for part in (written.html, written.text):
        for words in ("Earth science", "Measured, not guessed.", "/p/f3Kq9Zt2", "/u/f3Kq9Zt2", "/issues/16#earth"):
            assert words in part


def test_words_in_a_letter_are_never_markup_and_never_a_second_line() -> None:
    hostile = '<b>x</b>"\r\nBcc: a@example.net {{ name }}'
    sample = samples.sample_letter("alarm")
    assert isinstance(sample, Alarm)

    written = fill(render_letter(replace(sample, title=hostile, why=hostile), PUBLICATION, theme=LOOK), {})

    assert "<b>x</b>" not in written.html
    assert written.subject.endswith('<b>x</b>" Bcc: a@example.net {{ name }}')


def test_an_invitation_says_so() -> None:
    sample = samples.sample_letter("signin")
    assert isinstance(sample, SignIn)

    invited = fill(render_letter(replace(sample, is_invitation=True), PUBLICATION, theme=LOOK), {})

    assert invited.subject == "You are invited to edit The Slow Signal"
    assert "Open the desk" in invited.html


def test_a_test_copy_says_so_in_its_subject_and_is_the_edition_otherwise() -> None:
    template = Template(subject=("Maps",), html=("<p>x</p>",), text=("x",))

    assert fill(as_test_copy(template), {}) == Filled(subject="Test: Maps", html="<p>x</p>", text="x")


def test_other_languages_need_a_catalogue_and_nothing_else() -> None:
    german = {
        "Please confirm your address": "Bitte bestätige deine Adresse",
        "%(first)s and %(last)s": "%(first)s und %(last)s",
        "%(weekday)s %(day)s %(month)s %(year)s": "%(weekday)s, %(day)s. %(month)s %(year)s",
        "Tuesday": "Dienstag",
    }
    phrases = Phrases(translate=lambda sentence: german.get(sentence, sentence))

    sample = samples.sample_letter("confirm")
    written = fill(render_letter(sample, PUBLICATION, theme=LOOK, phrases=phrases), {})

    assert "Bitte bestätige deine Adresse" in written.html
    assert "Earth science und Kitchen" in written.text
    assert "Dienstag, 10. November 2026" in " ".join(written.text.split())


def test_names_are_listed_as_people_list_them() -> None:
    phrases = Phrases()

    assert [phrases.listing(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert phrases.moment(datetime.fromisoformat("2026-11-03T09:05:59+01:00")) == "3 November 2026 at 09:05"
