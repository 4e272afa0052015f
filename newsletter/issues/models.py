"""Tables of what editors write: the issue, its versions and its pictures."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.db import Base, public_id


class State(StrEnum):
    """Where an issue stands. `newsletter.delivery.rules` draws the legal moves; triggers hold them."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LAUNCHED = "launched"
    FREEZING = "freezing"
    SENDING = "sending"
    PAUSED = "paused"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class Issue(Base, kw_only=True):
    """One number of a publication. `text` is the editors' working text, `version_id` what was launched.

    `revision` counts every save: a save names the revision it started from, so two editors notice each other.
    """

    __tablename__ = "issue"
    __table_args__ = (Index(None, "publication_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(500), default="")
    text: Mapped[str] = mapped_column(Text, default="", repr=False)
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[State] = mapped_column(default=State.DRAFT)
    is_public: Mapped[bool] = mapped_column(default=True)  # shown in the archive once it is sent
    is_sample: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    saved_by: Mapped[int | None] = mapped_column(default=None)  # editor

    # from the launch on
    version_id: Mapped[int | None] = mapped_column(default=None)
    account_id: Mapped[int | None] = mapped_column(default=None)  # the provider account it is sent through
    due_at: Mapped[datetime | None] = mapped_column(default=None)  # scheduled: when it launches by itself
    launched_at: Mapped[datetime | None] = mapped_column(default=None)
    launched_by: Mapped[int | None] = mapped_column(default=None)
    freeze_cursor: Mapped[int] = mapped_column(BigInteger, default=0)  # last subscriber frozen
    audience: Mapped[int] = mapped_column(default=0)  # people counted while freezing, skipped ones included
    departure: Mapped[int] = mapped_column(BigInteger, default=0)  # the number when the freeze began
    pause_asked: Mapped[bool] = mapped_column(default=False)  # a pause during the freeze
    words: Mapped[str] = mapped_column(Text, default="")  # why it is blocked or paused
    sending_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class Version(Base, kw_only=True):
    """An issue's text at one moment; never changed. The launched one is what was sent."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("issue_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey(Issue.id))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text, repr=False)
    note: Mapped[str] = mapped_column(String(200), default="")  # such as "launched", "before import"
    saved_at: Mapped[datetime]
    saved_by: Mapped[int | None] = mapped_column(default=None)


class Media(Base, kw_only=True):
    """A picture, re-encoded by us; its name is the hash of its bytes."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(10))  # png, jpeg, gif, webp
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    made_at: Mapped[datetime]
