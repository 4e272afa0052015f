"""Writing an issue: make it, save it without losing anybody's words, begin with the shape of the last one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsletter.issues import document, versions
from newsletter.issues.models import Issue, Version

LONGEST_TITLE = 500
BLANK = "---\ntitle: \nsubject: \npreheader: \ndate: \n---\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The text stands in the issue; the next save starts from `revision`."""

    revision: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Somebody else saved in between. Nothing was saved over: `theirs` stands, both texts are versions."""

    revision: int
    theirs: Version
    yours: Version


def make(session: Session, publication_id: int, text: str, editor_id: int | None, now: datetime) -> Issue:
    """A new draft with the publication's next number."""
    text = document.normalise(text)
    highest = session.scalar(select(func.max(Issue.number)).where(Issue.publication_id == publication_id))
    issue = Issue(
        publication_id=publication_id,
        number=(highest or 0) + 1,
        title=title_of(text),
        text=text,
        made_at=now,
        saved_at=now,
        saved_by=editor_id,
    )
    session.add(issue)
    session.flush()  # the caller links to its id
    return issue


def find(session: Session, public_id: str) -> Issue | None:
    return session.scalar(select(Issue).where(Issue.public_id == public_id))


def save(
    session: Session, issue: Issue, text: str, *, revision: int, editor_id: int | None, now: datetime
) -> Saved | Met:
    """Put `text` in the place of the text that stood at `revision`.

    When somebody saved another text since, nothing is written over and both become versions: commit in either
    case. Saving the text that stands there already changes nothing, so a save may be repeated.
    """
    _hold(session, issue)
    text = document.normalise(text)
    if text == issue.text:
        return Saved(revision=issue.revision, at=issue.saved_at)
    if revision != issue.revision:
        theirs = versions.keep(session, issue)
        yours = versions.add(session, issue, text, f"Met version {theirs.number}", editor_id, now)
        return Met(revision=issue.revision, theirs=theirs, yours=yours)
    versions.keep_before_save(session, issue, editor_id, now)
    _write(issue, text, editor_id, now)
    return Saved(revision=issue.revision, at=now)


def restore(session: Session, issue: Issue, version: Version, editor_id: int | None, now: datetime) -> Saved:
    """Make an older version's text the issue's again. What stands there now is kept, and so is the restored text."""
    _hold(session, issue)
    versions.keep(session, issue)
    _write(issue, version.text, editor_id, now)
    versions.keep(session, issue, f"Version {version.number} again")
    return Saved(revision=issue.revision, at=now)


def _hold(session: Session, issue: Issue) -> None:
    """Lock the row and read it anew, so that what is compared is what stands in the database."""
    session.flush()  # else a refresh would forget what this session has changed
    session.refresh(issue, with_for_update=True)


def _write(issue: Issue, text: str, editor_id: int | None, now: datetime) -> None:
    issue.text = text
    issue.title = title_of(text)
    issue.revision += 1
    issue.saved_at = now
    issue.saved_by = editor_id


def title_of(text: str) -> str:
    """The title as lists show it: one line, cut where the column ends."""
    return " ".join(document.parse(text).title.split())[:LONGEST_TITLE]


def skeleton(text: str) -> str:
    """The shape of an issue without its words: its sections in their order, and the labels of their first items."""
    read = document.parse(text)
    lines = text.splitlines()
    parts = [BLANK.rstrip() if read.front is None else _front(read.front.kept)]
    if ":::contents" in text.replace(" ", ""):
        parts.append(":::contents\n:::")
    for section in read.sections:
        parts.append(lines[section.lines.first - 1].rstrip())
        labels = [f"**{field.label}:** " for item in section.items[:1] for field in item.fields]
        if labels:
            parts.append("\n".join(labels))
    return "\n\n".join(parts) + "\n"


def _front(kept: tuple[str, ...]) -> str:
    return "\n".join([*BLANK.splitlines()[:-2], *kept, "---"])
