"""What an SMTP server's reply says about one mail, at each stage.

Source: RFC 5321, section 4.2; RFC 3463 for the enhanced codes after the reply code.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.providers.base import Refused, Scope, Untouched
from newsletter.providers.statuses import masked

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_QUOTA_WAIT_S = 3600.0


class Stage(StrEnum):
    """How far the mail had come when the server replied."""

    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # the command, and the reply after the final dot


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply. Code -1: it could not be read."""

    code: int
    words: str

    @property
    def enhanced(self) -> str:
        match = _ENHANCED.match(self.words)
        return match[1] if match else ""

    def __str__(self) -> str:
        return masked(f"{self.code} {self.words}")


def read(code: int, words: bytes) -> Reply:
    return Reply(code, words.decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a refusal means for this mail, and whether to stop here: the next would meet the same."""

    result: Refused | Untouched
    stop: bool


def judge(stage: Stage, reply: Reply) -> Verdict:
    """What a reply that is no consent means. Before and at the final dot a refused mail is certainly not taken."""
    said = str(reply)
    if reply.code < 500:
        wait_s = _QUOTA_WAIT_S if "quota" in reply.words.lower() else None
        return Verdict(Untouched(words=said, wait_s=wait_s), stop=reply.code == 421 or stage is not Stage.RCPT)
    scope, reason = _refusal(stage, reply)
    return Verdict(Refused(scope=scope, reason=reason, words=said), stop=scope is Scope.ACCOUNT)


def _refusal(stage: Stage, reply: Reply) -> tuple[Scope, str]:
    if reply.code in (530, 534, 535, 538):
        return Scope.ACCOUNT, "auth"
    if reply.enhanced == "5.4.5":
        return Scope.ACCOUNT, "quota_day"
    if reply.enhanced == "5.3.4" or (stage is not Stage.RCPT and reply.code == 552):
        return Scope.MESSAGE, "too_large"
    match stage:
        case Stage.MAIL:
            return Scope.ACCOUNT, "sender"
        case Stage.RCPT:
            return _recipient(reply)
        case Stage.DATA:
            if reply.enhanced.startswith(("5.1.", "5.2.")):
                return _recipient(reply)
            return Scope.MESSAGE, "bad_content"


def _recipient(reply: Reply) -> tuple[Scope, str]:
    """Only an answer about the mailbox itself says that an address is dead. Policy (5.7) is about us."""
    if "relay" in reply.words.lower():
        return Scope.ACCOUNT, "relaying_denied"
    if reply.enhanced == "5.2.2" or (reply.code == 552 and not reply.enhanced):
        return Scope.RECIPIENT, "mailbox_full"
    if reply.enhanced.startswith(("5.1.", "5.2.")):
        return Scope.RECIPIENT, "invalid_address"
    if not reply.enhanced and reply.code in (550, 551, 553):
        return Scope.RECIPIENT, "invalid_address"
    return Scope.MESSAGE, "policy"
