"""Any SMTP server: one message a reader, each stage of it judged for itself.

Until the final dot is out a mail cannot have been taken; after it, silence means that it may have been
(RFC 1047). So one broken line leaves at most one mail in doubt, and the mails behind it are untouched.
"""

import hashlib
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.providers.base import (
    Accepted,
    Answer,
    Answered,
    Batch,
    Doubt,
    Facts,
    NotSent,
    OnResult,
    Problem,
    Recipient,
    Refused,
    Rejected,
    Result,
    Scope,
    Shape,
    Unclear,
    Untouched,
)
from newsletter.providers.mime import Mails, wire_address
from newsletter.providers.smtp_line import Account, Line, LineBroken
from newsletter.providers.smtp_replies import Reply, Stage, judge
from newsletter.providers.statuses import masked

FACTS = Facts(
    name="smtp",
    title="SMTP",
    doubt=Doubt.PLAIN,
    shape=Shape.SINGLE,
    max_recipients=20,
    max_bytes=64 << 20,
)
_QUEUED = re.compile(r"queued as (\S{1,80})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds for a batch. A mail that is begun in time ends, at the slowest, within `total_s`."""

    last_start_s: float = 70.0
    total_s: float = 300.0


class SmtpProvider:
    """Sends through one server. `bounce_address` is the envelope's sender; empty: the sender's own address."""

    facts = FACTS

    def __init__(self, account: Account, bounce_address: str = "", limits: Limits | None = None) -> None:
        self._line = Line(account)
        self._bounce_address = bounce_address
        self._limits = limits or Limits()

    def size(self, batch: Batch) -> int:
        mails = Mails(batch)
        return sum(len(mails.write(one)) for one in batch.recipients if wire_address(one.address))

    def digest(self, batch: Batch) -> str:
        mails = Mails(batch)
        total = hashlib.sha256()
        for recipient in batch.recipients:
            if wire_address(recipient.address):
                total.update(mails.write(recipient))
        return total.hexdigest()

    def send(self, batch: Batch, on_result: OnResult | None = None) -> Answer:
        closed = self._line.open()
        if closed:
            return closed
        watch = threading.Timer(self._limits.total_s, self._line.cut)
        watch.daemon = True
        watch.start()
        try:
            results, stopped = self._send(batch, on_result)
        finally:
            watch.cancel()
        return _whole(results) if stopped == 0 else Answered(results=results)

    def _send(self, batch: Batch, on_result: OnResult | None) -> tuple[list[Result], int | None]:
        """A result for each recipient, and the position of the mail after which no other was begun."""
        mails = Mails(batch)
        sender = self._bounce_address or batch.sender.address
        ends = time.monotonic() + self._limits.last_start_s
        results: list[Result] = []
        stopped: int | None = None
        for position, recipient in enumerate(batch.recipients):
            if stopped is not None:
                result: Result = _not_begun(results[stopped])
            elif position and time.monotonic() > ends:
                result = Untouched(words="The server is so slow that there was no time left for this mail.")
            else:
                result, stop = self._one(mails, recipient, sender)
                stopped = position if stop else None
            results.append(result)
            if on_result:
                on_result(position, result)
        return results, stopped

    def _one(self, mails: Mails, recipient: Recipient, sender: str) -> tuple[Result, bool]:
        """The result for one mail, and whether to stop after it."""
        address = wire_address(recipient.address)
        if address is None:
            words = "This is not an address that a mail can be sent to."
            return Refused(scope=Scope.RECIPIENT, reason="invalid_address", words=words), False
        if not address.isascii() and self._line.supports("smtputf8") is None:
            words = "The server cannot mail addresses with letters beyond ASCII before the @."
            return Refused(scope=Scope.RECIPIENT, reason="unsupported_address", words=words), False
        mail = mails.write(recipient)
        limit = self._line.supports("size") or ""
        if limit.isdecimal() and 0 < int(limit) < len(mail):
            words = f"The mail has {len(mail)} bytes and the server takes at most {limit}."
            return Refused(scope=Scope.MESSAGE, reason="too_large", words=words), False
        try:
            refusal = self._until_data(sender, address, len(mail))
            if refusal:
                return refusal
            self._line.body(mail)
        except LineBroken as error:
            return Untouched(words=str(error)), True
        return self._after_the_dot()

    def _until_data(self, sender: str, address: str, size: int) -> tuple[Result, bool] | None:
        """Say who it is from and for, and ask to begin. None: the server waits for the mail. Raises LineBroken."""
        commands = (
            (Stage.MAIL, f"MAIL FROM:<{sender}>{self._options(sender, address, size)}", (250,)),
            (Stage.RCPT, f"RCPT TO:<{address}>", (250, 251)),
            (Stage.DATA, "DATA", (354,)),
        )
        for stage, command, consent in commands:
            reply = self._line.command(command)
            if reply.code not in consent:
                verdict = judge(stage, reply)
                if not verdict.stop:
                    self._line.command("RSET")
                return verdict.result, verdict.stop
        return None

    def _options(self, sender: str, address: str, size: int) -> str:
        options = "" if self._line.supports("size") is None else f" SIZE={size}"
        if not (sender + address).isascii():
            options += " SMTPUTF8"
            if self._line.supports("8bitmime") is not None:
                options += " BODY=8BITMIME"
        return options

    def _after_the_dot(self) -> tuple[Result, bool]:
        try:
            reply = self._line.reply()
        except LineBroken as error:
            return Unclear(words=f"The mail was handed over and no answer came: {error}"), True
        if 200 <= reply.code < 300:
            return Accepted(provider_id=_queue_id(reply)), False
        if not 400 <= reply.code < 600:
            self._line.close()
            return Unclear(words="The mail was handed over and the answer cannot be read."), True
        verdict = judge(Stage.DATA, reply)
        return verdict.result, verdict.stop

    def find(self, delivery_id: str) -> bool | None:
        """A server cannot be asked: None."""
        return None

    def check(self) -> Sequence[Problem]:
        closed = self._line.open()
        self._line.close()
        match closed:
            case NotSent():
                return [Problem(what=closed.words, mend="Check host and port, and whether a firewall is in between.")]
            case Rejected(reason="auth"):
                return [Problem(what=closed.words, mend="Type user and password again.")]
            case Rejected():
                return [
                    Problem(what=closed.words, mend="Choose another kind of encryption, or ask who runs the server.")
                ]
            case None:
                return []

    def close(self) -> None:
        self._line.close()


def _whole(results: list[Result]) -> Answer:
    """The answer when nothing followed the first mail: if it was not taken, neither was the batch."""
    match results[0]:
        case Untouched(words=words, wait_s=wait_s):
            return NotSent(words=words, wait_s=wait_s)
        case Refused(scope=scope, reason=reason, words=words):
            return Rejected(scope=scope, reason=reason, words=words)
        case _:
            return Answered(results=results)


def _not_begun(cause: Result) -> Untouched:
    wait_s = cause.wait_s if isinstance(cause, Untouched) else None
    return Untouched(words="This mail was not begun, because the one before it ended the call.", wait_s=wait_s)


def _queue_id(reply: Reply) -> str:
    match = _QUEUED.search(reply.words)
    return match[1] if match else masked(reply.words)[:100]
