"""Alarms: a letter to every owner when an issue stands still until somebody acts."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.delivery import letters
from newsletter.delivery.models import LetterKind
from newsletter.issues.models import Issue

MEND = "Mend what it says and press Resume on the issue's page. Nobody was dropped."


def issue_blocked(session: Session, issue: Issue, why: str, now: datetime) -> int:
    """Tell the owners that an issue is not being sent, and why. How many letters were written."""
    owners = session.scalars(
        select(Editor.address).where(Editor.role == Role.OWNER, Editor.address != "", Editor.disabled_at.is_(None))
    ).all()
    for address in owners:
        letters.write(
            session,
            kind=LetterKind.ALARM,
            publication_id=issue.publication_id,
            address=address,
            words={
                "title": f"“{issue.title or 'An issue'}” is not being sent",
                "why": why,
                "mend": MEND,
                "path": f"/desk/issues/{issue.public_id}/sending",
                "button": "Open the issue",
            },
            now=now,
        )
    return len(owners)
