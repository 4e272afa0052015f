import argon2
import pytest

from newsletter.accounts import passwords

WORDS = "seven quiet harbours"


def test_a_password_fits_its_own_hash_and_no_other() -> None:
    stored = passwords.hash_password(WORDS)

    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.fits(stored, WORDS)
    assert not passwords.fits(stored, WORDS + " ")
    assert not passwords.is_old(stored)


@pytest.mark.parametrize("stored", ["", "not a hash", "$argon2id$v=19$m=1,t=1,p=1$broken"])
def test_nothing_fits_where_no_hash_is_stored(stored: str) -> None:
    assert not passwords.fits(stored, "nobody has this password")
    assert not passwords.fits(stored, stored)


def test_a_hash_made_with_less_work_is_old() -> None:
    assert passwords.is_old(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORDS))
