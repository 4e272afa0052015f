"""A connection to an SMTP server: opened with TLS and a login, used for several mails, closed when it grew old."""

import re
import smtplib
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.providers.base import NotSent, Rejected, Scope
from newsletter.providers.smtp_replies import Reply, read
from newsletter.providers.statuses import masked

CONNECT_S = 5.0
COMMAND_S = 30.0  # for each reply before the final dot; giving up there is harmless
WRITE_S = 20.0
DOT_S = 120.0  # after the final dot, where giving up leaves a mail in doubt (RFC 5321, section 4.5.3.2.6)
_IDLE_S = 10.0
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


class Security(StrEnum):
    """How the line is kept from being read on the way."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"  # only to this machine
    EXPOSED = "exposed"  # nothing is, over a network: said so by whoever set it


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where to connect, and as whom. `ca_file`: whom to trust instead of the system's authorities."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


class LineBroken(Exception):
    """The connection ended. The text says what happened, without addresses."""


class Line:
    """Speaks SMTP, one command at a time. Every method but `open` raises LineBroken."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._smtp: smtplib.SMTP | None = None
        self._used = 0.0

    def open(self) -> NotSent | Rejected | None:
        """Be ready for a mail: on the open connection if it is fresh and answers, else on a new one."""
        if self._smtp is not None and time.monotonic() - self._used < _IDLE_S:
            with suppress(LineBroken):
                if self.command("RSET").code == 250:
                    return None
        self.close()
        try:
            self._smtp = self._connected()
        except _Refusal as refusal:
            return refusal.answer
        self._used = time.monotonic()
        return None

    def supports(self, extension: str) -> str | None:
        """The parameters of an extension that the server offers; None when it does not."""
        smtp = self._smtp
        return smtp.esmtp_features.get(extension, "") if smtp and smtp.has_extn(extension) else None

    def command(self, line: str) -> Reply:
        """Send a command and wait for its reply."""
        smtp = self._ready(COMMAND_S)
        try:
            smtp.command_encoding = "ascii" if line.isascii() else "utf-8"
            return read(*smtp.docmd(line))
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error) from error

    def body(self, mail: bytes) -> None:
        """Send a mail and the final dot. When this raises, the dot is not out and the mail cannot be taken."""
        smtp = self._ready(WRITE_S)
        try:
            smtp.send(re.sub(rb"(?m)^\.", b"..", mail) + b".\r\n")
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error) from error

    def reply(self) -> Reply:
        """The reply to the final dot."""
        smtp = self._ready(DOT_S)
        try:
            return read(*smtp.getreply())
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error) from error

    def close(self) -> None:
        if self._smtp is not None:
            with suppress(OSError):
                self._smtp.close()
            self._smtp = None

    def cut(self) -> None:
        """End the connection from another thread: every wait on it returns at once."""
        sock = self._smtp.sock if self._smtp else None
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _ready(self, timeout_s: float) -> smtplib.SMTP:
        smtp = self._smtp
        if smtp is None or smtp.sock is None:
            raise LineBroken("The connection is closed.")
        smtp.sock.settimeout(timeout_s)
        self._used = time.monotonic()
        return smtp

    def _broken(self, error: Exception) -> LineBroken:
        self.close()
        late = "timed out" in str(error)
        return LineBroken(f"{self._account.host} {'did not reply in time' if late else 'broke the connection off'}.")

    def _connected(self) -> smtplib.SMTP:
        """A new connection, past TLS and login. Raises _Refusal."""
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._greeted()
            if smtp.sock:
                smtp.sock.settimeout(COMMAND_S)
            smtp.ehlo_or_helo_if_needed()
            if self._account.security is Security.STARTTLS:
                smtp.starttls(context=self._context())
                smtp.ehlo_or_helo_if_needed()
            if self._account.username:
                smtp.login(self._account.username, self._account.password)
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()
            raise _refusal(error, self._account) from error
        return smtp

    def _greeted(self) -> smtplib.SMTP:
        account, name = self._account, _own_name()
        if account.security is Security.TLS:
            context = self._context()
            return smtplib.SMTP_SSL(account.host, account.port, name, timeout=CONNECT_S, context=context)
        return smtplib.SMTP(account.host, account.port, name, timeout=CONNECT_S)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._account.ca_file or None)


class _Refusal(Exception):
    """No connection, and what that means for everything that waits to be sent over it."""

    def __init__(self, answer: NotSent | Rejected) -> None:
        super().__init__(answer.words)
        self.answer = answer


def _refusal(error: Exception, account: Account) -> _Refusal:
    host = f"{account.host}:{account.port}"
    match error:
        case smtplib.SMTPAuthenticationError() if error.smtp_code >= 500:
            return _account_fault(
                "auth", f"{host} does not accept this user and password. {_said(error)}", error.smtp_code
            )
        case smtplib.SMTPNotSupportedError():
            what = "a login" if "AUTH" in str(error) else "STARTTLS"
            return _account_fault("unsupported", f"{host} does not offer {what}.")
        case ssl.SSLError():
            return _account_fault(
                "tls", f"{host} could not be trusted: its certificate or its encryption is not right."
            )
        case FileNotFoundError():
            return _account_fault("tls", f"The file of trusted certificates, {account.ca_file}, is not there.")
        case smtplib.SMTPResponseException():
            words = f"{host} turned us away. {_said(error)}"
            return _Refusal(NotSent(words=words, status=error.smtp_code))
        case _:
            return _Refusal(NotSent(words=f"{host} could not be reached."))


def _account_fault(reason: str, words: str, status: int | None = None) -> _Refusal:
    return _Refusal(Rejected(scope=Scope.ACCOUNT, reason=reason, words=words, status=status))


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    return masked(f"{error.smtp_code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}")


def _own_name() -> str:
    """This machine’s name for EHLO, without asking anybody: a look-up may take half a minute."""
    name = socket.gethostname()
    return name if _HOST_NAME.fullmatch(name) else "localhost"
