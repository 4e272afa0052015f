"""The tests' own ground: what the fixtures promise."""

import pytest
from selenium.webdriver import Chrome
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from newsletter import clock
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.subscribers.models import DepartureCounter, Suppression, SuppressionKind


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_finds_the_database_as_migrated(database: Database, turn: str) -> None:
    with database.write() as session:
        assert session.scalar(select(func.count()).select_from(Suppression)) == 0
        assert session.scalars(select(DepartureCounter.number)).all() == [0]

        session.add(Suppression(address_key=turn, kind=SuppressionKind.MANUAL, at=clock.now()))
        session.execute(update(DepartureCounter).values(number=7))


def test_session_and_settings_mean_the_same_database(session: Session, database: Database, settings: Settings) -> None:
    assert settings.database == database.engine.url.render_as_string(hide_password=False)
    assert session.get_bind().dialect.name == database.engine.dialect.name


def test_a_browser_is_there(browser: Chrome) -> None:
    browser.get("data:text/html,<title>A page</title>")

    assert browser.title == "A page"
