"""Sign-in sessions: a row each, so that one can be ended from elsewhere."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter.accounts import rules
from newsletter.accounts.models import Editor, SignInSession

SEEN_EVERY = timedelta(minutes=10)  # how exactly we know when somebody was last here


class SignedIn(NamedTuple):
    session: SignInSession
    editor: Editor


def hash_secret(secret: str) -> str:
    """How a 256-bit random secret is stored: it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start(session: Session, editor_id: int, *, browser: str, network: str, now: datetime) -> str:
    """Sign an editor in and return the secret for the cookie. Each sign-in has a new one."""
    secret = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            secret_hash=hash_secret(secret),
            editor_id=editor_id,
            made_at=now,
            seen_at=now,
            browser=browser[:200],
            network=network[:60],
        )
    )
    return secret


def find(session: Session, secret: str, now: datetime) -> SignedIn | None:
    """The session of a cookie and its editor; None when it is over, revoked, or the editor is disabled."""
    row = session.execute(
        select(SignInSession, Editor)
        .join(Editor, Editor.id == SignInSession.editor_id)
        .where(SignInSession.secret_hash == hash_secret(secret))
        .where(SignInSession.revoked_at.is_(None), Editor.disabled_at.is_(None))
    ).one_or_none()
    if row is None or rules.is_over(row[0].made_at, row[0].seen_at, now):
        return None
    return SignedIn(row[0], row[1])


def see(session: Session, signed_in: SignInSession, now: datetime) -> None:
    """Note that somebody is still here."""
    session.execute(update(SignInSession).where(SignInSession.id == signed_in.id).values(seen_at=now))


def running(session: Session, editor_id: int, now: datetime) -> Sequence[SignInSession]:
    """Where an editor is signed in, the latest first."""
    rows = session.scalars(
        select(SignInSession)
        .where(SignInSession.editor_id == editor_id, SignInSession.revoked_at.is_(None))
        .where(SignInSession.seen_at > now - rules.IDLE, SignInSession.made_at > now - rules.LIFETIME)
        .order_by(SignInSession.seen_at.desc())
    )
    return rows.all()


def end(session: Session, editor_id: int, session_id: int, now: datetime) -> bool:
    """End one of an editor's own sessions; False when it is not theirs or has ended."""
    statement = (
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.editor_id == editor_id)
        .where(SignInSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(SignInSession.id)
    )
    return session.execute(statement).one_or_none() is not None


def end_all(session: Session, editor_id: int, now: datetime, *, but: int | None = None) -> None:
    """End every session of an editor, but perhaps the one at hand."""
    statement = update(SignInSession).where(
        SignInSession.editor_id == editor_id, SignInSession.revoked_at.is_(None), SignInSession.id != (but or 0)
    )
    session.execute(statement.values(revoked_at=now))
