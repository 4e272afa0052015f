"""An issue's text as it stood before. A version is never changed; restoring one makes a newer one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.issues.models import Issue, Version

WORK = timedelta(minutes=1)  # at most one version for each minute of work


def keep(session: Session, issue: Issue, note: str = "") -> Version:
    """The issue's text as a version: the newest one when that says the same (and has this note, or none is asked).

    The caller holds the issue's row, so two versions never get one number.
    """
    newest = latest(session, issue)
    if newest and newest.text == issue.text and note in ("", newest.note):
        return newest
    return add(session, issue, issue.text, note, issue.saved_by, issue.saved_at)


def add(session: Session, issue: Issue, text: str, note: str, editor_id: int | None, at: datetime) -> Version:
    """A version of any text, such as one that met another editor's save."""
    newest = latest(session, issue)
    number = newest.number + 1 if newest else 1
    version = Version(issue_id=issue.id, number=number, text=text, note=note, saved_at=at, saved_by=editor_id)
    session.add(version)
    session.flush()  # the next version counts on this one's number
    return version


def keep_before_save(session: Session, issue: Issue, editor_id: int | None, now: datetime) -> None:
    """Keep what stands before it is written over, unless it is the last few seconds of one editor's typing."""
    if not issue.text.strip():
        return
    newest = latest(session, issue)
    rested = now - issue.saved_at >= WORK
    minute_over = newest is None or issue.saved_at - newest.saved_at >= WORK
    if issue.saved_by != editor_id or rested or minute_over:
        keep(session, issue)


def latest(session: Session, issue: Issue) -> Version | None:
    newest = select(Version).where(Version.issue_id == issue.id).order_by(Version.number.desc()).limit(1)
    return session.scalar(newest)


def find(session: Session, issue: Issue, number: int) -> Version | None:
    return session.scalar(select(Version).where(Version.issue_id == issue.id, Version.number == number))


def count(session: Session, issue: Issue) -> int:
    return session.scalar(select(func.count()).where(Version.issue_id == issue.id)) or 0


def newest_first(session: Session, issue: Issue, before: int | None = None, limit: int = 50) -> Sequence[Version]:
    """Versions older than number `before`, the newest first."""
    wanted = select(Version).where(Version.issue_id == issue.id)
    if before is not None:
        wanted = wanted.where(Version.number < before)
    return session.scalars(wanted.order_by(Version.number.desc()).limit(limit)).all()
