from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from newsletter.publications import colours, publications, senders
from newsletter.publications.models import Publication
from newsletter.publications.publications import BadSettings


def test_settings_are_kept_as_they_will_be_used(session: Session, publication: Publication) -> None:
    changed = publications.change(
        session,
        publication,
        {
            "sender_address": " Ada@EXÄMPLE.org ",
            "postal_address": "1 Chart Row\r\n Exampleton ",
            "zone": "Europe/Berlin",
        },
    )

    assert changed == ["sender_address", "postal_address", "zone"]
    assert publication.sender_address == "Ada@xn--exmple-cua.org"
    assert publication.postal_address == "1 Chart Row\nExampleton"


def test_one_wrong_field_changes_nothing_and_every_fault_has_its_sentence(
    session: Session, publication: Publication
) -> None:
    with pytest.raises(BadSettings) as caught:
        publications.change(
            session, publication, {"name": "New", "zone": "Mars/Base", "sender_address": "a b@example.org"}
        )

    assert set(caught.value.faults) == {"zone", "sender_address"}
    assert publication.name == "The Sheet"


@pytest.mark.parametrize("domain", ["gmail.com", "GMAIL.com", "googlemail.com", "yahoo.com", "outlook.com"])
def test_g1_mail_cannot_be_from_a_free_mailbox(domain: str) -> None:
    with pytest.raises(senders.BadSender, match="domain of your own") as caught:
        senders.read_address(f"someone.private@{domain}")

    assert "someone.private" not in str(caught.value)


def test_answers_may_go_to_a_free_mailbox(session: Session, publication: Publication) -> None:
    publications.change(session, publication, {"reply_to": "someone@gmail.com"})

    assert publication.reply_to == "someone@gmail.com"


@pytest.mark.parametrize(
    "name", ["", "Re: your order", "FWD: news", "The Sheet ✅", "Ada {{ name }}", "news@example.org", "x" * 61, "🧭"]
)
def test_g14_a_sender_name_that_misleads_is_refused(name: str) -> None:
    with pytest.raises(senders.BadSender):
        senders.read_name(name)


@pytest.mark.parametrize("name", ["The Sheet", "Ada at Café Noir", "日本の便り", "News® & Co.", "Regards: a letter"])
def test_g14_an_honest_sender_name_is_kept(name: str) -> None:
    assert senders.read_name(name) == name


def test_a_publication_says_what_it_lacks_before_its_first_launch(session: Session, publication: Publication) -> None:
    assert [lack.field for lack in publications.missing(publication)] == [
        "sender_address",
        "postal_address",
        "account_id",
    ]

    publications.change(session, publication, {"sender_address": "a@example.org", "postal_address": "1 Chart Row"})

    assert [lack.field for lack in publications.missing(publication)] == ["account_id"]


@pytest.mark.parametrize(("column", "colour"), [("accent_light", "#ffd500"), ("accent_dark", "#0a1a5a")])
def test_a_colour_nobody_can_read_is_refused_with_its_ratio(
    session: Session, publication: Publication, column: str, colour: str
) -> None:
    with pytest.raises(BadSettings, match=r"\d\.\d to 1"):
        publications.change(session, publication, {column: colour})


def test_a_readable_colour_is_kept_in_full(session: Session, publication: Publication) -> None:
    publications.change(session, publication, {"accent_light": "#0B5A6B", "accent_dark": ""})

    assert (publication.accent_light, publication.accent_dark) == ("#0b5a6b", "")


def test_contrast_is_that_of_wcag() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert colours.contrast("#123456", "#123456") == pytest.approx(1)


def test_two_publications_of_one_name_get_slugs_of_their_own(session: Session, now: datetime) -> None:
    slugs = [publications.create(session, "Ships’ Log", now).slug for _ in range(2)]

    assert slugs == ["ships-log", "ships-log-2"]
