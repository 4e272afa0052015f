"""Tables of people: who they are, what they chose, what they agreed to, and what must not reach them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.db import Base, public_id


def _ordered_by_bytes(length: int) -> String:
    """Text whose index finds what begins with something, on both databases: SQLite sorts by bytes anyway."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Subscriber(Base, kw_only=True):
    """A person, one per address. Erasing empties the row and keeps `address_key`; a new sign-up revives it."""

    __tablename__ = "subscriber"
    __table_args__ = (Index(None, "address"), Index(None, "name"))

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    address_key: Mapped[str] = mapped_column(String(32), unique=True, repr=False)
    address: Mapped[str | None] = mapped_column(_ordered_by_bytes(254), repr=False)
    name: Mapped[str] = mapped_column(_ordered_by_bytes(200), default="", repr=False)
    is_sample: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class TopicSet(Base, kw_only=True):
    """A distinct set of chosen topics of one publication. `key` is the topic ids, ascending, with commas."""

    __tablename__ = "topic_set"
    __table_args__ = (UniqueConstraint("publication_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    key: Mapped[str] = mapped_column(String(2000))

    @property
    def topic_ids(self) -> frozenset[int]:
        return frozenset(int(part) for part in self.key.split(",") if part)


class Status(StrEnum):
    """Where a subscription stands. Only `confirmed` is ever in an audience."""

    PENDING = "pending"  # signed up, not confirmed; forgotten after 7 days
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    LEFT = "left"


class Subscription(Base, kw_only=True):
    """One person in one publication."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("publication_id", "subscriber_id"),
        Index(None, "subscriber_id"),
        Index(None, "publication_id", "status", "subscriber_id", "topic_set_id"),  # lists and freezes read no more
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey(Subscriber.id))
    status: Mapped[Status]
    topic_set_id: Mapped[int] = mapped_column(ForeignKey(TopicSet.id))
    locale: Mapped[str] = mapped_column(String(20), default="")
    zone: Mapped[str] = mapped_column(String(60), default="")
    made_at: Mapped[datetime]
    asked_at: Mapped[datetime | None] = mapped_column(default=None)  # when confirmation was last asked for
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    left_at: Mapped[datetime | None] = mapped_column(default=None)


class ConsentKind(StrEnum):
    SIGN_UP = "sign_up"
    CONFIRM = "confirm"
    CHANGE = "change"
    LEAVE = "leave"
    RETURN = "return"
    IMPORT = "import"
    ERASE = "erase"


class Consent(Base, kw_only=True):
    """Who agreed to what words, when, from where; append only. `address_key` outlives the person's erasure."""

    __tablename__ = "consent"
    __table_args__ = (Index(None, "subscriber_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey(Subscriber.id))
    address_key: Mapped[str] = mapped_column(String(32), repr=False)
    kind: Mapped[ConsentKind]
    words: Mapped[str] = mapped_column(Text)  # exactly what the person read
    form_version: Mapped[str] = mapped_column(String(40), default="")
    page: Mapped[str] = mapped_column(String(300), default="")
    network_key: Mapped[str] = mapped_column(String(32), default="", repr=False)  # keyed hash of the network
    topics: Mapped[list[str]] = mapped_column(JSON, default_factory=list)  # slugs, as they were then
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    at: Mapped[datetime]


class SuppressionKind(StrEnum):
    """Why an address must not be mailed, and so who may lift it."""

    EVERYTHING = "everything"  # left everything: a newly confirmed sign-up lifts it
    NEVER = "never"  # "never mail me again": an operator lifts it, with a reason
    COMPLAINT = "complaint"  # the same
    HARD_BOUNCE = "hard_bounce"  # confirming a letter lifts it
    MANUAL = "manual"  # an operator's decision


class Suppression(Base, kw_only=True):
    """An address that must not be mailed. Holds the keyed hash alone, so it survives erasure."""

    __tablename__ = "suppression"
    __table_args__ = (Index(None, "address_key"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    address_key: Mapped[str] = mapped_column(String(32), repr=False)
    kind: Mapped[SuppressionKind]
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None] = mapped_column(default=None)
    lifted_reason: Mapped[str] = mapped_column(Text, default="")


class DepartureCounter(Base, kw_only=True):
    """One row. Whoever leaves locks it for a number; whoever is about to post shares the lock."""

    __tablename__ = "departure_counter"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    number: Mapped[int] = mapped_column(BigInteger, default=0)


class Departure(Base, kw_only=True):
    """Somebody left, paused, was suppressed or erased: numbered in the order of commits."""

    __tablename__ = "departure"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int]
    publication_id: Mapped[int | None]  # None: all of them
    reason: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class ImportState(StrEnum):
    """How far a file of people has come."""

    READING = "reading"  # its rows are being stored
    MAPPING = "mapping"  # waits for somebody to say what its columns are
    JUDGING = "judging"  # dry run under way
    JUDGED = "judged"  # waits for somebody to let the people in
    IMPORTING = "importing"
    FINISHED = "finished"
    STOPPED = "stopped"  # thrown away, or ended half-way; who came in stays


class Import(Base, kw_only=True):
    """A file of people on its way in: what it was read as, what its columns are, how far it has come.

    `cursor` is the last row done in the present state. When the import ends its rows go and the counts stay.
    """

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    editor_id: Mapped[int | None] = mapped_column(default=None)
    file_name: Mapped[str] = mapped_column(String(200))
    size_bytes: Mapped[int] = mapped_column(default=0)
    read_as: Mapped[str] = mapped_column(String(100), default="")  # such as "UTF-8, commas"
    columns: Mapped[list[str]] = mapped_column(JSON, default_factory=list)
    mapping: Mapped[list[str]] = mapped_column(JSON, default_factory=list)  # what each column is
    everybody: Mapped[list[str]] = mapped_column(JSON, default_factory=list)  # slugs of topics for every row
    state: Mapped[ImportState] = mapped_column(default=ImportState.READING, index=True)
    total: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default_factory=dict)  # rows by verdict
    strange_topics: Mapped[dict[str, int]] = mapped_column(JSON, default_factory=dict)  # names that are none here
    consent: Mapped[dict[str, str]] = mapped_column(JSON, default_factory=dict)  # where, when, words; {}: not stated
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class ImportRow(Base, kw_only=True):
    """One row of a file, as it stood there and as it was judged. `number` is the one a spreadsheet shows."""

    __tablename__ = "import_row"
    __table_args__ = (
        Index("ix_import_row_address_key", "import_id", "address_key"),
        Index("ix_import_row_verdict", "import_id", "verdict", "number"),
    )

    import_id: Mapped[int] = mapped_column(ForeignKey(Import.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list[str]] = mapped_column(JSON, repr=False)
    address: Mapped[str] = mapped_column(Text, default="", repr=False)
    address_key: Mapped[str | None] = mapped_column(String(32), default=None, repr=False)
    name: Mapped[str] = mapped_column(String(200), default="", repr=False)
    topics: Mapped[list[int]] = mapped_column(JSON, default_factory=list)  # topic ids
    verdict: Mapped[str | None] = mapped_column(String(20), default=None)
    why: Mapped[str] = mapped_column(String(300), default="")
