"""An SMTP server that takes mails and delivers none, with faults on demand at each stage.

Strict: one reader a message, CRLF and lines of RFC 5322 only, and mails of a list with the one-click pair of
RFC 8058 and a link that is its reader's own.
"""

import asyncio
import itertools
import re
import ssl
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from newsletter.clock import now
from newsletter.simulator import faults
from newsletter.simulator.faults import Fault, Script
from newsletter.simulator.mailroom import Mailroom, Taken

_ONE_CLICK = "List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the server offers. `login` is the one user and password that it knows; None: nobody need sign in."""

    tls: str = "none"  # none, starttls or tls
    login: tuple[str, str] | None = None
    largest: int = 10 << 20
    utf8: bool = True


class SmtpServer:
    """A server on 127.0.0.1, in a thread of its own until the block ends."""

    def __init__(
        self,
        mailroom: Mailroom,
        script: Script | None = None,
        options: Options | None = None,
        port: int = 0,
    ) -> None:
        self.mailroom = mailroom
        self.script = script or Script(faults.SMTP)
        self.options = options or Options()
        self.last_sender = ""  # of the envelope
        self.certificate, context = ("", None) if self.options.tls == "none" else _self_signed()
        self._controller = _Controller(self, context, port)

    @property
    def port(self) -> int:
        return self._controller.port

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


def serve_smtp(
    port: int,
    witness: Path | None = None,
    *,
    script: Sequence[str] = (),
    options: Options | None = None,
    stop: Event | None = None,
) -> None:
    """Serve until `stop` is set (or for ever). Raises BadFault, and OSError when the port is taken."""
    with SmtpServer(Mailroom(witness), Script(faults.SMTP, script), options, port):
        (stop or Event()).wait()


class _Controller(Controller):
    def __init__(self, simulator: SmtpServer, context: ssl.SSLContext | None, port: int) -> None:
        self._simulator = simulator
        self._context = context
        implicit = context if simulator.options.tls == "tls" else None
        super().__init__(_Handler(simulator), hostname="127.0.0.1", port=port, ssl_context=implicit)

    @property
    def real_port(self) -> int:
        """The port that was given, or chosen by the system for 0."""
        server = self.server
        if not isinstance(server, asyncio.Server):
            raise TypeError("The server has not been started.")
        return int(server.sockets[0].getsockname()[1])

    def factory(self) -> SMTP:
        options = self._simulator.options
        smtp = _Smtp(
            self.handler,
            data_size_limit=options.largest,
            enable_SMTPUTF8=options.utf8,
            hostname="simulator",
            ident="Simulator",
            tls_context=self._context if options.tls == "starttls" else None,
            auth_required=options.login is not None,
            authenticator=self._authenticate,
            loop=self.loop,
        )
        smtp._auth_require_tls = options.tls == "starttls"  # it cannot see TLS from the start
        return smtp

    def _trigger_server(self) -> None:
        """It calls itself to see that all is well, which needs the port that the system chose."""
        self.port = self.real_port
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._simulator.options.login, handled=False)


class _Smtp(SMTP):
    """The server of one connection. The fault of a message is chosen when it begins."""

    fault = Fault()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 -- named by aiosmtpd
        if (self.fault.kind, self.fault.value) == ("drop", "data"):
            self.drop()
        elif self.fault.kind == "data":
            await self.push(self.fault.value)
        else:
            await super().smtp_DATA(arg)

    def drop(self) -> None:
        """Break the line at once."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class _Handler:
    def __init__(self, simulator: SmtpServer) -> None:
        self._simulator = simulator
        self._numbers = itertools.count(1)

    async def handle_MAIL(  # noqa: N802 -- named by aiosmtpd
        self, server: _Smtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._simulator.mailroom.requests += 1
        server.fault = self._simulator.script.next()
        self._simulator.last_sender = address
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return _reply(server, "mail", "250 OK")

    async def handle_RCPT(  # noqa: N802 -- named by aiosmtpd
        self, server: _Smtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "550 5.6.0 One reader a message: two would see each other"
        reply = _reply(server, "rcpt", "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: _Smtp, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = server.fault
        mail, problem = self._read(envelope)
        if mail is None:
            return f"554 5.6.0 {problem}"
        if fault.kind in ("none", "slow") or fault.taken:
            self._simulator.mailroom.take([mail], time.monotonic())
        if fault.kind == "slow":
            await asyncio.sleep(float(fault.value))
        return _reply(server, "dot", f"250 2.0.0 OK: queued as {mail.provider_id}")

    def _read(self, envelope: Envelope) -> tuple[Taken | None, str]:
        source = envelope.original_content or b""
        message = message_from_string(source.decode("utf-8", "replace"), policy=policy.SMTPUTF8)
        address = envelope.rcpt_tos[0]
        problem = _problem(source, message, address) or self._foreign_link(message, address)
        if problem:
            return None, problem
        bodies = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
        number = next(self._numbers)
        return (
            Taken(
                request=f"s-{number}",
                provider_id=f"Q{number:08X}",
                delivery_id=str(message.get("X-Delivery", "")),
                sender=str(message["From"]),
                address=address.lower(),
                subject=str(message["Subject"]),
                headers={name: str(value) for name, value in message.items()},
                html=bodies.get("text/html", ""),
                text=bodies.get("text/plain", ""),
            ),
            "",
        )

    def _foreign_link(self, message: EmailMessage, address: str) -> str:
        link = str(message.get("List-Unsubscribe", ""))
        if link and self._simulator.mailroom.owner_of_link(link, address.lower()) != address.lower():
            return "This List-Unsubscribe link belongs to another reader"
        return ""


def _reply(server: _Smtp, stage: str, well: str) -> str:
    if server.fault.kind == "drop" and server.fault.value == stage:
        server.drop()
    return server.fault.value if server.fault.kind == stage else well


def _problem(source: bytes, message: EmailMessage, address: str) -> str:
    """What is wrong with a mail; empty: nothing."""
    if re.search(rb"\r(?!\n)|(?<!\r)\n", source):
        return "A line ends in something else than CRLF"
    if max(map(len, source.split(b"\r\n"))) > 998:
        return "A line is longer than 998"
    once = ("From", "To", "Subject", "Date", "Message-ID")
    wrong = [name for name in once if len(message.get_all(name, [])) != 1]
    if wrong:
        return f"There is not exactly one {wrong[0]}"
    if [mailbox.addr_spec for mailbox in message["To"].addresses] != [address]:
        return "To does not name the one reader"
    if message.get("List-Id") and message.get("List-Unsubscribe-Post") != _ONE_CLICK:
        return "A mail of a list needs List-Unsubscribe-Post"
    if message.get("List-Unsubscribe-Post") and not re.search(r"<https://[^<>\s]+>", message["List-Unsubscribe"] or ""):
        return "List-Unsubscribe has no https link"
    return ""


def _self_signed() -> tuple[str, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that is its own authority, in PEM, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulator")])
    moment = now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:  # ssl reads certificates from files only; this one is 0600
        file.write(pem + secret)
        file.flush()
        context.load_cert_chain(file.name)
    return pem.decode(), context
