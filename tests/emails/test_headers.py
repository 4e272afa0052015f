"""The contract of our headers, rule by rule. R and G are the rules of RFC 2369, 2919, 8058 and of Gmail."""

import email
import email.headerregistry
import email.policy
import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emails import headers

AT = datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=1)))
ONE_CLICK = "https://example.org/1/AbC-d_9"
HOSTILE = st.text(alphabet=st.sampled_from(list('ab \r\n\x00\u2028\u2029\x85<>",:;\ud800é=?')), max_size=60)


def edition(**changed: str) -> dict[str, str]:
    words = {
        "list_name": "Paper Trails",
        "list_label": "paper-trails",
        "sender_address": "post@news.example.org",
        "issue": "issue42",
        "install": "k3v9x2m8q1w7",
        "owner": "editor@example.org",
        "archive": "https://example.org/archive",
    }
    return headers.edition_headers(date=AT, **{**words, **changed})


def personal(delivery_id: str = "AbC-d_9", one_click: str = ONE_CLICK) -> dict[str, str]:
    return headers.personal_headers(
        delivery_id=delivery_id, sender_address="post@news.example.org", one_click=one_click
    )


def letter() -> dict[str, str]:
    return headers.letter_headers(letter_id="l1", sender_address="post@news.example.org", date=AT)


def raw(found: dict[str, str]) -> email.message.EmailMessage:
    source = "".join(f"{name}: {value}\n" for name, value in found.items()) + "\nbody\n"
    return email.message_from_string(source, policy=email.policy.default)


def test_r1_a_list_that_nobody_can_post_to_says_so_and_names_only_what_exists() -> None:
    assert edition()["List-Post"] == "NO"
    assert edition()["List-Owner"] == "<mailto:editor@example.org>"
    assert edition()["List-Archive"] == "<https://example.org/archive>"
    assert not {"List-Owner", "List-Archive", "List-Help"} & edition(owner="", archive="").keys()


def test_r2_each_header_stands_once_and_its_addresses_stand_in_brackets_without_space() -> None:
    message = raw({**edition(), **personal()})

    for name in headers.NAMES - {"Auto-Submitted", "List-Help"}:
        assert len(message.get_all(name) or []) == 1, name
    for name in ("List-Unsubscribe", "List-Archive", "List-Owner"):
        assert re.fullmatch(r"<[a-z]+:[^\s<>]+>", {**edition(), **personal()}[name])


@pytest.mark.parametrize("name", ["Paper Trails", 'Quay & Sons, "Ltd"', "Brücke", "", "a<b>c"])
def test_r3_the_list_id_is_a_phrase_and_an_id_in_brackets(name: str) -> None:
    found = edition(list_name=name)["List-Id"]

    assert re.fullmatch(r'(?:(?:[\w ]+|"(?:[^"\\]|\\.)*") )?<paper-trails\.news\.example\.org>', found)


def test_r4_the_list_id_is_short_and_does_not_change_with_the_name() -> None:
    long = edition(list_name="é" * 200)["List-Id"]

    assert long == "<paper-trails.news.example.org>"
    assert len(edition(list_name="x" * 200)["List-Id"].encode()) <= 255
    with pytest.raises(ValueError, match="longer than 255"):
        edition(list_label="a" * 250)


def test_r5_the_pair_for_one_click_is_exact() -> None:
    assert personal()["List-Unsubscribe"] == "<https://example.org/1/AbC-d_9>"
    assert personal()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_r6_neither_of_the_pair_is_shared_so_that_both_are_signed_in_every_mail() -> None:
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post"} & edition().keys()
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"} <= personal().keys()


def test_r11_the_address_holds_the_reader_as_a_token_and_nothing_else() -> None:
    assert "@" not in personal()["List-Unsubscribe"]


def test_r16_a_letter_has_no_list_headers_that_would_not_work() -> None:
    assert letter().keys() == {"Date", "Message-ID", "Auto-Submitted"}


def test_r17_message_ids_are_unique_and_of_the_senders_domain() -> None:
    assert personal()["Message-ID"] == "<AbC-d_9@news.example.org>"
    assert personal("other")["Message-ID"] != personal()["Message-ID"]
    assert headers.message_id("x", "post@bücher.example") == "<x@xn--bcher-kva.example>"


def test_r17_the_date_is_the_moment_with_its_offset() -> None:
    assert edition()["Date"] == "Fri, 20 Nov 2026 09:30:00 +0100"
    assert parsedate_to_datetime(edition()["Date"]).astimezone(UTC) == AT


def test_r19_letters_say_that_no_person_sent_them_and_editions_that_many_did_get_them() -> None:
    assert letter()["Auto-Submitted"] == "auto-generated"
    assert "Auto-Submitted" not in edition()
    assert edition()["Precedence"] == "bulk"


def test_g17_the_feedback_id_has_four_parts_and_names_no_reader() -> None:
    found = edition()["Feedback-ID"]

    assert found == "issue42:paper-trails:issue:k3v9x2m8q1w7"
    assert 5 <= len(found.split(":")[3]) <= 15
    assert "Feedback-ID" not in personal()


@pytest.mark.parametrize("install", ["abcd", "a" * 16, "a b c d e", "abc:de"])
def test_g17_a_sender_id_that_gmail_would_not_take_is_refused(install: str) -> None:
    with pytest.raises(ValueError, match="5 to 15"):
        edition(install=install)


@given(HOSTILE)
@example("x\r\nBcc: a@example.net")
@example("x" * 10_000)
def test_t_hdr_1_and_2_no_word_adds_a_header_or_a_line(words: str) -> None:
    for change in ("list_name", "list_label", "sender_address", "issue", "owner", "archive"):
        try:
            found = edition(**{change: words})
        except ValueError:
            continue
        assert found.keys() <= headers.NAMES
        assert all(not re.search("[\r\n\x00\x85\u2028\u2029\ud800-\udfff]", value) for value in found.values())
        assert set(raw(found).keys()) == found.keys()


@given(HOSTILE)
def test_t_hdr_1_no_token_or_link_adds_a_header(words: str) -> None:
    for given_words in ({"delivery_id": words}, {"one_click": f"https://example.org/{words}"}):
        try:
            found = personal(**given_words)
        except ValueError:
            continue
        assert set(raw(found).keys()) == found.keys() == personal().keys()


@pytest.mark.parametrize("name", ['a" <x@example.net>', "a, b <x@example.net>", "a\\", "a <x@example.net>,", "(c) d"])
def test_t_hdr_3_a_name_never_adds_an_address(name: str) -> None:
    found = edition(list_name=name)["List-Id"]
    as_if_an_address = found.replace("paper-trails.news.example.org", "id@example.org")

    parsed: Any = email.headerregistry.HeaderRegistry()("To", as_if_an_address)
    assert [address.addr_spec for address in parsed.addresses] == ["id@example.org"]
