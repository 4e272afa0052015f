"""Leaving: the contract of RFC 8058 by rule, S-39a, S-39c, and the page with its three ways and the way back."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from newsletter import links
from newsletter.delivery.models import Chunk, Delivery, Edition
from newsletter.issues.models import Issue
from newsletter.links import Purpose
from newsletter.subscribers import erasing, suppressions
from newsletter.subscribers.models import Consent, Departure, Status, Subscriber, SuppressionKind
from newsletter.web import forms
from tests.subscribers.reading_room import SAID
from tests.web.public.conftest import Reader

ONE_CLICK = "List-Unsubscribe=One-Click"
BODIES: dict[str, dict[str, Any]] = {
    "as a form": {"data": ONE_CLICK, "content_type": "application/x-www-form-urlencoded"},
    "as multipart": {"data": {"List-Unsubscribe": "One-Click"}, "content_type": "multipart/form-data"},
    "empty": {},
    "as JSON": {"data": "{}", "content_type": "application/json"},
    "something else": {"data": b"\xff\x00rubbish", "content_type": "text/x-unknown; charset=none"},
    "broken multipart": {"data": b"--x", "content_type": "multipart/form-data"},
}


@pytest.mark.parametrize("body", BODIES)
def test_r7_r8_r10_a_post_with_any_body_or_none_leaves_at_once_without_a_redirect(reader: Reader, body: str) -> None:
    answer = reader.visitor.open("POST", reader.one_click(), **BODIES[body])

    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert reader.status() is Status.LEFT


def test_r9_it_needs_no_cookie_no_form_and_no_particular_client(reader: Reader) -> None:
    for agent in ("", "curl/8.0", "Java/17", "Some Security Scanner", "Mozilla/5.0"):
        headers = {"User-Agent": agent, "Origin": "https://mail.example.com", "Sec-Fetch-Site": "cross-site"}

        answer = reader.visitor.open("POST", reader.one_click(), data=ONE_CLICK, headers=headers)

        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert reader.status() is Status.LEFT
        reader.press(reader.leave(), f"{reader.leave()}/undo")
        assert reader.status() is Status.CONFIRMED


def test_r11_a_changed_token_changes_nothing(reader: Reader) -> None:
    path = reader.one_click()
    for at in range(3, len(path)):
        other = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]
        assert reader.visitor.open("POST", other, data=ONE_CLICK).status_code == 404

    assert reader.status() is Status.CONFIRMED


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_r12_looking_at_the_address_shows_a_page_and_changes_nothing(reader: Reader, method: str) -> None:
    page = reader.visitor.open(method, reader.one_click())

    assert page.status_code == 200
    assert reader.status() is Status.CONFIRMED
    if method == "GET":
        assert "Nothing has changed yet." in page.text
        assert f'action="{reader.leave()}"' in page.text


def test_r14_a_second_post_is_answered_alike_and_counts_nothing(reader: Reader) -> None:
    answers = [reader.visitor.open("POST", reader.one_click(), data=ONE_CLICK) for _ in range(3)]

    assert {answer.text for answer in answers} == {"You are unsubscribed.\n"}
    with reader.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == 1
        assert session.scalar(select(func.count()).select_from(Departure)) == 1


def test_r16_it_leaves_the_publication_of_the_list_id_and_no_other(reader: Reader) -> None:
    reader.visitor.open("POST", reader.one_click(), data=ONE_CLICK)

    with reader.database.read() as session:
        departure = session.scalars(select(Departure)).one()
        assert (departure.subscriber_id, departure.publication_id, departure.reason) == (
            reader.world.subscriber.id,
            reader.world.publication.id,
            "left",
        )
        assert suppressions.active(session, reader.world.subscriber.address_key) == frozenset()


def test_r13_a_link_of_years_ago_works_after_three_new_keys(reader: Reader) -> None:
    """T-TOK-3."""
    path = reader.one_click()
    ring = reader.ring
    for _ in range(3):
        ring = ring.with_new_link_key()
    token = path.rpartition("/")[2]

    assert links.read(ring, Purpose.UNSUBSCRIBE, token, 3)[:2] == (
        reader.world.publication.id,
        reader.world.subscriber.id,
    )


def test_s_39c_leaving_works_after_the_issue_is_gone(reader: Reader) -> None:
    with reader.database.write() as session:
        session.execute(delete(Issue))

    page = reader.press(reader.leave(reader.world.issue.id))

    assert page.status_code == 200
    assert reader.status() is Status.LEFT


@pytest.mark.parametrize("path", ["leave", "one_click"])
def test_s_39c_who_was_erased_is_told_that_nothing_comes(reader: Reader, path: str) -> None:
    with reader.database.write() as session:
        erasing.erase(session, session.get_one(Subscriber, reader.world.subscriber.id), SAID, reader.clock.now)
    link = getattr(reader, path)()

    assert "You are unsubscribed." in reader.visitor.get(link).text
    assert "You are unsubscribed." in reader.visitor.post(link).text


def test_s_39c_whom_we_never_knew_is_told_that_nothing_comes(reader: Reader) -> None:
    token = links.make(reader.ring, Purpose.UNSUBSCRIBE, reader.world.publication.id, 10**6, 1)

    for head in ("u", "1"):
        assert "You are unsubscribed." in reader.visitor.get(f"/{head}/{token}").text
        assert "You are unsubscribed." in reader.visitor.post(f"/{head}/{token}").text


def test_t_tok_2_a_link_of_another_purpose_opens_nothing(reader: Reader) -> None:
    token = reader.preferences().rpartition("/")[2]

    for path in (f"/u/{token}", f"/1/{token}", f"/c/{token}", f"/n/{token}"):
        assert reader.visitor.get(path).status_code == 404
        assert reader.visitor.post(path).status_code == 404
    assert reader.status() is Status.CONFIRMED


def test_the_page_has_one_main_button_and_it_leaves_the_publication(reader: Reader) -> None:
    page = reader.visitor.get(reader.leave())
    assert page.text.count("b b1") == 1

    done = reader.press(reader.leave(), act="publication")

    assert "Done. You have left." in done.text
    assert reader.status() is Status.LEFT


def test_a_page_that_is_hours_old_still_leaves(reader: Reader) -> None:
    reader.visitor.get(reader.leave())
    reader.clock.forward(timedelta(days=3))

    assert reader.visitor.post(reader.leave()).status_code == 200
    assert reader.status() is Status.LEFT


def test_the_topics_of_the_mail_can_be_stopped_alone(reader: Reader) -> None:
    reader.press(reader.preferences(), topic=["charts", "ink"])
    issue = reader.world.issue.id
    _got(reader, issue, ["ink"])
    page = reader.visitor.get(reader.leave(issue))
    assert "The mail you came from was about Ink." in page.text

    done = reader.press(reader.leave(issue), act="these")

    assert "Done. You get less." in done.text
    assert reader.choice() == ["charts"]
    assert reader.status() is Status.CONFIRMED


def test_what_is_ticked_is_kept_and_the_rest_goes(reader: Reader) -> None:
    reader.press(reader.preferences(), topic=["charts", "ink", "kelp"])

    reader.press(reader.leave(), act="keep", topic=["ink"])

    assert reader.choice() == ["ink"]
    assert "Nothing changed." in reader.press(reader.leave(), act="keep", topic=["ink"]).text


def test_everything_can_be_stopped_and_taken_back(reader: Reader) -> None:
    page = reader.press(reader.leave(), act="everything")
    assert "Nobody here will write to" in page.text
    key = reader.world.subscriber.address_key
    with reader.database.read() as session:
        assert suppressions.active(session, key) == {SuppressionKind.EVERYTHING}

    undone = reader.visitor.post(f"{reader.leave()}/undo", {forms.FIELD: reader.visitor.token})

    assert "Taken back." in undone.text
    assert reader.status() is Status.CONFIRMED
    with reader.database.read() as session:
        assert suppressions.active(session, key) == frozenset()


def test_undo_is_a_button_for_a_day(reader: Reader) -> None:
    reader.visitor.open("POST", reader.one_click())
    reader.clock.forward(timedelta(hours=23))
    assert "Undo" in reader.visitor.get(reader.leave()).text
    reader.clock.forward(timedelta(hours=2))

    assert "Undo" not in reader.visitor.get(reader.leave()).text
    assert "There is nothing to take back." in reader.visitor.post(f"{reader.leave()}/undo").text
    assert reader.status() is Status.LEFT


def test_the_proof_names_the_button_and_the_page(reader: Reader) -> None:
    reader.press(reader.leave(), act="publication")

    with reader.database.read() as session:
        proof = session.scalars(select(Consent)).one()
    assert (proof.words, proof.page) == ("Unsubscribe from The Sheet", "/u/<token>")


def _got(reader: Reader, issue_id: int, topics: list[str]) -> None:
    with reader.database.write() as session:
        edition = Edition(issue_id=issue_id, key="ink", topics=topics, sections=[], size_bytes=1, digest="d")
        session.add(edition)
        session.flush()
        person = reader.world.subscriber.id
        session.add(Chunk(id=1, issue_id=issue_id, lane=0, edition_id=edition.id, n=1, lo=person, hi=person, key="k"))
        session.add(Delivery(issue_id=issue_id, subscriber_id=person, chunk_id=1))
