"""The key ring: every secret this installation makes for itself.

It lies beside the embedded database or comes by NEWSLETTER_KEYS, as one line of text. Link keys are only ever
added: the newest signs, all of them verify, for a link in a mail must work years later. The address key never
changes; losing it would make everybody who said "never again" a stranger.
"""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from newsletter.config import Settings, SettingsError

FILE = "keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Secrets as hex text. `links` is oldest first."""

    session: str = field(repr=False)
    address: str = field(repr=False)
    vault: str = field(repr=False)
    links: tuple[str, ...] = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """A key of its own for one use in the web process (forms, CSRF): 32 bytes."""
        return _derive(bytes.fromhex(self.session), purpose)

    @property
    def address_key(self) -> bytes:
        return _derive(bytes.fromhex(self.address), "address")

    @property
    def vault_key(self) -> bytes:
        """What stored secrets are sealed with, in Fernet's form."""
        return base64.urlsafe_b64encode(_derive(bytes.fromhex(self.vault), "vault"))

    def link_keys(self, purpose: str) -> tuple[bytes, ...]:
        """The keys for one purpose of links, oldest first; a link names its key by position."""
        return tuple(_derive(bytes.fromhex(key), f"link:{purpose}") for key in self.links)

    @property
    def fingerprint(self) -> str:
        """Names the address key without telling it; stands in the database to notice another key ring."""
        return hashlib.blake2b(self.address_key, digest_size=8).hexdigest()

    def with_new_link_key(self) -> "KeyRing":
        return KeyRing(
            session=self.session, address=self.address, vault=self.vault, links=(*self.links, secrets.token_hex(32))
        )

    def text(self) -> str:
        """The ring as one line, for NEWSLETTER_KEYS."""
        return json.dumps(asdict(self), separators=(",", ":"))


def _derive(secret: bytes, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=secret, digest_size=32).digest()


def make() -> KeyRing:
    """A new ring of random keys."""
    return KeyRing(
        session=secrets.token_hex(32),
        address=secrets.token_hex(32),
        vault=secrets.token_hex(32),
        links=(secrets.token_hex(32),),
    )


def parse(text: str) -> KeyRing:
    """Read a ring from its line of text. Raises SettingsError when it is not one."""
    try:
        found = json.loads(text)
        ring = KeyRing(
            session=found["session"], address=found["address"], vault=found["vault"], links=tuple(found["links"])
        )
        for key in (ring.session, ring.address, ring.vault, *ring.links):
            bytes.fromhex(key)
    except (ValueError, KeyError, TypeError):
        raise SettingsError(
            "NEWSLETTER_KEYS is not a key ring. Copy the line that `newsletter secret new` prints, whole."
        ) from None
    if not ring.links:
        raise SettingsError("NEWSLETTER_KEYS holds no link key. Make a ring with `newsletter secret new`.")
    return ring


def load(settings: Settings) -> KeyRing:
    """The ring of this installation; the first start writes one into the data folder.

    Two processes that start at once agree: the file is linked into place, and the second reads the first's.
    Raises SettingsError when the file cannot be read, written or understood.
    """
    if settings.keys is not None:
        return parse(settings.keys.get_secret_value())
    path = settings.data_dir / FILE
    try:
        if not path.exists():
            _write(path, make())
        return parse(path.read_text())
    except OSError as error:
        raise SettingsError(
            f"The key ring {path} cannot be used ({error.strerror}). Make the data folder writable for this user, "
            "or set NEWSLETTER_DATA_DIR to another one."
        ) from None


def replace(path: Path, ring: KeyRing) -> None:
    """Put `ring` in the place of the one at `path`, at once or not at all."""
    _aside(path, ring).replace(path)


def _write(path: Path, ring: KeyRing) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path, ring)
    try:
        os.link(aside, path)  # never replaces a ring that is there
    except FileExistsError:
        pass
    finally:
        aside.unlink()


def _aside(path: Path, ring: KeyRing) -> Path:
    """A file beside `path` that only this user may read, safely on the disk."""
    aside = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(ring.text() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return aside
