"""S-39a, S-39b, rule S1: link scanners look at every link of every mail, and nothing changes anywhere.

A scanner may also run scripts, so the pages must not submit themselves: they hold no script at all.
"""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import MetaData, select

from newsletter import keys
from newsletter.accounts import editors
from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Base, Database
from newsletter.delivery import letters, machine
from newsletter.delivery.models import LetterKind
from newsletter.providers.outbox import Outbox, Stored
from tests.delivery.newsroom import Newsroom, open_newsroom
from tests.web.visitors import Visitor

URL = re.compile(r"https://news\.example\.org(/[^\s\"'<>)]*)")
SCANNERS = (
    "",
    "curl/8.11",
    "Java/17.0.2",
    "python-requests/2.32",
    "Mozilla/5.0 (compatible; Barracuda Sentinel)",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120 Safari/537.36",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1) SafeLinks",
    "Mimecast/1.0",
    "Proofpoint-URL-Defense",
    "GoogleImageProxy",
    "YahooMailProxy",
    "Slackbot-LinkExpanding 1.0",
)


@pytest.fixture
def newsroom(settings: Settings, database: Database) -> Newsroom:
    return open_newsroom(settings, database, keys.make())


@pytest.fixture
def visitor(newsroom: Newsroom) -> Visitor:
    app: Flask = create_app(newsroom.settings, database=newsroom.database, ring=newsroom.ring, clock=newsroom.clock)
    return Visitor(app)


def test_looking_at_every_link_of_every_mail_changes_nothing(newsroom: Newsroom, visitor: Visitor) -> None:
    paths = sorted(set(mail_links(newsroom, visitor)))
    assert {path.split("/")[1] for path in paths} >= {"c", "n", "p", "u", "1", "v"}
    before = everything(newsroom.database)

    for path in paths:
        for method, agent in [("HEAD", ""), *(("GET", agent) for agent in SCANNERS)]:
            page = visitor.open(method, path, headers={"User-Agent": agent, "Purpose": "prefetch"})
            assert page.status_code in (200, 303), path

    assert everything(newsroom.database) == before


def test_no_page_behind_a_link_of_a_mail_holds_a_script(newsroom: Newsroom, visitor: Visitor) -> None:
    for path in sorted(set(mail_links(newsroom, visitor))):
        page = visitor.get(path).text
        assert "<script" not in page, path
        assert 'http-equiv="refresh"' not in page.lower(), path


def mail_links(newsroom: Newsroom, visitor: Visitor) -> Iterator[str]:
    """The paths of all links of ours in one mail of each kind, text, HTML and headers alike."""
    for mail in mails(newsroom, visitor):
        headers = " ".join(value for _, value in mail.headers)
        for path in URL.findall(" ".join([unescape(mail.html), mail.text, headers])):
            yield path.rstrip(".,")


def mails(newsroom: Newsroom, visitor: Visitor) -> list[Stored]:
    visitor.get("/")
    newsroom.forward(seconds=9)
    visitor.post("/sign-up", {"address": "ines@example.org", "topic": ["night-sky"]})
    write_to_editor(newsroom)
    visitor.get("/preferences")
    newsroom.forward(seconds=9)
    visitor.post("/preferences", {"address": "reader1@example.org"})
    machine.letters(newsroom.runtime)
    confirm = next(path for path in found(newsroom, "ines@example.org") if path.startswith("/c/"))
    visitor.get(confirm)
    visitor.post(confirm)
    machine.letters(newsroom.runtime)
    newsroom.launch()
    newsroom.send()
    outbox = Outbox(newsroom.settings.data_dir / "outbox")
    kinds = {entry.tag.split("-")[0] + entry.tag.split("-")[1][:4]: entry for entry in outbox.list(10_000).entries}
    assert len(kinds) >= 5
    return [mail for entry in kinds.values() if (mail := outbox.read(entry.delivery_id))]


def write_to_editor(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        editor = editors.make(session, address="owner@example.org", role=Role.OWNER, now=newsroom.now)
        letters.write(
            session,
            kind=LetterKind.SIGN_IN,
            publication_id=newsroom.publication_id,
            address=editor.address,
            words={"editor_id": editor.id, "lasts_s": 3600},
            now=newsroom.now,
        )


def found(newsroom: Newsroom, address: str) -> list[str]:
    outbox = Outbox(newsroom.settings.data_dir / "outbox")
    entry = next(entry for entry in outbox.list(10_000).entries if entry.to == address)
    mail = outbox.read(entry.delivery_id)
    assert mail
    return URL.findall(mail.html)


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    tables: MetaData = Base.metadata
    with database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in tables.sorted_tables
        }
