"""Each provider with the place where its mails arrive, so that one suite can ask all of them the same."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from emails.filling import Pieces, Place, Slot, Template
from newsletter.providers.base import Batch, Provider, Recipient, Sender
from newsletter.providers.catalogue import open_provider
from newsletter.providers.http import Limits
from newsletter.providers.outbox import Outbox
from newsletter.providers.postmark import PostmarkProvider
from newsletter.providers.smtp import SmtpProvider
from newsletter.providers.smtp_line import Account, Security
from newsletter.simulator.faults import SMTP, Script
from newsletter.simulator.mailroom import Mailroom
from newsletter.simulator.postmark import Postmark
from newsletter.simulator.postmark_rules import Server
from newsletter.simulator.postmark_server import PostmarkServer
from newsletter.simulator.smtp_server import Options, SmtpServer

NAME_HTML = Slot("name", Place.HTML, "reader")
NAME_TEXT = Slot("name", Place.TEXT, "reader")
NAME_HEADER = Slot("name", Place.HEADER, "reader")
LINK = Slot("unsubscribe", Place.URL)
HTML: Pieces = ("<p>Hello ", NAME_HTML, '</p>\n<p><a href="https://news.example.org/u/', LINK, '">leave</a></p>\n')
TEXT: Pieces = ("Hello ", NAME_TEXT, ",\nleave: https://news.example.org/u/", LINK, "\n.\nend\n")
LETTER = Template(subject=("News for ", NAME_HEADER), html=HTML, text=TEXT)


@dataclass(frozen=True)
class Arrived:
    """A mail as its reader would find it."""

    address: str
    delivery_id: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        return {key.lower(): value for key, value in self.headers.items()}.get(name.lower(), "")


class World(Protocol):
    provider: Provider

    def arrived(self) -> list[Arrived]: ...

    def count(self) -> int: ...

    def empty(self) -> None: ...


class OutboxWorld:
    def __init__(self, folder: Path) -> None:
        self.provider: Provider = open_provider("outbox", {}, {}, folder)
        self.outbox = Outbox(folder / "outbox")

    def arrived(self) -> list[Arrived]:
        stored = [self.outbox.read(entry.delivery_id) for entry in self.outbox.list(10_000).entries]
        return [
            Arrived(one.to, one.delivery_id, one.subject, one.html, one.text, dict(one.headers))
            for one in stored
            if one
        ]

    def count(self) -> int:
        return self.outbox.count()

    def empty(self) -> None:
        self.outbox.clear()


class SimulatorWorld:
    def __init__(self, provider: Provider, mailroom: Mailroom, script: Script) -> None:
        self.provider = provider
        self.mailroom = mailroom
        self.script = script

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(mail.address, mail.delivery_id, mail.subject, mail.html, mail.text, mail.headers)
            for mail in self.mailroom.mails()
        ]

    def count(self) -> int:
        return self.mailroom.counts()["deliveries"]

    def empty(self) -> None:
        self.mailroom.clear()
        self.script.clear()


class PostmarkWorld(SimulatorWorld):
    def __init__(self, server: PostmarkServer, provider: Provider) -> None:
        super().__init__(provider, server.postmark.mailroom, server.script)
        self.server = server
        self.settings: Server = server.postmark.server


class SmtpWorld(SimulatorWorld):
    def __init__(self, server: SmtpServer, provider: Provider) -> None:
        super().__init__(provider, server.mailroom, server.script)
        self.server = server


@contextmanager
def outbox(folder: Path) -> Iterator[OutboxWorld]:
    yield OutboxWorld(folder)


@contextmanager
def postmark(folder: Path, limits: Limits | None = None, profile: str = "searchable") -> Iterator[PostmarkWorld]:
    with PostmarkServer(Postmark(Mailroom(folder / "witness"), profile=profile)) as server:
        token = server.postmark.server.token
        provider = PostmarkProvider(token, base_url=server.url, limits=limits)
        yield PostmarkWorld(server, provider)
        provider.close()


@contextmanager
def smtp(folder: Path, options: Options | None = None) -> Iterator[SmtpWorld]:
    with SmtpServer(Mailroom(folder / "witness"), Script(SMTP), options) as server:
        provider = SmtpProvider(Account(host="127.0.0.1", port=server.port, security=Security.PLAIN))
        yield SmtpWorld(server, provider)
        provider.close()


def recipient(number: int, name: str = "", *, address: str = "", template: Template = LETTER) -> Recipient:
    """One reader with a link of his own and a word that nobody else's mail may hold: `canary-<number>-`."""
    token = f"canary-{number}-token"
    return Recipient(
        delivery_id=f"d-{number}",
        address=address or f"reader{number}@example.net",
        headers={
            "Message-ID": f"<d-{number}@news.example.org>",
            "List-Unsubscribe": f"<https://news.example.org/u/{token}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        values=template.values({"name": name or f"canary-{number}-name", "unsubscribe": token}),
    )


def batch(
    recipients: Sequence[Recipient], template: Template = LETTER, key: str = "chunk-1", tag: str = "issue-7"
) -> Batch:
    return Batch(
        key=key,
        sender=Sender(name="Kérbstone, “News”", address="news@example.org", reply_to="editor@example.org"),
        headers={
            "List-Id": "Kerbstone <kerbstone.news.example.org>",
            "List-Post": "NO",
            "Date": "Wed, 25 Nov 2026 09:00:00 +0000",
        },
        template=template,
        recipients=recipients,
        tag=tag,
    )
