"""Secrets that have to lie in the database, such as a provider's key: sealed with the key ring's vault key.

Fernet: encrypted and authenticated. Whoever has the database alone cannot read them, nor put others in their
place.
"""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken

from newsletter.keys import KeyRing


class CannotOpen(Exception):
    """What was sealed was sealed with another key ring, or has been changed. The text says what to do."""


def seal(ring: KeyRing, secrets: Mapping[str, str]) -> str:
    """Secrets by name as one line of text; "" for none, so that an empty box looks empty."""
    if not secrets:
        return ""
    return Fernet(ring.vault_key).encrypt(json.dumps(dict(secrets), sort_keys=True).encode()).decode()


def open_box(ring: KeyRing, sealed: str) -> dict[str, str]:
    """The secrets again. Raises CannotOpen."""
    if not sealed:
        return {}
    try:
        found = json.loads(Fernet(ring.vault_key).decrypt(sealed))
    except (InvalidToken, ValueError):
        raise CannotOpen(
            "The stored keys of this provider account cannot be opened: they were sealed with another key ring. "
            "Start with the key ring they were sealed with, or give the keys anew under Settings."
        ) from None
    return {str(name): str(value) for name, value in found.items()}
