import pytest

from newsletter import keys, secretbox

SECRETS = {"token": "canary-token-4711", "password": "päßwort"}


def test_what_was_sealed_can_be_opened_with_the_same_ring() -> None:
    ring = keys.make()

    assert secretbox.open_box(ring, secretbox.seal(ring, SECRETS)) == SECRETS


def test_t_priv_2_a_sealed_box_shows_nothing_of_what_is_in_it() -> None:
    sealed = secretbox.seal(keys.make(), SECRETS)

    assert "canary" not in sealed
    assert "token" not in sealed


def test_another_ring_opens_nothing_and_says_what_to_do() -> None:
    sealed = secretbox.seal(keys.make(), SECRETS)

    with pytest.raises(secretbox.CannotOpen, match="give the keys anew"):
        secretbox.open_box(keys.make(), sealed)


def test_a_box_that_was_changed_does_not_open() -> None:
    ring = keys.make()
    sealed = secretbox.seal(ring, SECRETS)

    with pytest.raises(secretbox.CannotOpen):
        secretbox.open_box(ring, sealed[:-6] + "AAAA==")


def test_no_secrets_make_an_empty_box() -> None:
    ring = keys.make()

    assert secretbox.seal(ring, {}) == ""
    assert secretbox.open_box(ring, "") == {}
