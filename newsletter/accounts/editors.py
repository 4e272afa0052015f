"""Who may sign in, and as what. Whatever takes rights away ends the sessions that had them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.accounts import log, sessions
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role


class LastOwner(Exception):
    """Without this owner nobody could change settings or invite anybody."""


class AddressTaken(Exception):
    """Another editor has this address."""


def make(session: Session, *, address: str, role: Role, now: datetime, name: str = "") -> Editor:
    """A new editor without a password. `address` as `addresses.identity` writes it, or empty for the first.

    Raises AddressTaken.
    """
    if by_address(session, address):
        raise AddressTaken
    editor = Editor(address=address, name=name, role=role, made_at=now)
    session.add(editor)
    session.flush()
    return editor


def by_address(session: Session, address: str) -> Editor | None:
    return session.scalars(select(Editor).where(Editor.address == address)).one_or_none()


def by_public_id(session: Session, public_id: str) -> Editor | None:
    return session.scalars(select(Editor).where(Editor.public_id == public_id)).one_or_none()


def everybody(session: Session) -> Sequence[Editor]:
    """Every editor, disabled ones last."""
    return session.scalars(select(Editor).order_by(Editor.disabled_at.is_not(None), Editor.id)).all()


def first_owner(session: Session) -> Editor | None:
    owners = select(Editor).where(Editor.role == Role.OWNER, Editor.disabled_at.is_(None))
    return session.scalars(owners.order_by(Editor.id).limit(1)).first()


def set_password(
    session: Session, editor_id: int, password_hash: str, now: datetime, *, but: int | None = None
) -> None:
    """Set a password and end every other session of its editor (`but` is the one at hand)."""
    editor = session.get_one(Editor, editor_id)
    editor.password_hash = password_hash
    sessions.end_all(session, editor_id, now, but=but)
    log.record(session, editor_id, "set password", f"editor {editor.public_id}", {}, now)


def set_address(session: Session, editor_id: int, address: str, name: str, now: datetime) -> None:
    """Say who an editor is. Raises AddressTaken."""
    other = by_address(session, address)
    if other and other.id != editor_id:
        raise AddressTaken
    editor = session.get_one(Editor, editor_id)
    editor.address, editor.name = address, name
    log.record(session, editor_id, "set address", f"editor {editor.public_id}", {}, now)


def change_role(session: Session, editor: Editor, role: Role, by: int, now: datetime) -> None:
    """Give an editor another role. Raises LastOwner."""
    if editor.role == Role.OWNER and role != Role.OWNER:
        _keep_one(session, editor)
    before, editor.role = editor.role, role
    sessions.end_all(session, editor.id, now)
    log.record(session, by, "change role", f"editor {editor.public_id}", {"from": before, "to": role}, now)


def disable(session: Session, editor: Editor, by: int, now: datetime) -> None:
    """Shut an editor out. Raises LastOwner."""
    if editor.role == Role.OWNER:
        _keep_one(session, editor)
    editor.disabled_at = now
    sessions.end_all(session, editor.id, now)
    log.record(session, by, "disable", f"editor {editor.public_id}", {}, now)


def enable(session: Session, editor: Editor, by: int, now: datetime) -> None:
    editor.disabled_at = None
    log.record(session, by, "enable", f"editor {editor.public_id}", {}, now)


def _keep_one(session: Session, leaving: Editor) -> None:
    """Two owners who remove each other at the same moment wait for one another at these rows."""
    owners = select(Editor.id).where(Editor.role == Role.OWNER, Editor.disabled_at.is_(None)).with_for_update()
    if not [owner_id for owner_id in session.scalars(owners) if owner_id != leaving.id]:
        raise LastOwner
