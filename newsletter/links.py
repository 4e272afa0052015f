"""Links and ids that only we can make: nothing is stored, everything can be checked.

A token is base64url of version, key number, subject ids and a 128-bit keyed hash. Each purpose has keys of its
own, so a token for one place is noise in another. Old keys verify for ever.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from enum import StrEnum

from newsletter.keys import KeyRing

VERSION = 1
MAC_BYTES = 16
_HEAD = struct.Struct(">BB")


class Purpose(StrEnum):
    """What a token may do; see the page of the same name."""

    DELIVERY = "delivery"  # names one delivery at the provider: issue, subscriber
    LETTER = "letter"  # names one letter at the provider: letter
    UNSUBSCRIBE = "unsubscribe"  # only leaves: publication, subscriber, issue (0: none)
    PREFERENCES = "preferences"  # changes topics and name: publication, subscriber, moment
    CONFIRM = "confirm"  # confirms a sign-up: publication, subscriber, moment
    NEVER = "never"  # "never mail me again" of a confirmation letter: subscriber
    VIEW = "view"  # shows an edition in the browser: issue, edition


class BadToken(ValueError):
    """Not a token of ours for this purpose."""


def make(ring: KeyRing, purpose: Purpose, *ids: int) -> str:
    """A token for `ids` (each 0 or more, below 2^64). At most 64 characters for three ids below 2^42."""
    keys = ring.link_keys(purpose)
    number = len(keys) - 1
    body = _HEAD.pack(VERSION, number) + b"".join(_varint(value) for value in ids)
    return base64.urlsafe_b64encode(body + _mac(keys[number], body)).rstrip(b"=").decode()


def read(ring: KeyRing, purpose: Purpose, token: str, count: int) -> tuple[int, ...]:
    """The `count` ids of a token.

    Raises BadToken for whatever was not made by `make` with this purpose, one of these keys and as many ids;
    only the one canonical spelling passes.
    """
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise BadToken from None
    if len(raw) < _HEAD.size + MAC_BYTES or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise BadToken
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    version, number = _HEAD.unpack_from(body)
    keys = ring.link_keys(purpose)
    if version != VERSION or number >= len(keys) or not hmac.compare_digest(mac, _mac(keys[number], body)):
        raise BadToken
    ids = _integers(body[_HEAD.size :])
    if len(ids) != count:
        raise BadToken
    return ids


def _mac(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, key=key, digest_size=MAC_BYTES).digest()


def _varint(value: int) -> bytes:
    """Seven bits a byte, least first, the high bit on all but the last."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _integers(data: bytes) -> tuple[int, ...]:
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(value)
            value, shift = 0, 0
    if shift:
        raise BadToken
    return tuple(found)
