"""Which providers there are, what they want to know, and what is said when it is wrong."""

from pathlib import Path

import pytest

from newsletter.providers.catalogue import KINDS, BadSettings, Field, is_loopback, open_provider

TOKEN = {"token": "00000000-0000-4000-8000-000000000000"}
SMTP = {"host": "smtp.example.org"}


def faults(kind: str, settings: dict[str, object], secrets: dict[str, str]) -> dict[str, str]:
    with pytest.raises(BadSettings) as caught:
        open_provider(kind, settings, secrets, Path("/nowhere"))
    return dict(caught.value.faults)


@pytest.mark.parametrize(
    ("kind", "settings", "secrets"),
    [
        ("outbox", {}, {}),
        ("postmark", {}, TOKEN),
        ("postmark", {"stream": "news-1", "base_url": "http://127.0.0.1:8026", "doubt": "keyed"}, TOKEN),
        ("smtp", SMTP, {}),
        ("smtp", {**SMTP, "port": 465, "security": "tls", "username": "a"}, {"password": "b"}),
        ("smtp", {"host": "127.0.0.1", "security": "plain"}, {}),
        ("smtp", {"host": "localhost", "security": "plain"}, {}),
        ("smtp", {**SMTP, "security": "exposed"}, {}),
    ],
)
def test_good_settings_open_a_provider(
    tmp_path: Path, kind: str, settings: dict[str, object], secrets: dict[str, str]
) -> None:
    assert open_provider(kind, settings, secrets, tmp_path).facts.name == kind


@pytest.mark.parametrize(
    ("kind", "settings", "secrets", "field"),
    [
        ("pigeon", {}, {}, "kind"),
        ("outbox", {"folder": "/tmp"}, {}, "folder"),  # noqa: S108 -- only a word here
        ("postmark", {}, {}, "token"),
        ("postmark", TOKEN, {}, "token"),
        ("postmark", {}, {"token": "tök en"}, "token"),
        ("postmark", {}, {"token": "one\ntwo"}, "token"),
        ("postmark", {"stream": "Not A Stream"}, TOKEN, "stream"),
        ("postmark", {"base_url": "https://api.example.org"}, TOKEN, "base_url"),
        ("postmark", {"base_url": "http://127.0.0.1.example.org"}, TOKEN, "base_url"),
        ("postmark", {"base_url": "file://127.0.0.1/x"}, TOKEN, "base_url"),
        ("postmark", {"doubt": "keyed"}, TOKEN, "doubt"),
        ("postmark", {"base_url": "http://127.0.0.1:1", "doubt": "magic"}, TOKEN, "doubt"),
        ("smtp", {}, {}, "host"),
        ("smtp", {"host": "a b"}, {}, "host"),
        ("smtp", {**SMTP, "port": "many"}, {}, "port"),
        ("smtp", {**SMTP, "port": 0}, {}, "port"),
        ("smtp", {**SMTP, "port": 70000}, {}, "port"),
        ("smtp", {**SMTP, "security": "plain"}, {}, "security"),
        ("smtp", {**SMTP, "security": "some"}, {}, "security"),
        ("smtp", {**SMTP, "bounce_address": "nobody"}, {}, "bounce_address"),
        ("smtp", SMTP, {"password": "pässword"}, "password"),
        ("smtp", {**SMTP, "password": "b"}, {}, "password"),
    ],
)
def test_a_wrong_setting_is_named(kind: str, settings: dict[str, object], secrets: dict[str, str], field: str) -> None:
    """S-51 among them: a provider's address is a constant, and another one is only ever this machine."""
    said = faults(kind, settings, secrets)

    assert list(said) == [field]
    assert said[field].endswith((".", "“API Tokens”."))


def test_no_sentence_repeats_a_secret() -> None:
    said = faults("postmark", {}, {"token": "s3cret s3cret"})

    assert "s3cret" not in str(said)


def test_every_setting_can_be_shown_in_a_form() -> None:
    for kind in KINDS.values():
        assert kind.title
        assert kind.summary
        for setting in kind.settings:
            assert setting.label
            assert (setting.choices is not None) is (setting.field is Field.CHOICE)
            assert not (setting.required and setting.advanced)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8026", True),
        ("http://[::1]:8026", True),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1@example.org", False),
        ("http://example.org", False),
        ("//127.0.0.1", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_only_this_machine_is_this_machine(url: str, here: bool) -> None:
    assert is_loopback(url) is here
