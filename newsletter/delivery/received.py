"""What one person got of one issue."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.delivery.models import Chunk, Delivery, Edition


def topics(session: Session, issue_id: int, subscriber_id: int) -> Sequence[str]:
    """Slugs of the topics of the edition this person got; none when they got nothing or it is no longer known."""
    found = session.scalar(
        select(Edition.topics)
        .join(Chunk, Chunk.edition_id == Edition.id)
        .join(Delivery, Delivery.chunk_id == Chunk.id)
        .where(Delivery.issue_id == issue_id, Delivery.subscriber_id == subscriber_id)
    )
    return found or []
