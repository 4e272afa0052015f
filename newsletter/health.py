"""What sending depends on, looked at one by one: for `newsletter doctor` and for /readyz."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from kombu import Connection
from kombu.exceptions import KombuError
from sqlalchemy import exists, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from newsletter import clock, keys, schema
from newsletter.config import Settings, SettingsError
from newsletter.db import Database, open_database
from newsletter.delivery.models import Chunk, Composition, Delivery
from newsletter.delivery.runtime import open_account
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.providers.catalogue import BadSettings
from newsletter.publications import publications
from newsletter.publications.models import Installation, ProviderAccount
from newsletter.secretbox import CannotOpen
from newsletter.subscribers.models import Subscriber

BEAT_WITHIN = timedelta(seconds=60)  # a worker ticks every five
NAMES = {"account_id": "provider"}  # a column that people know by another name
ROOM_BYTES = 200_000_000
NETWORK_FILES = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing that was looked at. `mend` says what to do, also where things are well enough."""

    what: str
    ok: bool
    words: str
    mend: str = ""


def examine(settings: Settings) -> list[Look]:
    """Look at everything, changing nothing. Stops where the rest could not be looked at."""
    found = [*_folder(settings)]
    try:
        ring = keys.load(settings) if (settings.keys or (settings.data_dir / keys.FILE).exists()) else None
    except SettingsError as error:
        return [*found, Look(what="keys", ok=False, words=str(error))]
    if ring is None:
        mend = "`newsletter run` or `newsletter db upgrade` makes one."
        return [*found, Look(what="keys", ok=False, words="There is no key ring yet.", mend=mend)]
    found.append(Look(what="keys", ok=True, words=f"{len(ring.links)} link keys; address key {ring.fingerprint}."))
    with closing(open_database(settings.database)) as database:
        found += _database(database)
        if found[-1].ok:
            found += _installation(database, settings, ring)
    return [*found, broker(settings)]


def _folder(settings: Settings) -> Iterator[Look]:
    folder = settings.data_dir.resolve()
    if not folder.is_dir():
        yield Look(what="data folder", ok=False, words=f"{folder} does not exist.", mend="`newsletter run` makes it.")
        return
    free = shutil.disk_usage(folder).free
    words = f"{folder}, {free / 1e9:.1f} GB free."
    mend = "" if free > ROOM_BYTES else "Make room: the ledger and the outbox need a few hundred MB."
    yield Look(what="data folder", ok=free > ROOM_BYTES, words=words, mend=mend)
    kind = _file_system(str(folder))
    if settings.database.startswith("sqlite") and kind in NETWORK_FILES:
        mend = "Move the data folder to a local disk: SQLite loses what it wrote on a network file system."
        yield Look(what="file system", ok=False, words=f"{folder} lies on {kind}.", mend=mend)


def _file_system(folder: str) -> str:
    """Kind of the file system a folder lies on; empty where the system does not tell."""
    try:
        with open("/proc/mounts", encoding="utf-8") as mounts:  # noqa: PTH123  # the kernel's own file
            parts = [line.split()[1:3] for line in mounts]
    except OSError:
        return ""
    above = [
        (len(point), kind) for point, kind in parts if folder == point or folder.startswith(point.rstrip("/") + "/")
    ]
    return max(above)[1] if above else ""


def _database(database: Database) -> Iterator[Look]:
    try:
        at = schema.current(database)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        mend = "Check NEWSLETTER_DATABASE_URL, and that the server runs."
        yield Look(what="database", ok=False, words=f"It does not answer: {reason}.", mend=mend)
        return
    if at != schema.head():
        words = f"It stands at “{at or 'nothing'}”, this program expects “{schema.head()}”."
        yield Look(what="database", ok=False, words=words, mend="Run `newsletter db upgrade`.")
        return
    with database.read() as session:
        unsafe = [] if database.is_sqlite else _unsafe_settings(session)
    words = f"{database.engine.dialect.name}, at {at}."
    if unsafe:
        mend = "Switch them on in postgresql.conf: without them a power cut loses what was committed."
        yield Look(what="database", ok=False, words=f"{words} These are off: {', '.join(unsafe)}.", mend=mend)
        return
    yield Look(what="database", ok=True, words=words)


def _unsafe_settings(session: Session) -> list[str]:
    names = ("fsync", "full_page_writes", "synchronous_commit")
    return [name for name in names if session.scalar(text(f"SHOW {name}")) == "off"]


def _installation(database: Database, settings: Settings, ring: KeyRing) -> Iterator[Look]:
    with database.read() as session:
        installation = session.get(Installation, 1)
        if installation is None:
            yield Look(what="installation", ok=False, words="Nothing is set up yet.", mend="Start `newsletter run`.")
            return
        if installation.address_key_fingerprint != ring.fingerprint:
            words = "This database was made with another key ring; nobody who left for good would be known."
            mend = "Start with the key ring it was made with (keys.json, or NEWSLETTER_KEYS)."
            yield Look(what="installation", ok=False, words=words, mend=mend)
        yield worker(session, clock.now())
        yield from _publications(session)
        yield from _accounts(session, settings, ring)
        yield _orphans(session)


def worker(session: Session, now: datetime) -> Look:
    """Whether a worker has looked for what is due lately."""
    beat = session.scalar(select(Installation.beat_at))
    if beat and now - beat < BEAT_WITHIN:
        return Look(what="worker", ok=True, words=f"Looked for work {(now - beat).total_seconds():.0f} s ago.")
    words = f"No worker has looked for work since {beat:%Y-%m-%d %H:%M} UTC." if beat else "No worker ever ran."
    return Look(what="worker", ok=False, words=words, mend="Start `newsletter run`, or a worker and a clock.")


def _publications(session: Session) -> Iterator[Look]:
    for each in publications.all_of(session):
        gaps = [NAMES.get(gap.field, gap.field.replace("_", " ")) for gap in publications.missing(each)]
        words = f"“{each.name}” lacks: {', '.join(gaps)}." if gaps else f"“{each.name}” has what every mail needs."
        yield Look(what="publication", ok=not gaps, words=words, mend="Fill it in under Settings." if gaps else "")


def _accounts(session: Session, settings: Settings, ring: KeyRing) -> Iterator[Look]:
    for account in session.scalars(select(ProviderAccount).order_by(ProviderAccount.id)):
        try:
            open_account(account, ring, settings.data_dir).close()
        except (BadSettings, CannotOpen) as error:
            yield Look(what="provider", ok=False, words=f"{account.name}: {error}", mend="Open Settings, Provider.")
            continue
        if account.held_words:
            words = f"{account.name} is held: {account.held_words}"
            yield Look(what="provider", ok=False, words=words, mend="Check it under Settings, Provider.")
        else:
            yield Look(what="provider", ok=True, words=f"{account.name} can be used.")


def _orphans(session: Session) -> Look:
    """The ledger carries no foreign keys; here they are looked after."""
    chunk = select(Delivery.subscriber_id).where(
        Delivery.chunk_id.is_not(None), ~exists().where(Chunk.id == Delivery.chunk_id)
    )
    person = select(Delivery.subscriber_id).where(~exists().where(Subscriber.id == Delivery.subscriber_id))
    issue = select(Composition.issue_id).where(~exists().where(Issue.id == Composition.issue_id))
    if any(session.scalar(each.limit(1)) is not None for each in (chunk, person, issue)):
        mend = "Somebody wrote into the database by hand. Restore a backup, or ask for help with a copy of it."
        return Look(what="ledger", ok=False, words="There are deliveries without a chunk or a person.", mend=mend)
    return Look(what="ledger", ok=True, words="Every delivery has its person and its chunk.")


def broker(settings: Settings) -> Look:
    """Whether the broker can be reached; the embedded one always can."""
    if settings.broker == "embedded":
        return Look(what="broker", ok=True, words="embedded, in the data folder.")
    try:
        with Connection(settings.broker, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
    except (KombuError, OSError) as error:
        words = f"It does not answer ({type(error).__name__}). Mails still leave: workers look every few seconds."
        mend = "Check NEWSLETTER_BROKER_URL, and that the server runs."
        return Look(what="broker", ok=False, words=words, mend=mend)
    return Look(what="broker", ok=True, words=f"{settings.broker.partition(':')[0]} answers.")
