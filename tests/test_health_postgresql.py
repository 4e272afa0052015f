"""What `newsletter doctor` says of a PostgreSQL that would lose in a power cut what was committed."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter import clock, health, keys, schema
from newsletter.config import Settings
from tests import databases


def test_a_server_that_may_forget_what_was_committed_is_wrong(
    postgresql_server: str, tmp_path: Path, worker_id: str
) -> None:
    name = f"newsletter_health_{worker_id}"
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(databases.create(postgresql_server, name)))
    keys.load(settings)
    schema.upgrade(settings.database, clock.now())

    found = {look.what: look for look in health.examine(settings)}["database"]
    databases.drop(postgresql_server, name)

    if found.ok:
        pytest.skip("TEST_DATABASE_URL names a server that keeps what it commits.")
    assert "These are off: fsync, full_page_writes, synchronous_commit" in found.words
    assert "postgresql.conf" in found.mend
