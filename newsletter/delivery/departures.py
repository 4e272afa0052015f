"""Who has left since an issue was frozen: the one re-check of consent, and an exact one.

Everybody who leaves takes a number under the counter row's lock and holds that lock until the commit. Whoever
posts shares the lock, so the numbers it reads are all there are: who left before is seen, who leaves later
waits until `posting` stands.
"""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from newsletter.issues.models import Issue
from newsletter.subscribers.models import Departure, DepartureCounter


class Departures:
    """What one process has read of the log for one issue. Reading on is cheap: only what is new is fetched."""

    def __init__(self, issue: Issue) -> None:
        self._publication_id = issue.publication_id
        self._seen = issue.departure
        self._gone: dict[int, str] = {}

    def gone(self, session: Session) -> dict[int, str]:
        """Subscribers who left this publication, or everything, since the freeze began: id and reason.

        Call it in the transaction that marks chunks as posting.
        """
        session.scalar(select(DepartureCounter.number).with_for_update(read=True))
        rows = session.execute(
            select(Departure.number, Departure.subscriber_id, Departure.reason)
            .where(Departure.number > self._seen)
            .where(or_(Departure.publication_id.is_(None), Departure.publication_id == self._publication_id))
            .order_by(Departure.number)
        )
        for number, subscriber_id, reason in rows:
            self._gone[subscriber_id] = reason
            self._seen = number
        return self._gone
