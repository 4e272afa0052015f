"""Settings of a newsletter, and its provider: keys go in and never come out."""

import io
import logging
from collections.abc import Callable

import pytest
from sqlalchemy import select

from newsletter.accounts.models import LogEntry
from newsletter.accounts.rules import Role
from newsletter.db import Database
from newsletter.keys import KeyRing
from newsletter.publications import provider_accounts
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.subscribers.models import Subscriber
from tests.web.visitors import Visitor
from tests.web.world import World

CANARY = "canary-4711-abcdef"


@pytest.fixture
def owner_at_desk(signed_in: Callable[[Role], Visitor], world: World) -> Visitor:
    return signed_in(Role.OWNER)


def publication(database: Database, world: World) -> Publication:
    with database.read() as session:
        return session.get_one(Publication, world.publication.id)


def postmark(**more: str) -> dict[str, str]:
    """Settings that reach this machine alone, where nobody listens."""
    return {"kind": "postmark", "token": CANARY, "stream": "broadcast", "letter_stream": "outbound"} | {
        "base_url": "http://127.0.0.1:9",
        "doubt": "keyed",
        **more,
    }


def test_settings_are_saved_and_say_what_is_missing(owner_at_desk: Visitor, world: World, database: Database) -> None:
    assert "Say who the mail is from" in owner_at_desk.get("/desk/settings").text

    done = owner_at_desk.post("/desk/settings", {"sender_name": "The Sheet", "zone": "Europe/Berlin"})

    assert "Saved." in owner_at_desk.get(done.location).text
    assert publication(database, world).zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("sender_address", "me@gmail.com", "domain of your own"),
        ("sender_address", "a b@example.org", "a space"),
        ("sender_name", "Re: hello", "belong to subjects"),
        ("zone", "Mars/Base", "no time zone"),
        ("name", " ", "needs a name"),
    ],
)
def test_a_wrong_setting_gets_its_sentence_beside_the_field(
    owner_at_desk: Visitor, world: World, database: Database, field: str, typed: str, words: str
) -> None:
    answer = owner_at_desk.post("/desk/settings", {"description": "changed too", field: typed})

    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    assert publication(database, world).description == "A weekly on maps"


def test_s_80_what_no_field_offers_cannot_be_set(owner_at_desk: Visitor, world: World, database: Database) -> None:
    owner_at_desk.post("/desk/settings", {"slug": "other", "list_label": "other", "is_sample": "1", "account_id": "9"})

    found = publication(database, world)
    assert (found.slug, found.list_label, found.is_sample) == ("sheet", "sheet", False)


def test_a_colour_is_shown_with_its_contrast_and_refused_when_weak(
    owner_at_desk: Visitor, world: World, database: Database
) -> None:
    weak = owner_at_desk.post("/desk/settings/theme", {"accent_light": "#ffd500", "accent_dark": ""})
    assert weak.status_code == 422
    assert "4.5 to 1 is the least" in weak.text
    assert publication(database, world).accent_light == ""

    done = owner_at_desk.post("/desk/settings/theme", {"accent_light": "#0b5a6b", "accent_dark": "#8fd3de"})
    page = owner_at_desk.get(done.location).text
    assert "Reads well" in page
    assert "to 1 as text on the page" in page


def test_a_typed_colour_cannot_become_a_style(owner_at_desk: Visitor) -> None:
    answer = owner_at_desk.post("/desk/settings/theme", {"accent_light": "red}</style><script>", "accent_dark": ""})

    assert "</style><script>" not in answer.text
    assert "is no colour" in answer.text


def test_t_priv_2_a_key_is_in_no_page_no_log_and_not_readable_in_the_database(
    owner_at_desk: Visitor, world: World, database: Database, ring: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    pages = [
        owner_at_desk.post("/desk/settings/provider", postmark()),
        owner_at_desk.post("/desk/settings/provider", postmark(stream="Not A Stream")),
        owner_at_desk.get("/desk/settings/provider"),
        owner_at_desk.get("/desk/settings/provider?kind=postmark"),
        owner_at_desk.get("/desk/settings"),
    ]

    assert all(CANARY not in page.text for page in pages)
    assert "Set. Type to replace it." in pages[2].text
    assert CANARY not in caplog.text
    with database.read() as session:
        account = session.scalars(select(ProviderAccount).where(ProviderAccount.kind == "postmark")).one()
        details = str(session.scalars(select(LogEntry.detail)).all())
    assert CANARY not in f"{account.sealed} {account.settings} {details}"
    assert provider_accounts.secrets(ring, account) == {"token": CANARY}


def test_a_key_left_empty_is_kept_and_one_that_is_needed_is_asked_for(
    owner_at_desk: Visitor, world: World, database: Database, ring: KeyRing
) -> None:
    missing = owner_at_desk.post("/desk/settings/provider", postmark(token=""))
    assert missing.status_code == 422
    assert "Server token” is missing" in missing.text

    owner_at_desk.post("/desk/settings/provider", postmark())
    kept = owner_at_desk.post("/desk/settings/provider", postmark(token="", rate="25"))

    assert kept.status_code == 200
    with database.read() as session:
        account = session.scalars(select(ProviderAccount).where(ProviderAccount.kind == "postmark")).one()
    assert account.rate_per_s == 25
    assert provider_accounts.secrets(ring, account) == {"token": CANARY}


def test_a_provider_that_does_not_answer_is_saved_and_the_check_says_so(
    owner_at_desk: Visitor, world: World, database: Database
) -> None:
    answer = owner_at_desk.post("/desk/settings/provider", postmark())

    assert answer.status_code == 200
    assert "would not carry the mail like this" in answer.text
    assert owner_at_desk.post("/desk/settings/provider", {"kind": "outbox"}).text.count("All is well") == 1


@pytest.mark.parametrize(("field", "typed"), [("rate", "fast"), ("stream", "No Stream"), ("token", "two words")])
def test_a_wrong_value_gets_its_sentence_and_changes_nothing(
    owner_at_desk: Visitor, world: World, database: Database, field: str, typed: str
) -> None:
    answer = owner_at_desk.post("/desk/settings/provider", postmark(**{field: typed}))

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    with database.read() as session:
        assert session.scalars(select(ProviderAccount.kind)).all() == ["outbox"]


def test_an_unknown_provider_is_404(owner_at_desk: Visitor) -> None:
    assert owner_at_desk.get("/desk/settings/provider?kind=pigeon").status_code == 404


def test_the_sample_goes_with_its_people_and_its_files(
    owner_at_desk: Visitor, world: World, database: Database
) -> None:
    with database.write() as session:
        session.get_one(Publication, world.publication.id).is_sample = True
        session.get_one(Subscriber, world.subscriber.id).is_sample = True
    table = io.BytesIO(b"bo@example.org\n")
    assert owner_at_desk.post("/desk/people/import", {"file": (table, "x.csv")}).status_code == 303
    assert 'id="sample"' in owner_at_desk.get("/desk/settings").text

    done = owner_at_desk.post("/desk/settings/sample/remove")

    page = owner_at_desk.get(done.location).text
    assert "The sample is gone." in page
    assert 'id="sample"' not in page
    with database.read() as session:
        assert session.scalars(select(Subscriber)).all() == []


def test_a_newsletter_of_ones_own_stands_beside_the_sample(
    owner_at_desk: Visitor, world: World, database: Database
) -> None:
    with database.write() as session:
        session.get_one(Publication, world.publication.id).is_sample = True

    assert "A newsletter of your own" in owner_at_desk.get("/desk/settings").text
    assert owner_at_desk.post("/desk/settings/new", {"new_name": " "}).status_code == 422
    done = owner_at_desk.post("/desk/settings/new", {"new_name": "Harbour Notes"})

    page = owner_at_desk.get(done.location).text
    assert "It is yours." in page
    assert 'value="Harbour Notes"' in page
