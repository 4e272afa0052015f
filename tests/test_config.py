"""Settings: typed, and every mistake named at once."""

from pathlib import Path

import pytest

from newsletter import config
from newsletter.config import Settings, SettingsError


def test_without_any_setting_everything_is_on_this_machine() -> None:
    settings = config.load()

    assert settings.database.startswith("sqlite:////")
    assert settings.database.endswith("/var/newsletter.db")
    assert settings.broker == "embedded"
    assert settings.address == "http://127.0.0.1:8025"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_BASE_URL", "https://news.example.org/")
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", "postgresql://app:pa55@db.example.net/news")
    monkeypatch.setenv("NEWSLETTER_PORT", "9000")

    settings = config.load()

    assert settings.address == "https://news.example.org"
    assert settings.database == "postgresql+psycopg://app:pa55@db.example.net/news"
    assert settings.port == 9000


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://app:pa55@db.example.net/news\n")
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL_FILE", str(tmp_path / "url"))

    assert config.load().database == "postgresql+psycopg://app:pa55@db.example.net/news"


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "NEWSLETTER_PORT": "http",
        "NEWSLETTER_SENDERS": "0",
        "NEWSLETTER_BASE_URL": "news.example.org",
        "NEWSLETTER_DATABASE_URL": "mysql://db.example.net/news",
        "NEWSLETTER_BROKER_URL": "kafka://broker.example.net",
        "NEWSLETTER_TRUSTED_PROXIES": "9",
        "NEWSLETTER_LOG_LEVEL": "loud",
        "NEWSLETTER_KEYS_FILE": "/nowhere/keys",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as raised:
        config.load()

    lines = str(raised.value).splitlines()
    assert [name for name in wrong if not any(line.startswith(name) for line in lines)] == []
    assert len(lines) == len(wrong)


def test_no_secret_stands_in_what_settings_say_of_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", "postgresql://app:pa55word@db.example.net/news")
    monkeypatch.setenv("NEWSLETTER_BROKER_URL", "kafka://:pa55word@broker.example.net")

    with pytest.raises(SettingsError) as raised:
        config.load()
    monkeypatch.setenv("NEWSLETTER_BROKER_URL", "redis://:pa55word@broker.example.net")

    assert "pa55word" not in str(raised.value)
    assert "pa55word" not in repr(config.load())


def test_an_address_with_a_path_keeps_it_and_one_with_a_query_is_refused() -> None:
    assert Settings(base_url="https://example.org/news/").address == "https://example.org/news"
    with pytest.raises(ValueError, match="web address"):
        Settings(base_url="https://example.org/?a=b")
