"""Mail addresses: one function reads what was typed, one says whether two are the same mailbox.

Pure. Everything that stores or compares an address goes through here, never through SQL's lower(): databases
differ in what they think a small letter is.
"""

import hashlib
import unicodedata

from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets


class BadAddress(ValueError):
    """What was typed is no address. The text says why, in words for the person who typed it."""


def read(typed: str) -> str:
    """The address as we mail it: trimmed, NFC, the domain in lower case and IDNA form.

    The part before the @ stays as typed, since only its owner's server knows what case means there.
    Raises BadAddress with a sentence.
    """
    trimmed = unicodedata.normalize("NFC", typed).strip().strip("<>")
    if not trimmed:
        raise BadAddress("There is no address here.")
    if len(trimmed) > LONGEST:
        raise BadAddress(f"This address has {len(trimmed)} characters; the longest there can be has {LONGEST}.")
    if trimmed.count("@") == 1 and "," in trimmed.partition("@")[2]:
        raise BadAddress("There is a comma where a dot belongs: did you mean " + trimmed.replace(",", ".") + "?")
    if any(letter.isspace() for letter in trimmed):
        raise BadAddress("There is a space in this address.")
    try:
        checked = validate_email(trimmed, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise BadAddress(f"This is not a mail address: {str(error)[0].lower()}{str(error)[1:]}") from None
    return f"{checked.local_part}@{checked.ascii_domain.lower()}"


def identity(address: str) -> str:
    """Equal for two spellings of one mailbox: case and Unicode form do not matter, dots and plus signs do."""
    local, _, domain = unicodedata.normalize("NFC", address).rpartition("@")
    return f"{unicodedata.normalize('NFC', local.casefold())}@{domain.lower()}"


def key(address: str, secret: bytes) -> str:
    """Keyed hash of the mailbox's identity: what is kept when the address itself must go. 32 hex digits."""
    return hashlib.blake2b(identity(address).encode(), key=secret, digest_size=16).hexdigest()


def mask(address: str) -> str:
    """For logs and messages: `a***@example.org` names nobody and still helps to find a mistake."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}"
