"""Every page there is, as a browser finds it: for the pictures and for the audit.

A page is an address and, where it is the answer to a form, what is typed, ticked and pressed to get there.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter import links
from newsletter.delivery.models import Chunk, Delivery, Edition, LetterKind
from newsletter.issues.models import Issue
from newsletter.links import Purpose
from newsletter.providers.outbox import Outbox, Stored
from newsletter.web import cookie
from tests.showroom import PAST, READER, Showroom, Stage, open_showroom


class Whose(StrEnum):
    READER = "reader"
    DESK = "desk"
    MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`path` is what follows the host; a mail's is a whole address. `press` are the words of buttons, in turn."""

    name: str
    whose: Whose
    room: Showroom
    path: str
    press: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)  # by the field's name
    tick: str = ""  # value of a checkbox

    @property
    def address(self) -> str:
        return self.path if self.whose is Whose.MAIL else self.room.address + self.path

    @property
    def is_answer(self) -> bool:
        """Whether it is the answer to a form, so that its address alone does not lead to it."""
        return bool(self.press)


NOT_PAGES = {
    "public.alive": "a word for a machine",
    "public.ready": "a word for a machine",
    "public.picture": "a picture",
    "public.view_in_browser": "a mail; the mails themselves are in the list",
    "public.static_file": "a style sheet or script",
    "editor.mail_of": "a mail; the mails themselves are in the list",
    "editor.outbox_frame": "a mail; the mails themselves are in the list",
    "editor.outbox_file": "a file to keep",
    "editor.show_progress": "a part of the page about sending",
    "editor.import_progress": "a part of the page about an import",
    "editor.import_verdicts": "a file to keep",
}


@contextmanager
def open_pages() -> Iterator[list[Page]]:
    """Every page, in installations that live as long as this does. What presses a button comes last."""
    with tempfile.TemporaryDirectory(prefix="newsletter-pages-") as folder, ExitStack() as rooms:
        opened = {stage: rooms.enter_context(open_showroom(Path(folder) / stage, stage)) for stage in Stage}
        busy = opened[Stage.BUSY]
        found = [*_readers(busy), *_desk(busy), *_other_days(opened), *_mails(busy, Path(folder))]
        yield sorted(found, key=lambda page: page.is_answer)


def enter(browser: Chrome, page: Page) -> None:
    """Open a page, as an editor where it is the desk's."""
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    if page.whose is Whose.DESK:
        held = {"name": cookie.name(page.room.settings), "value": page.room.secret, "url": page.room.address}
        browser.execute_cdp_cmd("Network.setCookie", held)
    browser.get(page.address)
    for name, words in page.typed.items():
        browser.find_element(By.NAME, name).send_keys(words)
    if page.tick:
        _click(browser, f"//input[@value='{page.tick}']")
    for words in page.press:
        _click(browser, f"//button[contains(normalize-space(), '{words}')]")


def _click(browser: Chrome, path: str) -> None:
    """By script, so that nothing that floats is in the way; waits for the page that comes."""
    browser.execute_script("arguments[0].click()", browser.find_element(By.XPATH, path))


def _readers(room: Showroom) -> Iterator[Page]:
    ids, page = room.ids, partial(Page, whose=Whose.READER, room=room)
    plain = {
        "sign-up": "/",
        "ask-for-link": "/preferences",
        "archive": "/archive",
        "archive-topic": "/archive?topic=radio",
        "issue": f"/archive/{ids['sample']}",
        "privacy": "/privacy",
        "confirm": ids["c"],
        "confirmed": ids["c-done"],
        "confirm-over": ids["c-over"],
        "never": ids["n"],
        "preferences": ids["p"],
        "leave": ids["u"],
        "leave-one-click": ids["1"],
        "left-before": ids["u-left"],
        "missing": "/archive/nothing-here",
    }
    for name, path in plain.items():
        yield page(name=name, path=path)
    typed = {"address": "mirja@example.net"}
    yield page(name="sign-up-wrong", path="/", typed=typed, press=("Sign up",))
    yield page(name="check-your-mail", path="/", typed=typed, tick="night-sky", press=("Sign up",))
    yield page(name="asked", path="/preferences", typed=typed, press=("Send me the link",))
    yield page(name="preferences-saved", path=ids["p"], tick="radio", press=("Save changes",))
    yield page(name="paused", path=ids["p"], press=("Pause",))
    yield page(name="came-back", path=ids["u"], press=("Unsubscribe", "Undo"))
    yield page(name="left", path=ids["u"], press=("Unsubscribe",))
    yield page(name="never-again", path=ids["n"], press=("Never mail me again",))


def _desk(room: Showroom) -> Iterator[Page]:
    ids = room.ids
    issue = {name: f"/desk/issues/{ids[name]}" for name in ("draft", "findings", "scheduled", "paused", "sample")}
    doubtful, person = f"/desk/issues/{ids['doubtful']}", f"/desk/people/{ids['reader']}"
    mail = f"/desk/outbox/{_mail(room, READER, 'preferences').delivery_id}"
    plain = {
        "issues": "/desk/issues",
        "issues-search": "/desk/issues?q=frost",
        "new-issue": "/desk/issues/new",
        "compose": issue["draft"],
        "compose-edition": f"{issue['draft']}?show=some&topics=night-sky&topics=radio&form=dark",
        "compose-text": f"{issue['draft']}?show=all&form=text",
        "compose-findings": issue["findings"],
        "versions": f"{issue['draft']}/versions",
        "version": f"{issue['draft']}/versions/1",
        "pictures": f"{issue['draft']}/pictures",
        "launch": f"{issue['draft']}/launch",
        "launch-findings": f"{issue['findings']}/launch",
        "scheduled": f"{issue['scheduled']}/sending",
        "sending-paused": f"{issue['paused']}/sending",
        "stop": f"{issue['paused']}/stop",
        "report": f"{issue['sample']}/report",
        "report-unknown": f"{doubtful}/report",
        "report-people": f"{doubtful}/people?status=unknown",
        "report-skipped": f"{doubtful}/people?status=skipped",
        "outbox": "/desk/outbox",
        "outbox-mail": mail,
        "outbox-text": f"{mail}?part=text",
        "outbox-headers": f"{mail}?part=headers",
        "outbox-source": f"{mail}?part=source",
        "outbox-search": "/desk/outbox?q=nothing-like-this",
        "outbox-empty": "/desk/outbox/empty",
        "people": "/desk/people",
        "people-topic": "/desk/people?topic=radio",
        "people-search": "/desk/people?q=ines",
        "people-nobody": "/desk/people?q=nobody-of-this-name",
        "person": person,
        "person-erase": f"{person}?ask=erase",
        "person-complained": f"/desk/people/{ids['complaint']}",
        "add-person": "/desk/people/add",
        "suppressions": "/desk/people/suppressions",
        "import": "/desk/people/import",
        "import-columns": f"/desk/people/import/{ids['mapping']}",
        "import-dry-run": f"/desk/people/import/{ids['dry-run']}",
        "topics": "/desk/topics",
        "topic": "/desk/topics/night-sky",
        "settings": "/desk/settings",
        "provider": "/desk/settings/provider",
        "provider-postmark": "/desk/settings/provider?kind=postmark",
        "provider-smtp": "/desk/settings/provider?kind=smtp",
        "theme": "/desk/settings/theme",
        "team": "/desk/settings/team",
        "account": "/desk/account",
        "desk-missing": "/desk/issues/nothing-here",
    }
    for name, path in plain.items():
        yield Page(name=name, whose=Whose.DESK, room=room, path=path)
    yield Page(name="launched", whose=Whose.DESK, room=room, path=f"{issue['draft']}/launch", press=("Send to",))


def _other_days(rooms: Mapping[Stage, Showroom]) -> Iterator[Page]:
    """What stands there before anything has happened. The ways in are public, so nobody is signed in there."""
    day, own, bare = rooms[Stage.FIRST_DAY], rooms[Stage.OWN], rooms[Stage.BARE]
    yield Page(name="sign-in", whose=Whose.READER, room=day, path="/desk/sign-in")
    yield Page(name="way-in", whose=Whose.READER, room=day, path=day.ids["way-in"])
    yield Page(name="way-in-used", whose=Whose.READER, room=day, path="/desk/way-in/used")
    yield Page(name="archive-nothing", whose=Whose.READER, room=day, path="/archive")
    yield Page(name="sign-up-nothing", whose=Whose.READER, room=bare, path="/")
    yield Page(name="first-screen", whose=Whose.DESK, room=day, path="/desk/")
    yield Page(name="first-screen-own", whose=Whose.DESK, room=own, path="/desk/")
    yield Page(name="first-screen-nothing", whose=Whose.DESK, room=bare, path="/desk/")
    for place in ("issues", "people", "topics", "outbox", "people/suppressions"):
        name = f"{place.rpartition('/')[2]}-nothing"
        yield Page(name=name, whose=Whose.DESK, room=own, path=f"/desk/{place}")
    yield Page(name="settings-wanting", whose=Whose.DESK, room=own, path="/desk/settings")
    yield Page(
        name="sign-in-wrong",
        whose=Whose.READER,
        room=day,
        path="/desk/sign-in",
        typed={"address": "marta@example.org", "password": "not this one"},
        press=("Sign in",),
    )


def _mails(room: Showroom, folder: Path) -> Iterator[Page]:
    """Each kind of mail, as a file of the HTML that its reader's program shows."""
    kinds = {
        "confirm": _mail(room, PAST, "confirm"),
        "welcome": _mail(room, PAST, "welcome"),
        "preferences-link": _mail(room, READER, "preferences"),
        "sign-in-link": _mail(room, "jonas@example.org", "signin"),
        "alarm": _mail(room, "marta@example.org", "alarm"),
        "test-copy": _mail(room, "marta@example.org", "test"),
    }
    with room.database.read() as session:
        of_sample = select(Edition).join(Issue, Issue.id == Edition.issue_id)
        editions = session.scalars(of_sample.where(Issue.public_id == room.ids["sample"])).all()
        largest = max(editions, key=lambda edition: len(edition.sections))
        two = next(edition for edition in editions if len(edition.topics) == 2)
        kinds |= {"all": _delivered(session, room, largest), "two-topics": _delivered(session, room, two)}
    for name, stored in kinds.items():
        file = folder / f"{name}.html"
        file.write_text(stored.html)
        yield Page(name=f"mail-{name}", whose=Whose.MAIL, room=room, path=file.as_uri())


def _delivered(session: Session, room: Showroom, edition: Edition) -> Stored:
    """One person's mail of an edition."""
    of_edition = select(Delivery).join(Chunk, Chunk.id == Delivery.chunk_id).where(Chunk.edition_id == edition.id)
    delivery = session.scalars(of_edition.limit(1)).one()
    token = links.make(room.ring, Purpose.DELIVERY, delivery.issue_id, delivery.subscriber_id)
    stored = Outbox(room.settings.data_dir / "outbox").read(token)
    assert stored is not None
    return stored


def _mail(room: Showroom, address: str, kind: str) -> Stored:
    """The newest letter of a kind to somebody."""
    box, tag = Outbox(room.settings.data_dir / "outbox"), f"letter-{LetterKind(kind)}"
    entry = next(entry for entry in box.list(10_000, query=address).entries if entry.tag == tag)
    stored = box.read(entry.delivery_id)
    assert stored is not None
    return stored
