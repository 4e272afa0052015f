"""Addresses: what is one, and when two are the same mailbox."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import addresses
from newsletter.addresses import BadAddress

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  <Ada.Reader+maps@EXAMPLE.org> ", "Ada.Reader+maps@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("jo\u0308rg@example.org", "jörg@example.org"),
    ],
)
def test_an_address_is_read_as_we_mail_it(typed: str, read: str) -> None:
    assert addresses.read(typed) == read


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "no address here"),
        ("   ", "no address here"),
        ("ada", "not a mail address"),
        ("ada@", "not a mail address"),
        ("@example.org", "not a mail address"),
        ("ada@example,org", "did you mean ada@example.org?"),
        ("ada reader@example.org", "a space in this address"),
        ("ada@example.org\nBcc: bo@example.org", "a space in this address"),
        ("a" * 250 + "@example.org", "the longest there can be has 254"),
        ("ada@example.org,bo@example.org", "not a mail address"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(typed: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why.replace("?", r"\?")):
        addresses.read(typed)


@given(st.text())
def test_reading_gives_an_address_or_a_sentence(typed: str) -> None:
    try:
        read = addresses.read(typed)
    except BadAddress as error:
        said = str(error)
    else:
        said = "."
        assert addresses.read(read) == read
        assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in read)

    assert said.endswith((".", "?"))


@pytest.mark.parametrize("other", ["ADA@example.org", "ada@EXAMPLE.org", "Ada@example.org"])
def test_case_and_form_do_not_make_another_mailbox(other: str) -> None:
    assert addresses.identity(other) == addresses.identity("ada@example.org")


@pytest.mark.parametrize("other", ["a.da@example.org", "ada+1@example.org", "ada@example.net", "аda@example.org"])
def test_dots_plus_signs_and_look_alikes_do(other: str) -> None:
    assert addresses.identity(other) != addresses.identity("ada@example.org")


@given(st.emails())
def test_the_key_of_a_mailbox_follows_its_identity(address: str) -> None:
    assert addresses.key(address, KEY) == addresses.key(addresses.identity(address), KEY)
    assert addresses.key(address, KEY) != addresses.key(address, b"another" * 4)


@given(st.emails())
def test_a_masked_address_names_nobody(address: str) -> None:
    local, _, domain = address.rpartition("@")

    assert addresses.mask(address) == f"{local[:1]}***@{domain}"
