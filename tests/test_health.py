"""What `newsletter doctor` says: each thing that can be wrong has its sentence, and its mend."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, text, update

from newsletter import clock, health, keys
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.models import Delivery
from newsletter.health import Look
from newsletter.keys import KeyRing
from newsletter.publications.models import Installation, ProviderAccount, Publication
from tests.delivery.newsroom import Newsroom, open_newsroom
from tests.servers import free_port

pytestmark = pytest.mark.sqlite  # the test server of PostgreSQL has its safety switched off, which is told first


@pytest.fixture
def ring(settings: Settings) -> KeyRing:
    return keys.load(settings)


@pytest.fixture
def newsroom(settings: Settings, database: Database, ring: KeyRing) -> Newsroom:
    """An installation in which a worker has just looked for what is due."""
    room = open_newsroom(settings, database, ring)
    with database.write() as session:
        session.execute(update(Installation).values(beat_at=clock.now()))
        session.execute(update(Publication).values(sender_name="The Sheet", contact="sheet@example.org"))
    return room


def wrong(settings: Settings) -> dict[str, Look]:
    return {look.what: look for look in health.examine(settings) if not look.ok}


def test_where_all_is_well_nothing_is_wrong_and_each_thing_was_looked_at(newsroom: Newsroom) -> None:
    found = health.examine(newsroom.settings)

    assert [look.what for look in found if not look.ok] == []
    looked_at = {look.what for look in found}
    assert looked_at >= {"data folder", "keys", "database", "worker", "publication", "provider", "ledger", "broker"}


def no_worker(newsroom: Newsroom) -> None:
    set_beat(newsroom, None)


def a_worker_long_ago(newsroom: Newsroom) -> None:
    set_beat(newsroom, newsroom.now.replace(year=2020))


def set_beat(newsroom: Newsroom, at: object) -> None:
    with newsroom.database.write() as session:
        session.execute(update(Installation).values(beat_at=at))


def other_keys(newsroom: Newsroom) -> None:
    keys.replace(newsroom.settings.data_dir / keys.FILE, keys.make())


def no_address(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(Publication).values(postal_address=""))


def no_provider(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(Publication).values(account_id=None))


def no_token(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(ProviderAccount).values(kind="postmark"))


def a_foreign_box(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(ProviderAccount).values(sealed="gAAAAABnot-our-key"))


def held(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(ProviderAccount).values(held_words="Postmark 10: no such token."))


def an_orphan(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.add(Delivery(issue_id=1, subscriber_id=4711))


def an_older_shape(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))


TROUBLES = [
    (no_worker, "worker", "No worker ever ran", "newsletter run"),
    (a_worker_long_ago, "worker", "since 2020-11-25", "newsletter run"),
    (other_keys, "installation", "another key ring", "NEWSLETTER_KEYS"),
    (no_address, "publication", "“The Sheet” lacks: postal address", "Settings"),
    (no_provider, "publication", "lacks: provider", "Settings"),
    (no_token, "provider", "“Server token” is missing", "Settings"),
    (a_foreign_box, "provider", "Outbox", "Settings"),
    (held, "provider", "Outbox is held: Postmark 10: no such token.", "Settings"),
    (an_orphan, "ledger", "without a chunk or a person", "backup"),
    (an_older_shape, "database", "“0000”", "newsletter db upgrade"),
]


@pytest.mark.parametrize(("trouble", "what", "words", "mend"), TROUBLES, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_wrong_is_named_with_its_mend(
    newsroom: Newsroom, trouble: Callable[[Newsroom], None], what: str, words: str, mend: str
) -> None:
    trouble(newsroom)

    found = wrong(newsroom.settings)

    assert words in found[what].words
    assert mend in found[what].mend


def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = SecretStr(f"postgresql://app:pa55word@127.0.0.1:{free_port()}/none")
    settings = Settings(data_dir=tmp_path, database_url=url)
    keys.load(settings)

    found = wrong(settings)["database"]

    assert found.words.startswith("It does not answer: ")
    assert "NEWSLETTER_DATABASE_URL" in found.mend
    assert "pa55word" not in found.words


def test_a_broker_that_is_not_there_costs_no_mail(newsroom: Newsroom) -> None:
    gone = SecretStr(f"redis://127.0.0.1:{free_port()}/0")

    found = wrong(newsroom.settings.model_copy(update={"broker_url": gone}))

    assert found.keys() == {"broker"}
    assert "Mails still leave" in found["broker"].words
    assert "NEWSLETTER_BROKER_URL" in found["broker"].mend


def test_before_the_first_start_it_says_what_makes_things(tmp_path: Path) -> None:
    found = wrong(Settings(data_dir=tmp_path / "nowhere"))

    assert "does not exist" in found["data folder"].words
    assert "newsletter run" in found["keys"].mend
    assert not (tmp_path / "nowhere").exists()


def test_a_broken_key_ring_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / keys.FILE).write_text("no keys at all")

    assert wrong(Settings(data_dir=tmp_path))["keys"].words


def test_an_empty_database_is_no_error(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(delete(Installation))

    assert "Nothing is set up yet" in wrong(newsroom.settings)["installation"].words
