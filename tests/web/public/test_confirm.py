"""Confirming, and "never mail me again": S-36, S-39b."""

from datetime import timedelta

from sqlalchemy import select

from newsletter.delivery.models import LetterKind
from newsletter.subscribers import suppressions
from newsletter.subscribers.models import Consent, ConsentKind, Status, Subscriber, SuppressionKind
from tests.web.public.conftest import ADDRESS, Reader


def test_s_39b_looking_confirms_nothing_and_the_button_does(reader: Reader) -> None:
    reader.sign_up()
    page = reader.visitor.get(reader.confirm())
    assert page.text.count("<button") == 1
    assert "Yes, send me The Sheet" in page.text
    assert reader.person()[1].status is Status.PENDING

    done = reader.visitor.post(reader.confirm())

    assert "You are in." in done.text
    assert reader.person()[1].status is Status.CONFIRMED
    assert reader.letters() == [LetterKind.CONFIRM, LetterKind.WELCOME]
    with reader.database.read() as session:
        proof = session.scalars(select(Consent).order_by(Consent.id.desc())).first()
    assert proof
    assert (proof.kind, proof.words, proof.page) == (ConsentKind.CONFIRM, "Yes, send me The Sheet", "/c/<token>")


def test_pressing_again_is_answered_as_kindly_and_counts_once(reader: Reader) -> None:
    reader.sign_up()

    pages = [reader.press(reader.confirm()) for _ in range(2)]

    assert pages[0].text == pages[1].text or "You are in." in pages[1].text
    assert reader.letters() == [LetterKind.CONFIRM, LetterKind.WELCOME]
    assert "You are in." in reader.visitor.get(reader.confirm()).text


def test_the_page_after_confirming_leads_to_the_preferences(reader: Reader) -> None:
    reader.sign_up()
    done = reader.press(reader.confirm())

    path = done.text.partition('href="/p/')[2].partition('"')[0]

    assert ADDRESS in reader.visitor.get(f"/p/{path}").text


def test_an_old_link_sends_a_new_one_to_whoever_owns_what_is_typed(reader: Reader) -> None:
    reader.sign_up()
    link = reader.confirm()
    reader.clock.forward(timedelta(days=8))
    page = reader.visitor.get(link)
    assert "It was good for seven days. Type your address and we send a new one." in page.text

    assert "There is no address here." in reader.visitor.post(f"{link}/again", {"address": ""}).text
    answers = [reader.visitor.post(f"{link}/again", {"address": a}).text for a in (ADDRESS, "other@example.org")]

    assert answers[0].replace(ADDRESS, "") == answers[1].replace("other@example.org", "")
    assert reader.person()[1].status is Status.PENDING
    assert "You are in." in reader.press(reader.confirm()).text


def test_a_link_to_a_sign_up_that_was_taken_back_confirms_nothing(reader: Reader) -> None:
    reader.sign_up()
    link = reader.confirm()
    person, _ = reader.person()
    with reader.database.write() as session:
        key = session.get_one(Subscriber, person.id).address_key
        suppressions.suppress(session, key, SuppressionKind.NEVER, "", reader.clock.now)

    assert "We keep this address free of mail." in reader.press(link).text
    assert reader.person()[1].status is Status.PENDING


def test_never_mail_me_again_needs_its_button_and_then_holds(reader: Reader) -> None:
    page = reader.visitor.get(reader.never())
    assert "Nothing has changed yet." in page.text
    assert reader.status() is Status.CONFIRMED

    pages = [reader.visitor.post(reader.never()) for _ in range(2)]

    assert all("We will not write again." in page.text for page in pages)
    with reader.database.read() as session:
        assert suppressions.active(session, reader.world.subscriber.address_key) == {SuppressionKind.NEVER}
    assert reader.status() is Status.LEFT
    before = reader.letters()
    reader.sign_up("ada.reader@example.org")
    assert reader.letters() == before


def test_what_is_no_link_of_ours_is_told_in_one_sentence(reader: Reader) -> None:
    for head in "cnpu1v":
        for token in ("x", "AAAA", "é", "A" * 3000, "..%2f..", "%00"):
            page = reader.visitor.get(f"/{head}/{token}")

            assert page.status_code == 404, (head, token)
            assert "Traceback" not in page.text
