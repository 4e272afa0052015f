"""A recipient's mail as bytes: RFC 5322 headers and a multipart/alternative of text and HTML.

Written by hand rather than by `email.message`, for three reasons: its folding turns long links in List-Unsubscribe
into encoded words that no mailbox provider understands, its quoted-printable is a hundred times slower than
`binascii`'s, and its boundaries are random, while the same batch must give the same bytes. The tests read
every mail back with `email.message`.

All bodies are quoted-printable, so a mail is 7-bit whatever the letters in it and passes any server unchanged.
"""

import binascii
import hashlib
import re
from collections.abc import Mapping
from email.header import Header

from emails.filling import Pieces, Slot, join
from newsletter.providers.base import Batch, Recipient

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_ATOM = r"[^\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff<>()\[\]\\,;:\"@]+"
_ADDRESS = re.compile(f"({_ATOM})@({_ATOM})")
_SPECIALS = re.compile(r"[()<>\[\]:;@\\,.\"]")
_LINE = 78  # RFC 5322 2.1.1: lines should not be longer, without their CRLF


def single_line(value: str) -> str:
    """`value` without anything that could end a header: controls and line separators become one space."""
    return _CONTROLS.sub(" ", value).strip()


def wire_address(address: str) -> str | None:
    """`address` as it goes over the wire, its domain in ASCII; None when it could not name exactly one mailbox.

    A local part beyond ASCII is kept (SMTPUTF8, RFC 6531); ask `isascii()`.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or len(address) > 320:
        return None
    local, domain = match.groups()
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None


def mailbox(name: str, address: str) -> str:
    """`name <address>` with the name quoted where it must be; letters beyond ASCII stay as they are."""
    plain = single_line(name)
    if not plain:
        return address
    if _SPECIALS.search(plain):
        plain = '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{plain} <{address}>"


def header(name: str, value: str) -> str:
    """One header with its CRLF: folded at spaces, beyond ASCII as RFC 2047 encoded words.

    A part in angle brackets at the end (an address, a List-Id) is never encoded. Raises ValueError for a name
    that is none: names come from our own code.
    """
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a header")
    plain = single_line(value)
    if plain.isascii() and "=?" not in plain:
        return _folded(f"{name}: {plain}") + "\r\n"
    phrase, bracket, rest = plain.rpartition(" <")
    if not (bracket and rest.endswith(">") and name != "Subject"):
        return f"{name}: {_encoded(plain, len(name) + 2)}\r\n"
    return f"{name}: {_encoded(_unquoted(phrase), len(name) + 2)}\r\n <{rest}\r\n"


def _encoded(words: str, used: int) -> str:
    return Header(words, "utf-8", maxlinelen=76, header_name="x" * (used - 2)).encode(linesep="\r\n")


def _unquoted(phrase: str) -> str:
    if len(phrase) > 1 and phrase[0] == phrase[-1] == '"':
        return re.sub(r"\\(.)", r"\1", phrase[1:-1])
    return phrase


def _folded(line: str) -> str:
    """`line` broken before spaces, so that taking the breaks out again gives `line`."""
    if len(line) <= _LINE:
        return line
    first, *words = re.split(r" (?=[^ ])", line)
    done: list[str] = []
    now = first
    for word in words:
        if len(now) + 1 + len(word) > _LINE and now.strip() and not now.endswith(":"):
            done.append(now)
            now = ""
        now += f" {word}"
    return "\r\n".join([*done, now])


class Mails:
    """The mails of one batch. What is the same for all is written and encoded once."""

    def __init__(self, batch: Batch) -> None:
        sender = batch.sender
        shared = [header("From", mailbox(sender.name, sender.address))]
        if sender.reply_to:
            shared.append(header("Reply-To", sender.reply_to))
        shared += [header(name, value) for name, value in batch.headers.items()]
        self._shared = "".join(shared)
        self._subject = batch.template.subject
        self._text = _Part("plain", batch.template.text)
        self._html = _Part("html", batch.template.html)

    def write(self, recipient: Recipient) -> bytes:
        """The mail to one recipient, whose address `wire_address` has accepted.

        Letters beyond ASCII stand only in a To with such a local part. Raises KeyError when a slot has no value.
        """
        boundary = "=_" + hashlib.sha256(recipient.delivery_id.encode()).hexdigest()[:40]
        head = (
            self._shared
            + f"To: {wire_address(recipient.address)}\r\n"
            + header("Subject", join(self._subject, recipient.values))
            + "".join(header(name, value) for name, value in recipient.headers.items())
            + header("X-Delivery", recipient.delivery_id)
            + "MIME-Version: 1.0\r\n"
            + f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
        )
        mark = f"--{boundary}\r\n".encode()
        end = f"--{boundary}--\r\n".encode()
        text, html = self._text.write(recipient.values), self._html.write(recipient.values)
        return b"".join((head.encode(), mark, text, mark, html, end))


class _Part:
    """A body in quoted-printable, which works line by line: lines without a slot are encoded only once."""

    def __init__(self, subtype: str, pieces: Pieces) -> None:
        self._runs: list[bytes | Pieces] = [
            f"Content-Type: text/{subtype}; charset=utf-8\r\n".encode(),
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
        ]
        line: list[str | Slot] = []
        for piece in pieces:
            if isinstance(piece, Slot):
                line.append(piece)
                continue
            end, break_, rest = piece.replace("\r\n", "\n").replace("\r", "\n").partition("\n")
            line.append(end + break_)
            if break_:
                self._add(line)
                whole, break_, end = rest.rpartition("\n")
                self._add([whole + break_])
                line = [end]
        self._add([*line, "\n"])

    def _add(self, pieces: list[str | Slot]) -> None:
        if any(isinstance(piece, Slot) for piece in pieces):
            self._runs.append(tuple(pieces))
        else:
            self._runs.append(_quoted(join(tuple(pieces), {})))

    def write(self, values: Mapping[str, str]) -> bytes:
        return b"".join(run if isinstance(run, bytes) else _quoted(join(run, values)) for run in self._runs)


def _quoted(lines: str) -> bytes:
    broken = lines.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return binascii.b2a_qp(broken.encode("utf-8", "replace"), istext=True)
