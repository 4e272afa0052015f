"""What the archive holds: public issues that were sent, or are being sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from newsletter.publications.models import Publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last section on a topic."""

    title: str
    path: str


def last_sections(session: Session, publication: Publication) -> Mapping[str, Last]:
    """For each topic's slug the last section that was sent on it."""
    return {}
