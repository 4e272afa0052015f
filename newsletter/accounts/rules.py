"""How long a sign-in lasts, which role includes which, and what a password must be."""

from datetime import datetime, timedelta
from enum import StrEnum

LIFETIME = timedelta(days=14)  # of a sign-in, whatever happens
IDLE = timedelta(hours=12)  # without doing anything
SHORTEST = 12
LONGEST = 1000  # hashing costs the more the longer

# What people try first where twelve characters are asked for. Digits and signs at the end do not make it better.
_WORDS = """
    password passwordpassword passw0rd letmein letmeinletmein welcome welcomewelcome qwertyuiop qwertyqwerty
    administrator adminadmin iloveyou changeme changemechangeme newsletter newsletternewsletter mypassword
    abcdefghijkl abcabcabcabc asdfghjkl sunshine football trustno1 correcthorsebatterystaple
"""
_COMMON = frozenset(_WORDS.split())
_TAIL = "0123456789!?.,-_*#$%&+= "


class Role(StrEnum):
    """What an editor may do; each includes the ones before it."""

    VIEWER = "viewer"
    EDITOR = "editor"  # writes issues
    PUBLISHER = "publisher"  # launches, imports people
    OWNER = "owner"  # settings, provider accounts, editors


_ORDER = list(Role)


def includes(role: Role, wanted: Role) -> bool:
    """Say whether `role` may do what `wanted` may."""
    return _ORDER.index(role) >= _ORDER.index(wanted)


def is_over(made_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Say whether a sign-in has ended: 12 hours without doing anything, 14 days at most."""
    return now - seen_at >= IDLE or now - made_at >= LIFETIME


def complaint(password: str, address: str = "") -> str:
    """What is wrong with a password that somebody wants to use, as a sentence; empty when nothing is.

    No rule about kinds of characters: length is what counts (NIST SP 800-63B, 5.1.1.2).
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. Three or four words you can remember do well."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if _is_guessable(password.casefold(), address.casefold()):
        return "This is among the first that somebody would try. Use words that do not belong together."
    return ""


def _is_guessable(password: str, address: str) -> bool:
    bare = password.strip(_TAIL)
    name, _, domain = address.partition("@")
    known = {part for part in (name, domain, address) if len(part) >= 3}
    return len(set(password)) < 4 or bare in _COMMON or bare in known or password.strip() in known
