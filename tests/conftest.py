"""What every test may ask for.

A test that asks for `database`, `session` or `database_url` runs twice, on SQLite and on PostgreSQL; those of
pages (tests/web) run on SQLite here and on PostgreSQL in `./dev check`, because together they would take too long.
`--database sqlite` runs each once, and a test marked `sqlite` never runs on the other. Anything that is missing
on this machine skips its tests with one line that says what to install; with CI=true it fails them.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from pydantic import SecretStr
from selenium.webdriver import Chrome
from sqlalchemy.orm import Session

from newsletter import config
from newsletter.config import Settings
from newsletter.db import Database, open_database
from tests import browsers, databases, servers

PAGES = Path(__file__).parent / "web"

for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
    del os.environ[name]  # the person's own settings are none of the tests' business

# The same examples at every run of CI, which judges a commit; looking for new ones is for ./dev fuzz.
fixed = bool(os.environ.get("CI"))
hypothesis.settings.register_profile("modest", max_examples=60, deadline=None, derandomize=fixed)
hypothesis.settings.register_profile("campaign", max_examples=2000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("modest")


def pytest_addoption(parser: pytest.Parser) -> None:
    choices = ["usual", "both", "sqlite", "postgresql"]
    parser.addoption("--database", choices=choices, default="usual", help="databases to run the tests on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("database")
    if wanted == "usual":
        wanted = "sqlite" if metafunc.definition.path.is_relative_to(PAGES) else "both"
    kinds = ["sqlite", "postgresql"] if wanted == "both" else [wanted]
    if metafunc.definition.get_closest_marker("sqlite"):
        kinds = ["sqlite"]
    metafunc.parametrize("database_url", kinds, indirect=True)


@pytest.fixture
def now() -> datetime:
    """A Wednesday morning. Tests add to it; none reads the clock."""
    return datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Address of a PostgreSQL in which a test may make databases of its own."""
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> databases.Sqlite:
    return databases.Sqlite(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def _postgresql(postgresql_server: str, worker_id: str) -> Iterator[databases.Postgresql]:
    name = f"newsletter_test_{os.getpid()}_{worker_id}"
    database = databases.Postgresql(postgresql_server, name)
    yield database
    database.close()
    databases.drop(postgresql_server, name)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database with nothing in it."""
    if request.param == "sqlite":
        sqlite: databases.Sqlite = request.getfixturevalue("_sqlite")
        return sqlite.fresh(tmp_path)
    postgresql: databases.Postgresql = request.getfixturevalue("_postgresql")
    return postgresql.fresh()


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings whose data folder is the test's own; with a test that asks for a database, that database."""
    asked = "database_url" in request.fixturenames
    url = request.getfixturevalue("database_url") if asked else "embedded"
    return Settings(data_dir=tmp_path, database_url=SecretStr(url), base_url="https://news.example.org")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session that may write. On SQLite it holds the writer's turn from its first statement on: commit before
    anything else is to write. What is not committed is gone after the test."""
    with database.session(readonly=False) as session:
        yield session


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with servers.valkey() as url:
        yield url


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    with servers.rabbitmq() as url:
        yield url


@pytest.fixture(scope="session")
def _browser() -> Iterator[Chrome]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def browser(_browser: Chrome) -> Chrome:
    """A headless Chromium that knows nothing of the tests before: no cookies, an empty page, 1280 × 900."""
    browsers.forget(_browser)
    return _browser
