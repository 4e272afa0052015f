"""Alarms: a letter to every owner when something stands still until somebody acts."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.delivery import letters
from newsletter.delivery.models import LetterKind
from newsletter.issues.models import Issue
from newsletter.publications.models import ProviderAccount

MEND = "Mend what it says and press Resume on the issue's page. Nobody was dropped."
CHECK = "Check the provider's settings and save them. What waits leaves then; nobody was dropped."


def issue_blocked(session: Session, issue: Issue, why: str, now: datetime) -> int:
    """Tell the owners that an issue is not being sent, and why. How many letters were written."""
    words = {
        "title": f"“{issue.title or 'An issue'}” is not being sent",
        "why": why,
        "mend": MEND,
        "path": f"/desk/issues/{issue.public_id}/sending",
        "button": "Open the issue",
    }
    return _tell(session, issue.publication_id, words, now)


def account_held(session: Session, account: ProviderAccount, publication_id: int, now: datetime) -> int:
    """Tell the owners that a provider takes no mail any more, and why. How many letters were written."""
    words = {
        "title": f"{account.name} takes no mail any more",
        "why": account.held_words or "",
        "mend": CHECK,
        "path": "/desk/settings/provider",
        "button": "Open the provider",
    }
    return _tell(session, publication_id, words, now)


def _tell(session: Session, publication_id: int, words: dict[str, str], now: datetime) -> int:
    owners = session.scalars(
        select(Editor.address).where(Editor.role == Role.OWNER, Editor.address != "", Editor.disabled_at.is_(None))
    ).all()
    for address in owners:
        letters.write(
            session, kind=LetterKind.ALARM, publication_id=publication_id, address=address, words=words, now=now
        )
    return len(owners)
