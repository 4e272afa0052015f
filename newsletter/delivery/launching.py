"""Pressing send, and everything that can be pressed afterwards.

Each takes hold of the issue's row first: of two people who press at once, one does it and the other is told.

Verbs change rows and commit nothing. The caller commits, then rings the worker (`newsletter.wake`); if the bell
fails, the next sweep finds the row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from newsletter.delivery import alarms, editions, rules
from newsletter.delivery.editions import Composed
from newsletter.delivery.models import Chunk, ChunkState
from newsletter.issues import checks, versions
from newsletter.issues.document import Finding
from newsletter.issues.models import Issue, State
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.subscribers.audience import standing
from newsletter.subscribers.models import Subscriber, TopicSet

STATIC = ("outbox",)  # kinds of account whose mails stay on this machine


class AlreadyLaunched(Exception):
    """Somebody pressed before. The text says when, for the person who pressed second."""


class CannotLaunch(Exception):
    """Something has to be mended first: `findings`, all of them blocking."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(finding.message for finding in findings))
        self.findings = findings


class NotNow(Exception):
    """The issue stands where this cannot be done. The text says where that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionCount:
    """One edition and how many people get it. `topics` are slugs, `sections` ids, in the document's order."""

    key: str
    topics: Sequence[str]
    sections: Sequence[str]
    people: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What would leave if send were pressed now: editions by size, who gets nothing and why, and findings."""

    findings: Sequence[Finding]
    editions: Sequence[EditionCount]
    skipped: dict[str, int]
    people: int
    account: ProviderAccount | None
    composed: Composed

    @property
    def blocking(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.blocking]


def preflight(session: Session, issue: Issue, home: str) -> Preflight:
    """Count and check, changing nothing: a scheduled issue as it was pinned, any other as it is written now.

    `home` is the address of the public pages.
    """
    publication = session.get_one(Publication, issue.publication_id)
    account = account_of(session, publication)
    pinned = editions.load(session, issue.id) if issue.state == State.SCHEDULED else None
    draft = pinned or editions.compose(session, publication, issue.text, home, number=str(issue.number))
    counts: dict[str, int] = {}
    skipped: dict[str, int] = {}
    for topic_ids, reason, n in _standing(session, publication, account):
        key = draft.key(topic_ids) if reason is None else None
        if key is None:
            why = reason or "no_section"
            skipped[why] = skipped.get(why, 0) + n
        else:
            counts[key] = counts.get(key, 0) + n
    found = [_edition_count(draft, key, n) for key, n in sorted(counts.items(), key=lambda one: -one[1])]
    people = sum(counts.values())
    return Preflight(
        findings=[*_about(draft, publication), *_situation(account, people, home)],
        editions=found,
        skipped=skipped,
        people=people,
        account=account,
        composed=draft,
    )


def _about(draft: Composed, publication: Publication) -> list[Finding]:
    """What is found in the text and about the publication, each once."""
    checked = checks.check(draft.resolved, sender=publication.sender_address, postal_address=publication.postal_address)
    return [*checked, *(finding for finding in draft.findings if finding not in checked)]


def _edition_count(draft: Composed, key: str, n: int) -> EditionCount:
    topics, sections = draft.topics(key), draft.sections(key)
    return EditionCount(key=key, topics=topics, sections=sections, people=n, size_bytes=draft.size_bytes(key))


def _standing(
    session: Session, publication: Publication, account: ProviderAccount | None
) -> list[tuple[frozenset[int], str | None, int]]:
    """Topic ids, why they get nothing (if the person decides that), and how many such people."""
    each = standing(publication.id).add_columns(Subscriber.is_sample).subquery()
    _, set_id, reason, is_sample = each.c
    grouped = session.execute(select(set_id, reason, is_sample, func.count()).group_by(set_id, reason, is_sample))
    rows = grouped.all()
    sets = {
        one.id: one.topic_ids
        for one in session.scalars(select(TopicSet).where(TopicSet.publication_id == publication.id))
    }
    really = account is not None and account.kind not in STATIC
    return [
        (sets[topic_set_id], why or ("sample" if sample and really else None), n)
        for topic_set_id, why, sample, n in rows
    ]


def _situation(account: ProviderAccount | None, people: int, home: str) -> Iterator[Finding]:
    """What has to be mended outside the text."""
    if account is None:
        yield Finding(
            code="no-provider",
            blocking=True,
            message="There is no provider to hand the mails to.",
            mend="Choose one in the settings; “Outbox” keeps them on this machine.",
        )
    elif account.held_words:
        yield Finding(
            code="provider-held",
            blocking=True,
            message=f"The provider refused before: {account.held_words}",
            mend="Check the provider in the settings. A check that passes lets mails leave again.",
        )
    elif account.kind not in STATIC and not home.startswith("https://"):
        yield Finding(
            code="no-https",
            blocking=True,
            message=f"Readers could not leave from their mail program: {home} is no https address.",
            mend="Set NEWSLETTER_BASE_URL to the https address of these pages (RFC 8058 asks for it), and start again.",
        )
    if not people:
        yield Finding(
            code="nobody",
            blocking=True,
            message="Nobody would get this issue.",
            mend="Bring people in, or give a section a topic that somebody has chosen.",
        )


def account_of(session: Session, publication: Publication) -> ProviderAccount | None:
    """The account a publication sends through."""
    return session.get(ProviderAccount, publication.account_id) if publication.account_id else None


def launch(
    session: Session,
    issue: Issue,
    editor_id: int | None,
    home: str,
    now: datetime,
    *,
    due_at: datetime | None = None,
) -> datetime | None:
    """Press send. The moment it will leave (the undo window's end, or `due_at`), or None: it leaves now.

    Pins the version and its topics: later edits make a next version. The sample issue to the outbox has no
    undo window. Raises AlreadyLaunched, or CannotLaunch when a check blocks.
    """
    _hold(session, issue)  # so what is checked is what is pinned, whoever saves meanwhile
    if issue.state != State.DRAFT:
        when = issue.launched_at or issue.due_at or now
        raise AlreadyLaunched(f"This issue is {issue.state.value} already ({when:%d %B, %H:%M} UTC).")
    found = preflight(session, issue, home)
    if found.blocking:
        raise CannotLaunch(found.blocking)
    at_once = issue.is_sample and found.account is not None and found.account.kind in STATIC and due_at is None
    leaves = None if at_once else (due_at or now + rules.UNDO_WINDOW)
    issue.state = State.LAUNCHED if at_once else State.SCHEDULED
    issue.account_id = found.account.id if found.account else None
    issue.due_at, issue.launched_at, issue.launched_by = leaves, now if at_once else None, editor_id
    issue.pause_asked, issue.words = False, ""
    version = versions.keep(session, issue, "launched")
    issue.version_id = version.id
    editions.pin(session, issue, version, found.composed, now)
    return leaves


def _hold(session: Session, issue: Issue) -> None:
    """Lock the row and read it anew."""
    session.flush()  # else the refresh would forget what this session has changed
    session.refresh(issue, with_for_update=True)


def launch_due(session: Session, issue_id: int, home: str, now: datetime) -> Sequence[Finding]:
    """At its time: scheduled → launched, or blocked with the findings that say why."""
    issue = session.get_one(Issue, issue_id, with_for_update=True)
    if issue.state != State.SCHEDULED or issue.due_at is None or issue.due_at > now:
        return ()
    blocking = preflight(session, issue, home).blocking
    if blocking:
        issue.state = State.BLOCKED
        issue.words = " ".join(f"{finding.message} {finding.mend}" for finding in blocking)
        alarms.issue_blocked(session, issue, issue.words, now)
        return blocking
    issue.state, issue.launched_at = State.LAUNCHED, now
    issue.account_id = session.get_one(Publication, issue.publication_id).account_id
    return ()


def scheduled(session: Session, now: datetime) -> list[int]:
    """Issues whose time has come."""
    return list(session.scalars(select(Issue.id).where(Issue.state == State.SCHEDULED, Issue.due_at <= now)))


def undo(session: Session, issue: Issue, now: datetime) -> bool:
    """Back to a draft, while nothing has left. False: too late."""
    _hold(session, issue)
    if issue.state != State.SCHEDULED:
        return False
    _back_to_draft(session, issue)
    return True


def _back_to_draft(session: Session, issue: Issue) -> None:
    issue.state = State.DRAFT
    issue.due_at = issue.launched_at = issue.version_id = None
    editions.unpin(session, issue.id)
    session.flush()


def pause(session: Session, issue: Issue, now: datetime) -> int:
    """Stop before the next call. Returns how many mails are in calls under way, which may still leave.

    During the freeze the pause holds as soon as the freeze is over. Pausing twice changes nothing.
    """
    _hold(session, issue)
    if issue.state in (State.LAUNCHED, State.FREEZING):
        issue.pause_asked = True
    elif issue.state == State.SENDING:
        issue.state = State.PAUSED
    elif issue.state != State.PAUSED:
        raise NotNow(f"This issue is {issue.state.value}; there is nothing to pause.")
    issue.words = "Paused by hand."
    session.flush()
    return under_way(session, issue)


def resume(session: Session, issue: Issue, now: datetime) -> None:
    """Go on after a pause or, once the cause is mended, after a block: the provider is tried again. Raises NotNow."""
    _hold(session, issue)
    if issue.state == State.BLOCKED and issue.freeze_cursor == 0:
        _back_to_draft(session, issue)
    elif issue.state == State.BLOCKED and issue.sending_at is None:
        issue.state = State.FREEZING
    elif issue.state in (State.PAUSED, State.BLOCKED):
        issue.state = State.SENDING
    elif issue.state not in (State.LAUNCHED, State.FREEZING, State.SENDING):
        raise NotNow(f"This issue is {issue.state.value}; there is nothing to go on with.")
    issue.words, issue.pause_asked = "", False
    if issue.account_id is None or session.get(ProviderAccount, issue.account_id) is None:
        issue.account_id = session.get_one(Publication, issue.publication_id).account_id
    else:
        session.execute(
            update(ProviderAccount)
            .where(ProviderAccount.id == issue.account_id)
            .values(held_words=None, not_before=None, failures=0)
        )
    session.flush()


def stop(session: Session, issue: Issue, now: datetime) -> int:
    """End the send for good: who has not got the issue will not. Returns how many mails are under way."""
    _hold(session, issue)
    if issue.state not in (State.LAUNCHED, State.FREEZING, State.SENDING, State.PAUSED, State.BLOCKED):
        raise NotNow(f"This issue is {issue.state.value}; there is nothing to stop.")
    issue.state, issue.words, issue.finished_at = State.CANCELLED, "Stopped by hand.", now
    session.flush()
    return under_way(session, issue)


def under_way(session: Session, issue: Issue) -> int:
    """Mails in calls that have begun and are not answered yet."""
    calls = select(func.coalesce(func.sum(Chunk.n), 0)).where(Chunk.issue_id == issue.id)
    return session.scalar(calls.where(Chunk.state == ChunkState.POSTING)) or 0
