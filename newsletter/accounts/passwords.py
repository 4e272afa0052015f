"""Passwords: Argon2id. Hashing takes a fifth of a second on purpose: never do it while holding the writer's turn."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# m = 64 MiB, t = 3, p = 1: above the least that OWASP's Password Storage Cheat Sheet asks for.
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def fits(stored: str, password: str) -> bool:
    """Say whether a password is the one stored. With nothing stored it takes as long and says no."""
    try:
        return _hasher.verify(stored or _nobodys(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_old(stored: str) -> bool:
    """Say whether a stored hash was made with weaker numbers than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
