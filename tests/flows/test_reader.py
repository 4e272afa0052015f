"""A reader's whole walk: sign up, confirm from the mail, choose, read only that, leave with one button, come back."""

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from newsletter import keys
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery import machine
from newsletter.providers.outbox import Outbox, Stored
from tests.delivery.newsroom import Newsroom, open_newsroom
from tests.web.visitors import Visitor

ADDRESS = "ines@example.org"
LINK = re.compile(r"https://news\.example\.org(/[cpunv1]/[\w-]+)")


@dataclass
class Walk:
    """A newsroom, its pages, and one reader with a browser and a mailbox."""

    newsroom: Newsroom
    visitor: Visitor

    def sign_up(self, *topics: str) -> None:
        self.visitor.get("/")
        self.newsroom.forward(seconds=20)
        page = self.visitor.post("/sign-up", {"address": ADDRESS, "name": "Ines", "topic": list(topics)})
        assert "Now look in your mail." in page.text
        self.post()
        assert self.mails()[0].subject in page.text, "the page shows the letter as it stands in the inbox"

    def press(self, path: str, **form: str | list[str]) -> str:
        assert self.visitor.get(path).status_code == 200
        return self.visitor.post(path, dict(form)).text

    def post(self) -> None:
        """The post comes."""
        self.newsroom.forward(minutes=1)
        machine.letters(self.newsroom.runtime)

    def send_issue(self) -> None:
        self.newsroom.forward(minutes=2)
        self.newsroom.launch()
        self.newsroom.send()

    def mails(self) -> list[Stored]:
        """The reader's own mails, newest first."""
        outbox = Outbox(self.newsroom.settings.data_dir / "outbox")
        mine = [entry for entry in outbox.list(10_000).entries if entry.to == ADDRESS]
        found = [outbox.read(entry.delivery_id) for entry in mine]
        return [mail for mail in found if mail is not None]

    def link(self, head: str) -> str:
        """The link of this kind in the newest mail."""
        paths: list[str] = LINK.findall(self.mails()[0].html)
        return next(path for path in paths if path.startswith(f"/{head}/"))

    def header(self, name: str) -> str:
        return dict(self.mails()[0].headers)[name]


@pytest.fixture
def walk(settings: Settings, database: Database) -> Walk:
    ring = keys.make()
    newsroom = open_newsroom(settings, database, ring)
    app: Flask = create_app(settings, database=database, ring=ring, clock=newsroom.clock)
    return Walk(newsroom, Visitor(app))


def test_the_walk_of_a_reader(walk: Walk) -> None:
    walk.sign_up("night-sky")
    assert len(walk.mails()) == 1
    assert "Ines" not in walk.mails()[0].html, "nothing typed is in the confirmation letter"

    assert "You are in." in walk.press(walk.link("c"))
    walk.post()
    assert len(walk.mails()) == 2

    saved = walk.press(walk.link("p"), topic=["harbour-charts"], name="Ines")
    assert "Harbour charts is added. Night sky is gone." in saved

    walk.send_issue()
    issue = walk.mails()[0]
    assert len(walk.mails()) == 3
    assert "Soundings" in issue.html
    assert "A comet" not in issue.html
    assert "Good morning Ines." in issue.html

    assert walk.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    one_click = walk.header("List-Unsubscribe").strip("<>").removeprefix("https://news.example.org")
    answer = walk.visitor.open("POST", one_click, data="List-Unsubscribe=One-Click")
    assert (answer.status_code, answer.headers.get("Location")) == (200, None)

    walk.send_issue()
    assert len(walk.mails()) == 3, "who has left gets nothing"

    walk.newsroom.forward(days=2)
    walk.sign_up("night-sky")
    assert "You are in." in walk.press(walk.link("c"))
    walk.post()
    walk.send_issue()
    assert "A comet" in walk.mails()[0].html
    assert "Soundings" not in walk.mails()[0].html


def test_leaving_with_the_one_button_of_the_page_and_taking_it_back(walk: Walk) -> None:
    walk.sign_up("night-sky", "harbour-charts")
    walk.press(walk.link("c"))
    walk.post()
    walk.send_issue()
    leave = walk.link("u")

    assert "Done. You have left." in walk.press(leave, act="publication")
    assert "Taken back." in walk.visitor.post(f"{leave}/undo").text

    before = len(walk.mails())
    walk.send_issue()
    assert len(walk.mails()) == before + 1


def test_the_mail_in_the_browser_is_the_same_without_the_readers_words(walk: Walk) -> None:
    walk.sign_up("night-sky")
    walk.press(walk.link("c"))
    walk.post()
    walk.send_issue()

    page = walk.visitor.get(walk.link("v"))

    assert page.status_code == 200
    assert "A comet" in page.text
    assert "Soundings" not in page.text
    assert "Good morning reader." in page.text
    assert "Ines" not in page.text
    assert ADDRESS not in page.text
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    assert not re.search(r"/[pu1]/[\w-]{20}", page.text), "nobody's own links"


def test_the_issue_is_in_the_archive_with_every_section(walk: Walk) -> None:
    assert "Nothing has been sent yet." in walk.visitor.get("/archive").text
    walk.send_issue()

    listed = walk.visitor.get("/archive")
    path = re.findall(r'href="(/archive/[\w-]+)"', listed.text)[0]
    article = walk.visitor.get(path)

    assert "First light" in listed.text
    assert article.status_code == 200
    assert "Soundings" in article.text
    assert "A comet" in article.text
    assert 'aria-label="Rating: 3"' in article.text
    assert "Good morning reader." in article.text
    assert walk.visitor.get("/archive?topic=night-sky").text.count(path) == 1
    assert "No issue had a section on this" in walk.visitor.get("/archive?topic=nothing").text
    assert f'Last: <a href="{path}#night-sky">A comet</a>' in walk.visitor.get("/").text
    assert len(article.data) < 30_000


def test_a_private_issue_is_in_no_list_but_opens_from_its_mail(walk: Walk) -> None:
    walk.sign_up("night-sky")
    walk.press(walk.link("c"))
    walk.post()
    issue_id = walk.newsroom.issue("---\ntitle: Secret\nvisibility: private\n---\n\n## Night sky\n\nHush.\n")
    walk.newsroom.launch(issue_id)
    walk.newsroom.send()

    assert "Secret" not in walk.visitor.get("/archive").text
    assert "Hush." in walk.visitor.get(walk.link("v")).text


def test_who_came_too_late_gets_a_new_letter(walk: Walk) -> None:
    walk.sign_up("night-sky")
    walk.newsroom.forward(days=8)
    machine.tick(walk.newsroom.runtime)

    page = walk.visitor.get(walk.link("c"))
    assert "It was good for seven days." in page.text
    walk.visitor.post(f"{walk.link('c')}/again", {"address": ADDRESS})
    walk.post()

    assert "You are in." in walk.press(walk.link("c"))
