"""Walks at the desk in a real browser: the first pleasure, and writing with the mail beside the text."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from sqlalchemy import func, select

from newsletter.issues.models import Issue, Version
from newsletter.providers.outbox import Outbox
from tests.flows.desk import Desk, open_desk

pytestmark = pytest.mark.sqlite
T = TypeVar("T")


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with open_desk(tmp_path, database_url) as desk:
        yield desk


def wait(browser: Chrome, what: Callable[[Chrome], T]) -> T:
    """Until `what` gives something true. Parts of the page are replaced meanwhile, so a lost element is no answer."""
    gone = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(browser, 20, poll_frequency=0.05, ignored_exceptions=gone).until(what)


def one(browser: Chrome, css: str) -> WebElement:
    return wait(browser, lambda window: window.find_element(By.CSS_SELECTOR, css))


def says(browser: Chrome, css: str, words: str) -> None:
    wait(browser, lambda window: words in (one(window, css).get_attribute("textContent") or ""))


def in_the_frame(browser: Chrome, words: str) -> None:
    """Wait until the mail that is shown says `words`. A new mail comes in a new frame."""

    def shown(window: Chrome) -> bool:
        window.switch_to.default_content()
        frames = window.find_elements(By.CSS_SELECTOR, "[data-frames] iframe:not(.next)")
        if len(frames) != 1:
            return False
        window.switch_to.frame(frames[0])
        said = window.find_element(By.TAG_NAME, "body").get_attribute("textContent") or ""
        window.switch_to.default_content()
        return words in said

    wait(browser, shown)


def complaints(browser: Chrome) -> list[str]:
    """What the browser found wrong, such as a script that the policy forbids."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]  # type: ignore[no-untyped-call]


def sample_issue(desk: Desk) -> Issue:
    with desk.database.read() as session:
        return session.scalars(select(Issue)).one()


def type_at_the_end(browser: Chrome, words: str) -> None:
    field = one(browser, "textarea[name=text]")
    field.send_keys(Keys.CONTROL, Keys.END)
    field.send_keys(words)


def test_the_first_screen_leads_to_every_readers_own_mail(browser: Chrome, desk: Desk) -> None:
    desk.enter(browser)

    frames = browser.find_elements(By.CSS_SELECTOR, ".three iframe")
    mails = []
    for frame in frames:
        browser.switch_to.frame(frame)
        mails.append(one(browser, "body").text)
        browser.switch_to.default_content()
    assert len(set(mails)) == 3
    assert all(
        frame.get_attribute("sandbox") and "allow-scripts" not in str(frame.get_attribute("sandbox"))
        for frame in frames
    )

    button = one(browser, ".nextup .b1")
    people = int(re.sub(r"\D", "", button.text))
    button.click()
    says(browser, "h1", "Low tide")
    one(browser, "a[href$='/desk/outbox'].b1")  # it comes by itself, when the last answer is there
    says(browser, ".big-line", f"{people} of {people} handed over")
    assert "/sending" in browser.current_url

    one(browser, "a[href$='/desk/outbox'].b1").click()
    assert Outbox(desk.settings.data_dir / "outbox").count() == people
    assert len(browser.find_elements(By.CSS_SELECTOR, ".mails li")) == 40
    browser.switch_to.frame(one(browser, ".view iframe"))
    assert "Low tide" in one(browser, "body").text
    browser.switch_to.default_content()
    one(browser, ".tabs a[href*='part=text']").click()
    assert "Low tide" in one(browser, ".plain-part pre").text
    assert complaints(browser) == []


def test_what_is_typed_is_seen_and_saved_by_itself(browser: Chrome, desk: Desk) -> None:
    desk.enter(browser, f"/desk/issues/{sample_issue(desk).public_id}")
    in_the_frame(browser, "Low tide")

    type_at_the_end(browser, "\n\n## A heron at the weir\n\nIt stood there all morning.\n")

    in_the_frame(browser, "It stood there all morning.")
    says(browser, "[data-outline]", "A heron at the weir")
    says(browser, "[data-status]", "Saved")
    wait(browser, lambda _: "all morning" in sample_issue(desk).text)
    assert complaints(browser) == []


def test_another_edition_is_a_press_away(browser: Chrome, desk: Desk) -> None:
    desk.enter(browser, f"/desk/issues/{sample_issue(desk).public_id}")
    in_the_frame(browser, "Radio")

    one(browser, ".pv-pick summary").click()
    for box in browser.find_elements(By.CSS_SELECTOR, ".pop [name=topics]")[1:]:
        box.click()

    says(browser, "[data-edition]", "Along the shore")
    wait(browser, lambda window: len(window.find_elements(By.CSS_SELECTOR, ".out .away")) == 6)
    wait(browser, lambda window: window.find_elements(By.CSS_SELECTOR, ".src-lines .no"))


def test_moving_a_section_moves_its_lines(browser: Chrome, desk: Desk) -> None:
    before = sample_issue(desk).text
    desk.enter(browser, f"/desk/issues/{sample_issue(desk).public_id}")
    in_the_frame(browser, "Low tide")

    browser.execute_script("document.querySelectorAll('.out [name=move][value=\"1 -1\"]')[0].click()")

    wait(browser, lambda _: sample_issue(desk).text != before)
    after = sample_issue(desk).text
    assert after.index("## Night sky") < after.index("## Along the shore")
    assert sorted(after.split()) == sorted(before.split())


def test_two_who_write_at_once_lose_nothing(browser: Chrome, desk: Desk) -> None:
    issue = sample_issue(desk)
    desk.enter(browser, f"/desk/issues/{issue.public_id}")
    in_the_frame(browser, "Low tide")
    with desk.database.write() as session:
        other = session.get_one(Issue, issue.id)
        other.text, other.revision = other.text + "\nJonas was here.\n", other.revision + 1

    type_at_the_end(browser, "\nMarta was here.\n")

    says(browser, "[data-notes]", "saved this issue while you were writing")
    assert "Jonas" in sample_issue(desk).text
    one(browser, "[data-mine]").click()
    says(browser, "[data-status]", "Saved")
    wait(browser, lambda _: "Marta" in sample_issue(desk).text)
    with desk.database.read() as session:
        kept = session.scalars(select(Version.text)).all()
        assert any("Jonas" in text for text in kept)
        assert session.scalar(select(func.count()).select_from(Issue)) == 1


def test_words_that_could_not_be_saved_are_kept_in_the_browser(browser: Chrome, desk: Desk) -> None:
    path = f"/desk/issues/{sample_issue(desk).public_id}"
    desk.enter(browser, path)
    in_the_frame(browser, "Low tide")
    browser.execute_script("window.fetch = () => Promise.reject(new TypeError('no line'))")

    type_at_the_end(browser, "\nOnly in this browser.\n")
    says(browser, "[data-status]", "Your words are kept in this browser")
    browser.refresh()  # the driver answers the browser's own question

    one(browser, "[data-take]").click()
    wait(browser, lambda _: "Only in this browser." in sample_issue(desk).text)


def test_the_drawer_opens_over_the_text_and_a_launch_can_be_taken_back(browser: Chrome, desk: Desk) -> None:
    with desk.database.write() as session:
        session.scalars(select(Issue)).one().is_sample = False  # the sample has no seconds to undo
    desk.enter(browser, f"/desk/issues/{sample_issue(desk).public_id}")
    in_the_frame(browser, "Low tide")

    one(browser, "[data-drawer]").click()
    says(browser, "dialog .dr-head", "people get a mail")
    one(browser, "dialog .dr-foot .b1").click()
    says(browser, ".toast .secs", " s")
    browser.refresh()
    wait(browser, lambda window: re.match(r"\d+ s · ", window.title))
    one(browser, ".toast .b").click()

    says(browser, "[data-notes]", "Taken back")
    assert sample_issue(desk).state == "draft"
    assert Outbox(desk.settings.data_dir / "outbox").count() == 0
