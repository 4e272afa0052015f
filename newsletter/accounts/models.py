"""Tables of who may use the desk: editors, their sessions, their ways in, and the log of what they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.accounts.rules import Role
from newsletter.db import Base, public_id


class Editor(Base, kw_only=True):
    """A person who signs in. Without a password only a way in opens the desk."""

    __tablename__ = "editor"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default_factory=public_id)
    address: Mapped[str] = mapped_column(String(254), unique=True, repr=False)
    name: Mapped[str] = mapped_column(String(200), default="", repr=False)
    role: Mapped[Role]
    password_hash: Mapped[str] = mapped_column(String(200), default="", repr=False)
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    made_at: Mapped[datetime]


class SignInSession(Base, kw_only=True):
    """One browser that is signed in. The cookie's 256-bit secret is stored hashed."""

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True, repr=False)
    editor_id: Mapped[int] = mapped_column(ForeignKey(Editor.id), index=True)
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(200), default="")
    network: Mapped[str] = mapped_column(String(60), default="")  # truncated address
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class WayIn(Base, kw_only=True):
    """A one-time link to the desk, stored hashed: the first start's, an invitation, a forgotten password."""

    __tablename__ = "way_in"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True, repr=False)
    editor_id: Mapped[int] = mapped_column(ForeignKey(Editor.id))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class LogEntry(Base, kw_only=True):
    """What somebody did; append only. Each row's hash covers the one before, so a change shows."""

    __tablename__ = "log_entry"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    at: Mapped[datetime]
    editor_id: Mapped[int | None]
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
