"""Letters: single mails to one person, written down with their cause and sent by the worker.

A letter is a row before it is a mail. The caller commits it together with what it is about, then rings for
"letters"; if the bell fails, the next tick finds it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from newsletter.delivery.models import Letter, LetterKind
from newsletter.issues.models import Issue


def write(
    session: Session,
    *,
    kind: LetterKind,
    publication_id: int,
    now: datetime,
    subscriber_id: int | None = None,
    address: str | None = None,
    words: Mapping[str, Any] | None = None,
) -> Letter:
    """A letter that will be sent: to a subscriber, or to a plain address that `addresses.read` gave.

    `words` is what its kind needs beyond the person. Links are made when it is sent, so a row holds none.
    """
    if (subscriber_id is None) == (address is None):
        raise ValueError("a letter goes to a subscriber or to an address")
    letter = Letter(
        kind=kind,
        publication_id=publication_id,
        subscriber_id=subscriber_id,
        address=address,
        words=dict(words or {}),
        made_at=now,
    )
    session.add(letter)
    session.flush()
    return letter


def test_copy(session: Session, issue: Issue, topics: Sequence[str] | None, address: str, now: datetime) -> Letter:
    """A copy of one edition of the issue's present text to any address, marked as a test.

    `topics` are slugs; None means every section.
    """
    words = {"issue_id": issue.id, "topics": None if topics is None else list(topics), "text": issue.text}
    return write(
        session,
        kind=LetterKind.TEST,
        publication_id=issue.publication_id,
        address=address,
        words=words,
        now=now,
    )
