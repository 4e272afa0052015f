"""A desk over a newsroom: an editor at a browser without a window, and a worker that runs when the test says so."""

from dataclasses import dataclass

from newsletter import keys
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.issues.models import Issue
from tests.delivery.newsroom import START, Newsroom, open_newsroom
from tests.web.visitors import Visitor


@dataclass
class Newsdesk:
    room: Newsroom
    editor: Visitor  # Marta, who owns the desk
    colleague: Visitor  # Jonas, an editor

    def make_issue(self, text: str | None = None) -> Issue:
        return self.issue(self.room.issue(text) if text is not None else self.room.issue())

    def stranger(self) -> Visitor:
        """Somebody who is not signed in."""
        return Visitor(self.editor.app)

    def issue(self, issue_id: int) -> Issue:
        """The issue as it stands in the database now."""
        with self.room.database.read() as session:
            return session.get_one(Issue, issue_id)


def open_newsdesk(settings: Settings, database: Database) -> Newsdesk:
    ring = keys.make()
    room = open_newsroom(settings, database, ring)
    app = create_app(settings, database=database, ring=ring, clock=room.clock)
    marta = Editor(address="marta@example.org", name="Marta Okafor", role=Role.OWNER, made_at=START)
    jonas = Editor(address="jonas@example.org", name="Jonas", role=Role.EDITOR, made_at=START)
    with database.write() as session:
        session.add_all([marta, jonas])
    return Newsdesk(room, Visitor(app).sign_in(marta, START), Visitor(app).sign_in(jonas, START))
