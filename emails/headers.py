"""The headers a newsletter's mail has beside the ones every mail has. Pure.

Names come from this module alone and values are single lines, whatever was typed: a reader's or an editor's
words can add no header. Providers and MIME get them as they are here.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime

ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058, section 3.1, byte for byte
_LABEL = re.compile(r"[^a-z0-9-]+")
_LINES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def edition_headers(
    *,
    list_name: str,
    list_label: str,
    sender_address: str,
    owner: str,
    archive: str,
    issue: str,
    install: str,
    date: datetime,
) -> dict[str, str]:
    """What all mails of one issue share.

    List-Id (RFC 2919) is made of the label, which never changes, and the sender's domain. Feedback-ID (Gmail) is
    issue : newsletter : kind : installation, and holds nothing that names a reader.
    """
    found = {
        "Date": format_datetime(date.astimezone(UTC)),
        "List-Id": list_id(list_name, list_label, sender_address),
        "List-Unsubscribe-Post": ONE_CLICK,
        "List-Post": "NO",
        "Feedback-ID": f"{_word(issue)}:{_word(list_label)}:issue:{sender_id(install)}",
        "Precedence": "bulk",
    }
    if archive.startswith(("http://", "https://")):
        found["List-Archive"] = f"<{one_line(archive)}>"
    if owner:
        found["List-Owner"] = f"<mailto:{one_line(owner)}>"
        found["List-Help"] = f"<mailto:{one_line(owner)}?subject=help>"
    return found


def personal_headers(*, delivery_id: str, sender_address: str, one_click: str) -> dict[str, str]:
    """What differs: the mail's own id, in the sender's domain, and this reader's way out (one HTTPS address)."""
    return {
        "Message-ID": message_id(delivery_id, sender_address),
        "List-Unsubscribe": f"<{one_line(one_click)}>",
    }


def letter_headers(*, letter_id: str, sender_address: str, date: datetime) -> dict[str, str]:
    """For a letter: somebody's own act caused it, no list did (RFC 3834, section 5)."""
    return {
        "Date": format_datetime(date.astimezone(UTC)),
        "Message-ID": message_id(letter_id, sender_address),
        "Auto-Submitted": "auto-generated",
    }


def message_id(unique: str, sender_address: str) -> str:
    """An id that no other mail has, in the domain the mail is from (RFC 5322, section 3.6.4)."""
    return f"<{unique}@{domain_of(sender_address)}>"


def list_id(name: str, label: str, sender_address: str) -> str:
    """`Name <label.domain>` (RFC 2919, section 2), at most 255 characters."""
    phrase = one_line(name).replace("\\", "").replace('"', "'").encode("ascii", "replace").decode()
    inner = f"<{_word(label)}.{domain_of(sender_address)}>"
    return f'"{phrase[: 252 - len(inner)]}" {inner}' if phrase.strip("? ") else inner


def sender_id(install: str) -> str:
    """The installation's part of Feedback-ID: 5 to 15 letters and digits that never change."""
    return re.sub(r"[^a-z0-9]", "0", install.lower()).ljust(5, "0")[:15]


def domain_of(address: str) -> str:
    return one_line(address).rpartition("@")[2].lower() or "localhost"


def one_line(value: str) -> str:
    """`value` without line breaks and control characters."""
    return _LINES.sub(" ", value).strip()


def _word(value: str) -> str:
    return _LABEL.sub("-", value.lower()).strip("-") or "newsletter"
