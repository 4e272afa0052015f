import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.subscribers import rules


@pytest.mark.parametrize(
    "typed",
    [
        "v.ictim@example.org",
        "victim+1@example.org",
        "VICTIM+2@Example.ORG",
        "vic.tim+x+y@example.org",
        "ｖictim@example.org",
        "victim％x@example.org",
    ],
)
def test_t_bomb_3_spellings_of_one_mailbox_count_as_one_for_the_caps(typed: str) -> None:
    assert rules.mailbox(typed) == "victim@example.org"


def test_a_mailbox_of_nothing_but_a_tag_keeps_its_name() -> None:
    assert rules.mailbox("+1@example.org") == "+1@example.org"


def test_different_mailboxes_stay_different() -> None:
    assert rules.mailbox("ines@example.org") != rules.mailbox("inez@example.org")
    assert rules.mailbox("ines@example.org") != rules.mailbox("ines@example.net")


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", ""),
    ],
)
def test_a_network_is_a_household_or_an_office(ip: str, network: str) -> None:
    assert rules.network(ip) == network


def test_a_keyed_hash_needs_its_key_and_nothing_stays_nothing() -> None:
    assert rules.keyed("192.0.2.0/24", b"one") != rules.keyed("192.0.2.0/24", b"two")
    assert rules.keyed("", b"one") == ""


def test_a_form_that_says_or_offers_something_else_has_another_version() -> None:
    versions = {
        rules.form_version("I agree", ["Maps"]),
        rules.form_version("I agree.", ["Maps"]),
        rules.form_version("I agree", ["Maps", "Ink"]),
        rules.form_version("I agree", ["MapsInk"]),
    }

    assert len(versions) == 4


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ines \t Adeyemi\r\nBcc: x ", "Ines Adeyemi Bcc: x"),
        ("Ada\x00\u202egnp.exe", "Adagnp.exe"),
        ("نسترن‌جهان", "نسترن‌جهان"),
        ("x" * 200, "x" * 80),
        ("", ""),
    ],
)
def test_a_name_is_one_visible_line(typed: str, kept: str) -> None:
    assert rules.name(typed) == kept


@given(st.text(max_size=300))
@example("0\r\U00018d09 0")  # what vanishes between two spaces leaves one
def test_a_name_that_was_cleaned_stays_as_it_is(typed: str) -> None:
    once = rules.name(typed)

    assert rules.name(once) == once
    assert len(once) <= rules.LONGEST_NAME
    assert not set(once) & set("\r\n\x00\u2028")
