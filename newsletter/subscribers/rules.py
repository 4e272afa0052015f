"""Decisions about people that need no database."""

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

CONFIRM_WITHIN = timedelta(days=7)  # after that the sign-up is forgotten
UNDO_WITHIN = timedelta(hours=24)  # a leaving or a change can be taken back by the same link
LONGEST_NAME = 80

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # Persian and Indic names need them


def name(typed: str) -> str:
    """A name as we keep it: one line, no control or invisible characters, at most 80 characters."""
    spaced = unicodedata.normalize("NFC", re.sub(r"\s", " ", typed))
    seen = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _UNSEEN)
    return re.sub(" +", " ", seen).strip()[:LONGEST_NAME].strip()


def mailbox(address: str) -> str:
    """What the caps on letters take for one mailbox: plus tags, dots, case and width do not count.

    Only for counting. Two people may really own `ab@` and `a.b@`; at worst they share a cap.
    """
    local, _, domain = unicodedata.normalize("NFKC", address).casefold().rpartition("@")
    plain = re.split(r"[+%]", local, maxsplit=1)[0].replace(".", "")
    return f"{plain or local}@{domain}"


def network(ip: str) -> str:
    """The /24 or /64 around an address, which is about one household or office; empty for what is no address."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    width = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, width), strict=False))


def keyed(text: str, secret: bytes) -> str:
    """Keyed hash, 32 hex digits; empty stays empty."""
    return hashlib.blake2b(text.encode(), key=secret, digest_size=16).hexdigest() if text else ""


def form_version(words: str, topics: Sequence[str]) -> str:
    """Names a form by what it said and offered; any change gives another name."""
    told = "\0".join([words, *topics])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
