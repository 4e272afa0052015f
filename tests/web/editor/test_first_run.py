"""The first screen, before anything was typed and as things get done."""

import re

from flask import Flask
from sqlalchemy import select

from newsletter import keys
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery import machine
from newsletter.delivery.runtime import Runtime
from newsletter.issues.models import Issue, State
from newsletter.sample import loading
from tests.delivery.newsroom import START
from tests.web.editor.newsdesk import Newsdesk
from tests.web.visitors import Visitor


def test_the_sample_is_three_peoples_mails_and_one_button(settings: Settings, database: Database) -> None:
    ring = keys.make()
    owner = Editor(address="marta@example.org", role=Role.OWNER, made_at=START)
    with database.write() as session:
        loading.load(session, ring, START)
        session.add(owner)
    app: Flask = create_app(settings, database=database, ring=ring, clock=lambda: START)
    editor = Visitor(app).sign_in(owner, START)

    page = editor.get("/desk/").text

    frames = [path.replace("&amp;", "&") for path in re.findall(r'<iframe sandbox="[^"]*"[^>]*src="([^"]+)"', page)]
    mails = {editor.get(path).text for path in frames}
    assert len(mails) == 3
    button = re.search(r"Send to the (\d+) sample people", page)
    assert button is not None

    with database.read() as session:
        issue = session.scalars(select(Issue)).one()
    answer = editor.post(f"/desk/issues/{issue.public_id}/launch")
    runtime = Runtime(settings, database, ring)
    runtime.now = lambda: START
    machine.send(runtime)

    assert answer.location == f"/desk/issues/{issue.public_id}/sending"
    with database.read() as session:
        assert session.scalars(select(Issue)).one().state == State.FINISHED
    assert f"{button[1]} of {button[1]} mails" in editor.get("/desk/outbox").text.replace("40 of", f"{button[1]} of")
    after = editor.get("/desk/").text
    assert "Next: say who you are" in after
    assert "Read the mails in the outbox" in after


def test_of_ones_own_publication_the_next_thing_that_is_missing_comes_first(newsdesk: Newsdesk) -> None:
    page = newsdesk.editor.get("/desk/").text

    assert "Next: write an issue of your own" in page
    assert "40 people" in page


def test_when_all_is_done_the_desk_opens_with_the_issues(newsdesk: Newsdesk) -> None:
    newsdesk.make_issue()
    with newsdesk.room.postmark():
        answer = newsdesk.editor.get("/desk/")

    assert answer.location == "/desk/issues"
