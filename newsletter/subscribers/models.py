"""Tables of people: who they are, what they chose, what they agreed to, and what must not reach them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.db import Base, public_id


class Subscriber(Base, kw_only=True):
    """A person, one per address. Erasing empties the row and keeps `address_key`; a new sign-up revives it."""

    __tablename__ = "subscriber"
    __table_args__ = (Index(None, "address"), Index(None, "name"))

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    address_key: Mapped[str] = mapped_column(String(32), unique=True, repr=False)
    address: Mapped[str | None] = mapped_column(String(254), repr=False)
    name: Mapped[str] = mapped_column(String(200), default="", repr=False)
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
        Index(None, "publication_id", "status", "subscriber_id"),
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


class Counter(Base, kw_only=True):
    """How often something happened in one window of time: the caps on sign-ups and sign-ins."""

    __tablename__ = "counter"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    window: Mapped[int] = mapped_column(BigInteger, primary_key=True)  # start, seconds since 1970
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UsedToken(Base, kw_only=True):
    """A form's or a link's one-time mark that was used; kept until it would have expired."""

    __tablename__ = "used_token"

    token_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
