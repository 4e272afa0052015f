"""A desk with a worker, for tests of what editors press."""

import pytest

from newsletter.config import Settings
from newsletter.db import Database
from tests.web.editor.newsdesk import Newsdesk, open_newsdesk


@pytest.fixture
def newsdesk(settings: Settings, database: Database) -> Newsdesk:
    return open_newsdesk(settings, database)
