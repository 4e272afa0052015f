"""One world a provider, and all of them one after the other."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.providers import worlds

OPENERS: dict[str, Callable[[Path], AbstractContextManager[worlds.World]]] = {
    "outbox": worlds.outbox,
    "postmark": worlds.postmark,
    "smtp": worlds.smtp,
}


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[worlds.World]:
    with OPENERS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def postmark(tmp_path: Path) -> Iterator[worlds.PostmarkWorld]:
    with worlds.postmark(tmp_path) as opened:
        yield opened


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[worlds.SmtpWorld]:
    with worlds.smtp(tmp_path) as opened:
        yield opened
