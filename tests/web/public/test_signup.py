"""Signing up: T-ENUM-1, S-30, S-31, S-34, S-36, S-37."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from newsletter import addresses
from newsletter.delivery.models import LetterKind
from newsletter.subscribers import erasing, leaving, suppressions
from newsletter.subscribers.models import Consent, Status, Subscriber, Subscription, SuppressionKind
from newsletter.web.forms import FIELD
from newsletter.web.public import signup
from tests.subscribers.reading_room import SAID
from tests.web.public.conftest import ADDRESS, Reader
from tests.web.visitors import Visitor

MASKED = re.compile(r'(name="form_token" value=)"[^"]+"|nonce="[^"]+"')


def bytes_of(page: TestResponse) -> str:
    return MASKED.sub("", page.text)


def test_the_page_offers_topics_with_nothing_ticked(reader: Reader) -> None:
    page = reader.visitor.get("/")

    assert page.status_code == 200
    assert page.text.count('type="checkbox"') == 3
    assert "checked" not in page.text.split("<style")[0]
    assert "All about ink." in page.text
    assert "Most weeks." in page.text


def test_hidden_topics_are_not_offered_and_cannot_be_taken(reader: Reader) -> None:
    with reader.database.write() as session:
        session.get_one(type(reader.world.topic), reader.world.topic.id).is_hidden = True

    assert "Harbour charts" not in reader.visitor.get("/").text
    assert reader.sign_up().status_code == 422


def test_a_sign_up_waits_with_the_exact_words_as_proof(reader: Reader) -> None:
    page = reader.sign_up(name="Ines")

    assert page.status_code == 200
    _, subscription = reader.person()
    assert subscription.status is Status.PENDING
    with reader.database.read() as session:
        proof = session.scalars(select(Consent)).one()
    assert proof.words == signup.agreement(reader.world.publication)
    assert proof.words in reader.visitor.get("/").text
    assert (proof.page, proof.topics, len(proof.form_version), len(proof.network_key)) == (
        "/sign-up",
        ["charts"],
        16,
        32,
    )
    assert reader.letters() == [LetterKind.CONFIRM]


STATES = ["new", "pending", "confirmed", "left", "everything", "never", "bounced", "erased", "capped"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", ["/sign-up", "/preferences"])
def test_t_enum_1_the_answer_is_the_same_whatever_we_know(reader: Reader, state: str, path: str) -> None:
    expected = ask(reader, path)
    bring_into(reader, state)

    answer = ask(reader, path)

    assert answer.status_code == expected.status_code == 200
    assert bytes_of(answer) == bytes_of(expected)
    told = [{name: value for name, value in page.headers if "nonce" not in value} for page in (answer, expected)]
    for headers in told:
        headers.pop("Content-Security-Policy", None)
        headers.pop("Date", None)
    assert told[0] == told[1]


def ask(reader: Reader, path: str) -> TestResponse:
    reader.visitor.get("/" if path == "/sign-up" else path)
    reader.clock.forward(timedelta(seconds=5))
    return reader.visitor.post(path, {"address": ADDRESS, "topic": ["charts"], "name": ""})


def bring_into(reader: Reader, state: str) -> None:
    """The address has been typed before; now it is what `state` says. The caps are open again but for "capped"."""
    if state == "capped":
        for _ in range(4):
            ask(reader, "/sign-up")
        return
    reader.clock.forward(timedelta(days=2))
    if state == "new":
        return
    reader.sign_up()
    reader.clock.forward(timedelta(days=31))
    now = reader.clock.now
    with reader.database.write() as session:
        subscriber = session.scalars(select(Subscriber).where(Subscriber.address == ADDRESS)).one()
        subscription = session.scalars(select(Subscription).where(Subscription.subscriber_id == subscriber.id)).one()
        key = subscriber.address_key
        subscription.status = Status.PENDING if state == "pending" else Status.CONFIRMED
        acts: dict[str, Callable[[], object]] = {
            "left": lambda: leaving.leave_publication(session, subscription, SAID, now),
            "everything": lambda: leaving.leave_everything(session, subscriber, SAID, now),
            "never": lambda: leaving.never_again(session, subscriber, SAID, now),
            "bounced": lambda: suppressions.suppress(session, key, SuppressionKind.HARD_BOUNCE, "", now),
            "erased": lambda: erasing.erase(session, subscriber, SAID, now),
        }
        acts.get(state, list)()


@pytest.mark.parametrize(
    ("form", "after_s"),
    [({"homepage": "http://spam.example"}, 5), ({}, 1), ({}, 2 * 3600 + 1)],
    ids=["the trap is filled in", "too fast", "too late"],
)
def test_s_30_and_s_31_a_program_gets_the_same_page_and_nothing_happens(
    reader: Reader, form: dict[str, str], after_s: int
) -> None:
    reader.visitor.get("/")
    reader.clock.forward(timedelta(seconds=after_s))

    page = reader.visitor.post("/sign-up", {"address": ADDRESS, "topic": ["charts"], **form})

    assert page.status_code == 200
    assert "Now look in your mail" in page.text
    assert reader.letters() == []
    with reader.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 1


def test_s_30_a_form_counts_once(reader: Reader) -> None:
    reader.sign_up("one@example.org")
    again = reader.visitor.post("/sign-up", {"address": "two@example.org", "topic": ["charts"]})

    assert again.status_code == 200
    assert reader.letters() == [LetterKind.CONFIRM]


def test_who_was_too_late_can_press_send_it_again(reader: Reader) -> None:
    reader.visitor.get("/")
    reader.clock.forward(timedelta(hours=3))
    page = reader.visitor.post("/sign-up", {"address": ADDRESS, "topic": ["charts"]})
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    reader.clock.forward(timedelta(seconds=20))

    reader.visitor.open("POST", "/sign-up", data=form)

    assert reader.letters() == [LetterKind.CONFIRM]


def test_a_forged_form_is_refused(reader: Reader) -> None:
    page = reader.visitor.open("POST", "/sign-up", data={FIELD: "a.1.b.c", "address": ADDRESS, "topic": ["charts"]})

    assert page.status_code == 403
    assert reader.letters() == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "There is no address here."),
        ("ines @example.org", "There is a space in this address."),
        ("ines@example,org", "did you mean ines@example.org?"),
        ("x" * 300 + "@example.org", "the longest there can be has 254"),
        ("ines", "This is not a mail address"),
        ("<script>@example.org", "This is not a mail address"),
    ],
)
def test_a_wrong_address_is_told_beside_the_field_and_keeps_what_was_typed(
    reader: Reader, address: str, sentence: str
) -> None:
    page = reader.sign_up(address, name="Ines")

    assert page.status_code == 422
    assert sentence in page.text.replace("&#39;", "’")
    assert 'aria-invalid="true"' in page.text
    assert 'value="charts" checked' in page.text.replace(' aria-describedby="d-charts"', "")
    assert 'value="Ines"' in page.text
    assert "<script>@" not in page.text
    assert reader.letters() == []


def test_an_international_address_is_taken(reader: Reader) -> None:
    assert reader.sign_up("ines@bücher.example.org").status_code == 200
    assert reader.person("ines@xn--bcher-kva.example.org")[1].status is Status.PENDING


def test_without_a_topic_there_is_nothing_to_send(reader: Reader) -> None:
    reader.topics = []

    page = reader.sign_up()

    assert page.status_code == 422
    assert signup.NO_TOPIC in page.text


def test_readers_get_no_cookie_and_a_light_page(reader: Reader) -> None:
    for page in (reader.visitor.get("/"), reader.sign_up()):
        assert "Set-Cookie" not in page.headers
        assert len(page.data) < 12_000


def test_an_installation_without_a_publication_says_so(visitor: Visitor) -> None:
    assert "Nothing is published here yet" in visitor.get("/").text
    assert visitor.get("/preferences").status_code == 404
    assert visitor.post("/sign-up").status_code == 404


def test_the_address_of_a_stranger_is_never_on_a_page_of_somebody_else(reader: Reader) -> None:
    key = addresses.key(ADDRESS, reader.ring.address_key)
    reader.sign_up()

    assert ADDRESS not in reader.visitor.get("/").text
    assert key not in reader.visitor.get("/").text
