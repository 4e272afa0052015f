"""What stands around every page: whose desk it is, its places, what the machine is doing, the colours."""

from typing import NamedTuple

from flask import Flask, request

from newsletter.accounts.models import Editor
from newsletter.web import theme
from newsletter.web.doing import Doing, doing
from newsletter.web.request import editor, now, publication, session


class Place(NamedTuple):
    name: str
    path: str

    @property
    def is_here(self) -> bool:
        return request.path == self.path or request.path.startswith(self.path + "/")


PLACES = (
    Place("Issues", "/desk/issues"),
    Place("People", "/desk/people"),
    Place("Topics", "/desk/topics"),
    Place("Outbox", "/desk/outbox"),
    Place("Settings", "/desk/settings"),
)


def init(app: Flask) -> None:
    app.add_template_global(publication)
    app.add_template_global(editor)
    app.add_template_global(now)
    app.add_template_global(machine_words)
    app.add_template_global(theme.css, "theme_css")
    app.add_template_global(initials)
    app.add_template_global(PLACES, "places")  # type: ignore[arg-type]  # a value may stand there too
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def machine_words() -> Doing:
    return doing(session(), publication(), now())


def initials(who: Editor) -> str:
    """Two letters for the round sign of an editor."""
    words = (who.name or who.address.partition("@")[0] or who.role).replace(".", " ").split()
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()
