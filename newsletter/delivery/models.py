"""Tables of the ledger: what goes to whom, in which call, and what became of it.

None of the ledger's tables carries a foreign key: each would be looked up once for every person of every
send. `newsletter doctor` and a test look for orphans instead.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.db import Base, public_id

BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


class Composition(Base, kw_only=True):
    """What one launched version says, compiled: the blocks, stored once for all its editions."""

    __tablename__ = "composition"

    issue_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version_id: Mapped[int]
    compiled: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]


class Edition(Base, kw_only=True):
    """One distinct mail of an issue: which blocks it joins. `topics` are slugs, in the document's order."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("issue_id", "key"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    issue_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))
    topics: Mapped[list[str]] = mapped_column(JSON)
    sections: Mapped[list[str]] = mapped_column(JSON)  # block ids
    size_bytes: Mapped[int]  # of the HTML, slots empty
    digest: Mapped[str] = mapped_column(String(64))  # of subject, HTML and text with their slots


class EditionMap(Base, kw_only=True):
    """Which edition the people of one topic set get; None: no section is for them."""

    __tablename__ = "edition_map"

    issue_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    topic_set_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    edition_id: Mapped[int | None] = mapped_column(BIG)


class ChunkState(StrEnum):
    """Where a call to the provider stands. `newsletter.delivery.rules` draws the legal moves."""

    PENDING = "pending"
    CLAIMED = "claimed"
    POSTING = "posting"
    DONE = "done"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Chunk(Base, kw_only=True):
    """Deliveries of one edition that go to the provider in one call. `lane` chunks are read together.

    `n` deliveries between subscribers `lo` and `hi`. `attempt` fences results: only the attempt that posted
    may record an answer. `owner` names the worker process, so that a dead one is noticed before its lease ends.
    """

    __tablename__ = "chunk"
    __table_args__ = (Index(None, "issue_id", "lane"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    issue_id: Mapped[int]
    lane: Mapped[int]
    edition_id: Mapped[int] = mapped_column(BIG)
    n: Mapped[int]
    lo: Mapped[int] = mapped_column(BIG)
    hi: Mapped[int] = mapped_column(BIG)
    state: Mapped[ChunkState] = mapped_column(default=ChunkState.PENDING)
    attempt: Mapped[int] = mapped_column(default=0)
    ever_unknown: Mapped[bool] = mapped_column(default=False)
    owner: Mapped[str | None] = mapped_column(String(100), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    key: Mapped[str] = mapped_column(String(40))  # idempotency key at the provider
    digest: Mapped[str | None] = mapped_column(String(64), default=None)  # of the request last posted
    posting_at: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    account_id: Mapped[int | None] = mapped_column(default=None)
    provider_ids: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)  # JSON list by position
    words: Mapped[str | None] = mapped_column(Text, default=None)  # why it failed, waits or is unknown
    resend_of: Mapped[int | None] = mapped_column(BIG, default=None)


class Outcome(StrEnum):
    """What became of one delivery where that differs from its chunk."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Delivery(Base, kw_only=True):
    """One issue to one subscriber: the row that makes a second copy impossible. Written once, at the freeze."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_exception",
            "issue_id",
            "outcome",
            sqlite_where=text("outcome IS NOT NULL"),
            postgresql_where=text("outcome IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    issue_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chunk_id: Mapped[int | None] = mapped_column(BIG, default=None)
    outcome: Mapped[Outcome | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(String(300), default=None)


class Attempt(Base, kw_only=True):
    """One try of a chunk; append only, its end filled in once."""

    __tablename__ = "attempt"

    chunk_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    posting_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    outcome: Mapped[str | None] = mapped_column(String(20), default=None)
    status: Mapped[int | None] = mapped_column(default=None)
    request_id: Mapped[str | None] = mapped_column(String(200), default=None)


class LetterKind(StrEnum):
    CONFIRM = "confirm"
    WELCOME = "welcome"
    PREFERENCES = "preferences"
    SIGN_IN = "signin"
    TEST = "test"  # a test copy of an edition
    ALARM = "alarm"


class Letter(Base, kw_only=True):
    """A single mail to one person, committed with its cause. `state` moves like a chunk's.

    Addressed to a subscriber, or to a plain `address` (test copies, alarms, editors).
    """

    __tablename__ = "letter"
    __table_args__ = (Index(None, "state", "id"), Index(None, "subscriber_id"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    kind: Mapped[LetterKind]
    publication_id: Mapped[int]
    subscriber_id: Mapped[int | None] = mapped_column(default=None)
    address: Mapped[str | None] = mapped_column(String(254), default=None, repr=False)
    words: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict, repr=False)
    state: Mapped[ChunkState] = mapped_column(default=ChunkState.PENDING)
    attempt: Mapped[int] = mapped_column(default=0)
    is_repeat: Mapped[bool] = mapped_column(default=False)  # was in doubt and goes out a second time
    owner: Mapped[str | None] = mapped_column(String(100), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    posting_at: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    account_id: Mapped[int | None] = mapped_column(default=None)
    provider_id: Mapped[str | None] = mapped_column(String(200), default=None)
    reason: Mapped[str | None] = mapped_column(String(300), default=None)
    made_at: Mapped[datetime]
