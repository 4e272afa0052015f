"""What the program logs: ids, never addresses or tokens.

Whoever writes a log line leaves them out; this is the net below, which covers other people's libraries and
tracebacks too.
"""

import logging
import re
import sys

from newsletter import addresses

FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_LOGIN = re.compile(r"://[^/\s@]+@")  # redis://:password@host
_ADDRESS = re.compile(r"""[^\s@<>,;:="'()\[\]{}/*]+@[^\s@<>,;:"'()\[\]{}/]+""")
_NAMED = re.compile(
    r"""(?i)\b([\w-]*(?:password|secret|token|api[_-]?key|authorization))(["']?\s*[:=]\s*["']?)"""
    r"""(?:(?:bearer|basic)\s+)?[^\s"',;&]+"""
)
_SCHEME = re.compile(r"""(?i)\b(bearer|basic)\s+[\w.~+/=-]+""")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,}")


def redact(text: str) -> str:
    """Shorten addresses to `a***@example.org`, and cut whatever looks like a secret or a link's token."""
    text = _LOGIN.sub("://***@", text)
    text = _ADDRESS.sub(lambda found: addresses.mask(found[0]), text)
    text = _NAMED.sub(r"\1\2***", text)
    text = _SCHEME.sub(r"\1 ***", text)
    return _TOKEN.sub(_cut, text)


def _cut(found: re.Match[str]) -> str:
    """A word this long is a name when it is all small letters, else a token: four characters find it again."""
    word = found[0]
    return word if re.fullmatch(r"[a-z_-]+|-+|_+", word) else f"{word[:4]}…"


class Formatter(logging.Formatter):
    """Redacts the whole line, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def setup(level: str) -> None:
    """Log to standard error, from every library. Doing it twice replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(FORM))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
