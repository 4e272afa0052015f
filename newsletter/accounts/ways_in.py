"""One-time links to the desk: the first start's, an invitation, a forgotten password."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter.accounts import editors
from newsletter.accounts.models import Editor, WayIn
from newsletter.accounts.rules import Role
from newsletter.accounts.sessions import hash_secret

PATH = "/desk/way-in/"  # what stands before the secret in the link
FIRST = timedelta(hours=24)
INVITED = timedelta(days=7)
FORGOTTEN = timedelta(minutes=30)


def first(session: Session, now: datetime) -> str | None:
    """The way in for whoever started the program: makes the owner when there is no editor yet.

    None once an owner has a password. Each call is a new secret and ends the unused ones before it, so the link
    on the screen is the only one.
    """
    owner = editors.first_owner(session) or editors.make(session, address="", role=Role.OWNER, now=now)
    if owner.password_hash:
        return None
    unused = update(WayIn).where(WayIn.editor_id == owner.id, WayIn.used_at.is_(None))
    session.execute(unused.values(used_at=now))
    return make(session, owner.id, FIRST, now)


def make(session: Session, editor_id: int, lasts: timedelta, now: datetime) -> str:
    """A secret of 256 bits that opens the desk for this editor once."""
    secret = secrets.token_urlsafe(32)
    session.add(WayIn(secret_hash=hash_secret(secret), editor_id=editor_id, made_at=now, expires_at=now + lasts))
    session.flush()
    return secret


def look(session: Session, secret: str, now: datetime) -> Editor | None:
    """Whose way in this is; None when it was used, is over, or never was. Uses nothing."""
    return session.scalars(
        select(Editor)
        .join(WayIn, WayIn.editor_id == Editor.id)
        .where(WayIn.secret_hash == hash_secret(secret), WayIn.used_at.is_(None), WayIn.expires_at > now)
        .where(Editor.disabled_at.is_(None))
    ).one_or_none()


def use(session: Session, secret: str, now: datetime) -> Editor | None:
    """Use a way in up. Of two at once one gets the editor, the other None."""
    editor = look(session, secret, now)
    if editor is None:
        return None
    used = (
        update(WayIn)
        .where(WayIn.secret_hash == hash_secret(secret), WayIn.used_at.is_(None))
        .values(used_at=now)
        .returning(WayIn.id)
    )
    return editor if session.execute(used).one_or_none() else None
