"""The headers of our mails, beside From, To and Subject. Pure; values are plain words on one line.

A provider's adapter writes them down and encodes what is not ASCII. The names are those below and no others:
nothing that anybody types can become the name of a header.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from emails.marks import one_line

NAMES = frozenset(
    {
        *("Date", "Message-ID", "Precedence", "Feedback-ID", "Auto-Submitted"),
        *(
            "List-Id",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "List-Post",
            "List-Owner",
            "List-Archive",
            "List-Help",
        ),
    }
)
ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058, section 3.1, to the letter
_LONGEST = 900  # RFC 5322, section 2.1.1: a line has 998 characters at most, its name included
_LONGEST_LIST_ID = 255  # RFC 2919, section 3
_WEB = re.compile(r"https?://[^\s<>,\"]+")
_ADDRESS = re.compile(r"[^\s<>,:\"]+@[^\s<>,:\"]+")
_SENDER_ID = re.compile(r"[A-Za-z0-9_-]{5,15}")


def edition_headers(
    *,
    list_name: str,
    list_label: str,
    sender_address: str,
    issue: str,
    install: str,
    date: datetime,
    owner: str = "",
    archive: str = "",
    help_page: str = "",
) -> dict[str, str]:
    """What all mails of an issue share.

    `list_label` never changes in a newsletter's life; `issue` names the issue, `install` this installation (5 to
    15 characters). `owner` is an e-mail address, `archive` and `help_page` are web addresses: each is left out
    where there is none. Raises ValueError for a part that cannot stand in its header.

    Sources: RFC 2369, RFC 2919; Feedback-ID: Google, "Feedback loop" (answer 6254652).
    """
    found = {
        "Date": format_datetime(date),
        "List-Id": list_id(list_name, list_label, domain_of(sender_address)),
        "List-Post": "NO",
        "Precedence": "bulk",
        "Feedback-ID": feedback_id(issue, list_label, "issue", install),
    }
    if owner:
        found["List-Owner"] = f"<mailto:{_checked(owner, _ADDRESS, 'an e-mail address')}>"
    if archive:
        found["List-Archive"] = _web(archive)
    if help_page:
        found["List-Help"] = _web(help_page)
    return _single_lines(found)


def personal_headers(*, delivery_id: str, sender_address: str, one_click: str) -> dict[str, str]:
    """What differs for each person. `one_click` is https wherever mails really leave (RFC 8058, section 3.1)."""
    found = {
        "Message-ID": message_id(delivery_id, sender_address),
        "List-Unsubscribe": _web(one_click),
        "List-Unsubscribe-Post": ONE_CLICK,
    }
    return _single_lines(found)


def letter_headers(*, letter_id: str, sender_address: str, date: datetime) -> dict[str, str]:
    """The headers of a letter: it belongs to no list, and nobody's machine shall answer it (RFC 3834, section 5)."""
    found = {
        "Date": format_datetime(date),
        "Message-ID": message_id(letter_id, sender_address),
        "Auto-Submitted": "auto-generated",
    }
    return _single_lines(found)


def list_id(name: str, label: str, domain: str) -> str:
    """`Name <label.domain>`, at most 255 octets: a long name is left out, the id never changes."""
    found = f"<{_word(label, 'a list label')}.{domain}>"
    if len(found) > _LONGEST_LIST_ID:
        raise ValueError(f"the List-Id {found} is longer than {_LONGEST_LIST_ID} characters")
    phrase = one_line(name).replace("<", "").replace(">", "")
    if not phrase:
        return found
    quoted = phrase if re.fullmatch(r"[\w ]+", phrase) else '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'
    whole = f"{quoted} {found}"
    return whole if len(whole.encode()) <= _LONGEST_LIST_ID else found


def feedback_id(issue: str, newsletter: str, kind: str, install: str) -> str:
    """`issue:newsletter:kind:install`; nothing in it tells one reader from another."""
    if not _SENDER_ID.fullmatch(install):
        raise ValueError(f"{install!r} cannot be the last part of a Feedback-ID: 5 to 15 letters and digits")
    return ":".join(_word(part, "a part of a Feedback-ID") for part in (issue, newsletter, kind, install))


def message_id(unique: str, sender_address: str) -> str:
    """`<unique@domain of the sender>`."""
    return f"<{_word(unique, 'the left part of a Message-ID')}@{domain_of(sender_address)}>"


def domain_of(address: str) -> str:
    """The domain of an e-mail address in ASCII. Raises ValueError when there is none."""
    _checked(address, _ADDRESS, "an e-mail address")
    domain = address.rpartition("@")[2].lower()
    return domain if domain.isascii() else domain.encode("idna").decode()


def _word(typed: str, what: str) -> str:
    return _checked(typed, re.compile(r"[A-Za-z0-9_.-]+"), what)


def _web(address: str) -> str:
    return f"<{_checked(address, _WEB, 'a web address')}>"


def _checked(typed: str, form: re.Pattern[str], what: str) -> str:
    if not form.fullmatch(typed) or len(typed) > _LONGEST:
        raise ValueError(f"{typed[:80]!r} cannot be {what} in a header")
    return typed


def _single_lines(found: Mapping[str, str]) -> dict[str, str]:
    """`found` with every value on one line; a name that is not ours is a fault of the program."""
    strange = found.keys() - NAMES
    if strange:
        raise ValueError(f"no header of ours: {', '.join(sorted(strange))}")
    return {name: one_line(value) for name, value in found.items()}
