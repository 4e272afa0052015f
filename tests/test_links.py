"""Tokens of links: nobody else can make one, none works for another purpose, none ever ends by itself."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import keys, links
from newsletter.keys import KeyRing
from newsletter.links import BadToken, Purpose

RING = keys.make()
IDS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(IDS, st.sampled_from(list(Purpose)))
def test_a_token_tells_the_ids_it_was_made_of(ids: list[int], purpose: Purpose) -> None:
    token = links.make(RING, purpose, *ids)

    assert links.read(RING, purpose, token, len(ids)) == tuple(ids)
    assert set(token) <= set(ALPHABET)


@given(st.lists(st.integers(0, 2**42 - 1), min_size=3, max_size=3))
def test_a_token_is_short_enough_for_every_provider(ids: list[int]) -> None:
    assert len(links.make(RING, Purpose.DELIVERY, *ids)) <= 64


def test_t_tok_1_every_token_that_differs_in_one_letter_is_refused() -> None:
    token = links.make(RING, Purpose.UNSUBSCRIBE, 7, 123456, 40)

    for at in range(len(token)):
        for letter in ALPHABET.replace(token[at], ""):
            with pytest.raises(BadToken):
                links.read(RING, Purpose.UNSUBSCRIBE, token[:at] + letter + token[at + 1 :], 3)


@given(IDS, st.data())
def test_t_tok_1_no_mutation_is_accepted(ids: list[int], data: st.DataObject) -> None:
    token = links.make(RING, Purpose.PREFERENCES, *ids)
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(token)), st.integers(0, len(token)))))
    changed = token[:start] + data.draw(st.text(st.sampled_from(ALPHABET + "=+/%. é\n"), max_size=6)) + token[end:]

    if changed != token:
        with pytest.raises(BadToken):
            links.read(RING, Purpose.PREFERENCES, changed, len(ids))


@given(st.text())
def test_t_tok_1_no_text_is_a_token(text: str) -> None:
    with pytest.raises(BadToken):
        links.read(RING, Purpose.VIEW, text, 2)


@given(st.binary(max_size=60))
def test_t_tok_1_no_bytes_are_a_token(raw: bytes) -> None:
    with pytest.raises(BadToken):
        links.read(RING, Purpose.VIEW, base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), 2)


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{}\n", "{}\x00", "%s{}"])
def test_only_the_one_spelling_passes(spelling: str) -> None:
    with pytest.raises(BadToken):
        links.read(RING, Purpose.VIEW, spelling.format(links.make(RING, Purpose.VIEW, 1, 2)), 2)


@pytest.mark.parametrize("made", list(Purpose))
@pytest.mark.parametrize("asked", list(Purpose))
def test_t_tok_2_a_token_of_one_purpose_is_noise_for_every_other(made: Purpose, asked: Purpose) -> None:
    token = links.make(RING, made, 1, 2, 3)

    if made is asked:
        assert links.read(RING, asked, token, 3) == (1, 2, 3)
    else:
        with pytest.raises(BadToken):
            links.read(RING, asked, token, 3)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_token_of_another_number_of_ids_is_refused(count: int) -> None:
    with pytest.raises(BadToken):
        links.read(RING, Purpose.VIEW, links.make(RING, Purpose.VIEW, 1, 2), count)


def test_t_tok_3_a_link_works_after_three_rotations_of_the_keys() -> None:
    token = links.make(RING, Purpose.UNSUBSCRIBE, 7, 9, 0)
    ring = RING.with_new_link_key().with_new_link_key().with_new_link_key()

    assert links.read(ring, Purpose.UNSUBSCRIBE, token, 3) == (7, 9, 0)
    assert links.make(ring, Purpose.UNSUBSCRIBE, 7, 9, 0) != token


def test_a_token_of_a_newer_key_is_refused_by_an_older_ring() -> None:
    token = links.make(RING.with_new_link_key(), Purpose.UNSUBSCRIBE, 7, 9, 0)

    with pytest.raises(BadToken):
        links.read(RING, Purpose.UNSUBSCRIBE, token, 3)


def test_another_installation_s_token_is_refused() -> None:
    other: KeyRing = keys.make()

    with pytest.raises(BadToken):
        links.read(RING, Purpose.UNSUBSCRIBE, links.make(other, Purpose.UNSUBSCRIBE, 7, 9, 0), 3)
