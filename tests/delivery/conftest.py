import pytest

from newsletter import keys
from newsletter.config import Settings
from newsletter.db import Database
from tests.delivery.newsroom import Newsroom, open_newsroom


@pytest.fixture
def newsroom(settings: Settings, database: Database, tmp_path: object) -> Newsroom:
    """A publication with two topics, forty people, one issue, and a worker whose clock the test moves."""
    return open_newsroom(settings, database, keys.make())
