"""A publication's issues as a list: newest first, by state, searched by title and words."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from newsletter.issues.models import Issue, State

GROUPS: Mapping[str, frozenset[State]] = {
    "drafts": frozenset({State.DRAFT}),
    "scheduled": frozenset({State.SCHEDULED}),
    "sending": frozenset({State.LAUNCHED, State.FREEZING, State.SENDING, State.PAUSED, State.BLOCKED}),
    "finished": frozenset({State.FINISHED}),
    "stopped": frozenset({State.CANCELLED}),
}


def page(
    session: Session,
    publication_id: int,
    *,
    group: str = "",
    query: str = "",
    before: int | None = None,
    limit: int = 30,
) -> Sequence[Issue]:
    """Issues with a lower number than `before`, the highest first; an unknown group means all of them."""
    wanted = select(Issue).where(Issue.publication_id == publication_id)
    if group in GROUPS:
        wanted = wanted.where(Issue.state.in_(GROUPS[group]))
    if words := query.strip():
        wanted = wanted.where(
            or_(Issue.title.icontains(words, autoescape=True), Issue.text.icontains(words, autoescape=True))
        )
    if before is not None:
        wanted = wanted.where(Issue.number < before)
    return session.scalars(wanted.order_by(Issue.number.desc()).limit(limit)).all()


def counts(session: Session, publication_id: int) -> dict[str, int]:
    """How many issues each group has, and "all"."""
    by_state = select(Issue.state, func.count()).where(Issue.publication_id == publication_id).group_by(Issue.state)
    found = {row[0]: row[1] for row in session.execute(by_state)}
    return {
        "all": sum(found.values()),
        **{group: sum(found.get(state, 0) for state in states) for group, states in GROUPS.items()},
    }


def newest(session: Session, publication_id: int) -> Issue | None:
    """The issue with the highest number that has a title: one that was begun in earnest."""
    return session.scalar(
        select(Issue)
        .where(Issue.publication_id == publication_id, Issue.title != "")
        .order_by(Issue.number.desc())
        .limit(1)
    )


def sample(session: Session) -> Issue | None:
    """The issue that an empty installation starts with."""
    return session.scalar(select(Issue).where(Issue.is_sample).order_by(Issue.id).limit(1))
