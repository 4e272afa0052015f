"""The key ring: made once, read by all, never replaced."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from newsletter import keys
from newsletter.config import Settings, SettingsError


def test_the_first_start_writes_a_ring_that_the_next_one_reads(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "folder")

    first = keys.load(settings)

    assert keys.load(settings) == first
    file = tmp_path / "new" / "folder" / keys.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [keys.FILE]


def test_starts_at_the_same_moment_agree_on_one_ring(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    with ThreadPoolExecutor(8) as starts:
        rings = set(starts.map(lambda _: keys.load(settings), range(8)))

    assert len(rings) == 1


def test_a_ring_given_by_a_setting_leaves_the_folder_alone(tmp_path: Path) -> None:
    ring = keys.make()

    loaded = keys.load(Settings(data_dir=tmp_path, keys=SecretStr(ring.text())))

    assert loaded == ring
    assert list(tmp_path.iterdir()) == []


def test_every_use_has_a_key_of_its_own() -> None:
    ring = keys.make()

    derived = [ring.derive("forms"), ring.derive("csrf"), ring.address_key, *ring.link_keys("view")]
    derived += ring.link_keys("confirm")

    assert len(set(derived)) == len(derived)
    assert {len(key) for key in derived} == {32}
    assert Fernet(ring.vault_key).decrypt(Fernet(ring.vault_key).encrypt(b"x")) == b"x"


def test_a_new_link_key_is_added_and_changes_nothing_else() -> None:
    ring = keys.make()

    newer = ring.with_new_link_key()

    assert newer.link_keys("view")[:-1] == ring.link_keys("view")
    assert (newer.address_key, newer.vault_key, newer.derive("forms")) == (
        ring.address_key,
        ring.vault_key,
        ring.derive("forms"),
    )
    assert newer.fingerprint == ring.fingerprint


def test_a_fingerprint_names_the_address_key_without_telling_it() -> None:
    ring = keys.make()

    assert ring.fingerprint != keys.make().fingerprint
    assert ring.fingerprint not in ring.text()


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", "null", '{"session": 1, "address": 2, "vault": 3, "links": 4}'],
)
def test_what_is_no_ring_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(SettingsError, match="NEWSLETTER_KEYS"):
        keys.parse(text)


def test_a_ring_without_link_keys_is_refused() -> None:
    found = json.loads(keys.make().text()) | {"links": []}

    with pytest.raises(SettingsError, match="no link key"):
        keys.parse(json.dumps(found))


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="NEWSLETTER_DATA_DIR"):
        keys.load(Settings(data_dir=tmp_path / "file"))
