"""Bytes to text: what somebody uploads or names on the command line. Pure."""

from __future__ import annotations

import codecs
import re

from newsletter.issues.document.source import normalise

LONGEST_BYTES = 1024 * 1024  # of the text as UTF-8; no mail can be as long
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_FILES = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a packed file, such as a Word document"),
    (b"\xd0\xcf\x11\xe0", "an old Word document"),
    (b"{\\rtf", "a rich text document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a packed file"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UTF8_PAIRS = re.compile(rb"[\xc3-\xf4][\x80-\xbf]{1,3}")
_MOST_HIGH = 0.3  # of all bytes: a Western text in Latin-1 has a few letters with accents, not more


class Unreadable(Exception):
    """The bytes are no text that we can read. The message is a sentence that says what to do."""


def read_text(data: bytes) -> str:
    """Read a text in UTF-8, UTF-16, UTF-32 or, where it can be told, Latin-1 (Windows-1252).

    Raises Unreadable for an empty file, a binary one, one over 1 MiB, and one whose encoding cannot be told.
    """
    if len(data) > 4 * LONGEST_BYTES:
        raise _too_long(len(data))
    if not data.strip(b" \t\r\n"):
        raise Unreadable("The file is empty. Choose the file that has the issue's text in it.")
    for start, name in _OTHER_FILES:
        if data.startswith(start):
            raise Unreadable(f"The file is {name}, not a text. Save it as plain text or Markdown and try again.")
    text = normalise(_decoded(data))
    if len(text.encode()) > LONGEST_BYTES:
        raise _too_long(len(data))
    if not text.strip():
        raise Unreadable("The file is empty. Choose the file that has the issue's text in it.")
    return text


def _decoded(data: bytes) -> str:
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None) or _without_bom(data)
    if not encoding and _CONTROLS.search(data):
        raise Unreadable("The file is no text but binary data. Save it as plain text or Markdown and try again.")
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise Unreadable(
                f"The file begins like {encoding.upper()}, but byte {error.start} does not fit. "
                "Save it as UTF-8 and try again."
            ) from None
    return _western(data)


def _without_bom(data: bytes) -> str | None:
    """UTF-16 without its mark: Latin letters leave every other byte zero."""
    even, odd = data[0:2000:2], data[1:2000:2]
    if not odd:
        return None
    if odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.6 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _western(data: bytes) -> str:
    """Read Windows-1252, of which Latin-1 is the greater part, unless it is more likely something else."""
    high = sum(1 for byte in data if byte > 0x7F)
    pairs = _UTF8_PAIRS.findall(data)
    if sum(map(len, pairs)) > high / 2:
        line = data[: _first_fault(data)].count(b"\n") + 1
        raise Unreadable(f"The file is UTF-8 with broken letters, first in line {line}. Save it as UTF-8 again.")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if not text or high > _MOST_HIGH * len(data):
        raise Unreadable("We cannot tell in which encoding the file is. Save it as UTF-8 and try again.")
    return text


def _first_fault(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _too_long(size_bytes: int) -> Unreadable:
    size = f"{size_bytes / 1024 / 1024:.1f}".removesuffix(".0")
    return Unreadable(f"The file has {size} MB, and an issue has at most 1 MB. Put pictures in as links, or split it.")
