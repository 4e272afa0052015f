"""The reader's walk in a real browser, with scripts off and on, by keyboard where it matters."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import WSGIRequestHandler, make_server

from newsletter import keys
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery import machine
from newsletter.providers.outbox import Outbox, Stored
from tests.delivery.newsroom import Newsroom, open_newsroom

pytestmark = pytest.mark.sqlite
ADDRESS = "ines@example.org"


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # named so by werkzeug
        """Says nothing."""


@dataclass
class Reader:
    newsroom: Newsroom
    browser: Chrome
    base: str

    def open(self, path: str) -> None:
        self.browser.get(path if path.startswith("http") else self.base + path)
        self.newsroom.forward(seconds=9)

    def press(self, words: str) -> None:
        self.browser.find_element(By.XPATH, f"//button[normalize-space()='{words}']").click()

    def tick(self, topic: str) -> None:
        self.browser.find_element(By.XPATH, f"//label[normalize-space()='{topic}']").click()

    def sees(self, tag: str, words: str) -> None:
        """Wait until a page has come that says this there."""
        found = f"//{tag}[contains(normalize-space(), '{words}')]"
        WebDriverWait(self.browser, 10).until(lambda browser: browser.find_elements(By.XPATH, found), words)

    def mail(self) -> Stored:
        """The newest mail to this reader, after the post came."""
        machine.letters(self.newsroom.runtime)
        outbox = Outbox(self.newsroom.settings.data_dir / "outbox")
        entry = next(entry for entry in outbox.list(10_000).entries if entry.to == ADDRESS)
        mail = outbox.read(entry.delivery_id)
        assert mail
        return mail

    def link(self, head: str) -> str:
        found = re.search(rf"{re.escape(self.base)}/{head}/[\w-]+", self.mail().html)
        assert found
        return found[0]


@pytest.fixture
def reader(settings: Settings, database: Database, browser: Chrome) -> Iterator[Reader]:
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    local = Settings(data_dir=settings.data_dir, database_url=settings.database_url, base_url=base)
    newsroom = open_newsroom(local, database, keys.make())
    server.app = create_app(local, database=database, ring=newsroom.ring, clock=newsroom.clock)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Reader(newsroom, browser, base)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reader_signs_up_chooses_reads_leaves_and_comes_back(reader: Reader, scripts: bool) -> None:
    reader.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    try:
        walk(reader)
    finally:
        reader.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def walk(reader: Reader) -> None:
    reader.open("/")
    reader.tick("Night sky")
    assert "Night sky" in reader.browser.find_element(By.CLASS_NAME, "yours").text
    field = reader.browser.find_element(By.ID, "address")
    field.send_keys(ADDRESS, Keys.ENTER)
    reader.sees("h1", "Now look in your mail.")

    reader.open(reader.link("c"))
    reader.press("Yes, send me The Sheet")
    reader.sees("h1", "You are in.")

    reader.open(reader.link("p"))
    reader.tick("Harbour charts")
    reader.press("Save changes")
    reader.sees("p", "Saved. Harbour charts is added.")

    reader.newsroom.launch()
    reader.newsroom.send()
    issue = reader.mail()
    assert "A comet" in issue.html
    assert "Soundings" in issue.html

    reader.open(reader.link("u"))
    leave = reader.browser.current_url
    reader.press("Unsubscribe")
    reader.sees("h1", "Done. You have left.")
    reader.press("Undo: take me back")
    reader.sees("h1", "Taken back.")

    reader.open(leave)
    reader.press("Unsubscribe")
    reader.sees("h1", "Done. You have left.")
    reader.open("/preferences")
    reader.sees("h1", "Change topics, or leave.")


def test_a_wrong_address_is_mended_without_typing_everything_again(reader: Reader) -> None:
    reader.open("/")
    reader.tick("Night sky")
    reader.browser.find_element(By.ID, "name").send_keys("Ines")
    field = reader.browser.find_element(By.ID, "address")
    reader.browser.execute_script("arguments[0].type = 'text'", field)  # past the browser's own check
    field.send_keys("ines@example,org", Keys.ENTER)

    reader.sees("p[@id='address-error']", "did you mean ines@example.org?")
    assert reader.browser.find_element(By.ID, "t-night-sky").is_selected()
    assert reader.browser.find_element(By.ID, "name").get_attribute("value") == "Ines"


def test_the_trap_is_out_of_sight_and_out_of_the_way_of_keys(reader: Reader) -> None:
    reader.open("/")
    trap = reader.browser.find_element(By.ID, "homepage")

    assert trap.get_attribute("tabindex") == "-1"
    assert trap.find_element(By.XPATH, "./..").get_attribute("aria-hidden") == "true"
    seen = []
    for _ in range(25):
        reader.browser.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(reader.browser.switch_to.active_element.get_attribute("id"))
    assert "address" in seen
    assert "homepage" not in seen
