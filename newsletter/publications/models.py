"""Tables of what a newsletter is: its identity, its topics, and the provider account it sends through."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.db import Base, public_id


class Installation(Base, kw_only=True):
    """This installation, one row. Its random id tells a clone of the database from the original."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    public_id: Mapped[str] = mapped_column(String(12), default_factory=public_id)
    address_key_fingerprint: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime]
    beat_at: Mapped[datetime | None] = mapped_column(default=None)  # when a worker last swept


class ProviderAccount(Base, kw_only=True):
    """One account at a provider. `sealed` holds its secrets, encrypted with the vault key; it is never shown.

    `tokens` and `refilled_at` are the bucket that paces all workers together (mails, `rate_per_s` refill).
    `not_before` holds every send until then; `held_words` holds it until somebody acts.
    """

    __tablename__ = "provider_account"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    sealed: Mapped[str] = mapped_column(Text, default="", repr=False)
    rate_per_s: Mapped[float | None] = mapped_column(default=None)
    tokens: Mapped[float] = mapped_column(default=0.0)
    refilled_at: Mapped[datetime | None] = mapped_column(default=None)
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    held_words: Mapped[str | None] = mapped_column(Text, default=None)
    failures: Mapped[int] = mapped_column(default=0)  # calls in a row that were provably not sent
    checked_at: Mapped[datetime | None] = mapped_column(default=None)
    made_at: Mapped[datetime]


class Publication(Base, kw_only=True):
    """A newsletter: who sends it, from where, and how it looks."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    sender_name: Mapped[str] = mapped_column(String(200), default="")
    sender_address: Mapped[str] = mapped_column(String(254), default="", repr=False)
    reply_to: Mapped[str] = mapped_column(String(254), default="", repr=False)
    contact: Mapped[str] = mapped_column(String(254), default="", repr=False)
    postal_address: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(20), default="en")
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    theme: Mapped[str] = mapped_column(String(40), default="plain")
    accent_light: Mapped[str] = mapped_column(String(7), default="")
    accent_dark: Mapped[str] = mapped_column(String(7), default="")
    list_label: Mapped[str] = mapped_column(String(60))  # left part of List-Id; never changes (RFC 2919)
    account_id: Mapped[int | None] = mapped_column(ForeignKey(ProviderAccount.id), default=None)
    is_sample: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]


class Topic(Base, kw_only=True):
    """What readers choose. A hidden topic is not offered at sign-up; an old name lives on as an alias."""

    __tablename__ = "topic"
    __table_args__ = (UniqueConstraint("publication_id", "slug"), Index(None, "publication_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    publication_id: Mapped[int] = mapped_column(ForeignKey(Publication.id))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    rhythm: Mapped[str] = mapped_column(String(100), default="")  # how often it appears, in words
    position: Mapped[int] = mapped_column(default=0)
    is_hidden: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]


class TopicAlias(Base, kw_only=True):
    """A name that also means this topic. `name_key` is NFC and casefolded, unique in a publication."""

    __tablename__ = "topic_alias"
    __table_args__ = (UniqueConstraint("publication_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    publication_id: Mapped[int] = mapped_column(ForeignKey(Publication.id))
    topic_id: Mapped[int] = mapped_column(ForeignKey(Topic.id))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
