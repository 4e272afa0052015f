"""How many people there are, for pages that must stay quick at a million.

To the person up to 10,000; beyond that as of the last minute, since counting a million takes a tenth of a
second and more, and nobody sees one more or less of them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from newsletter.subscribers import listing
from newsletter.subscribers.listing import MOST_COUNTED, Filter
from newsletter.subscribers.models import Status
from newsletter.web.request import now, session, state

Counts = TypeVar("Counts")

FRESH = timedelta(minutes=1)

_known: dict[tuple[str, int, str], tuple[datetime, Any]] = {}


def by_status(publication_id: int) -> dict[Status, int]:
    """How many people there are of each status."""
    live = {status: listing.count_up_to(session(), publication_id, Filter(status=status)) for status in Status}
    if max(live.values()) <= MOST_COUNTED:
        return live
    counted = _of_this_minute(publication_id, "status", lambda: listing.counts(session(), publication_id))
    return {status: counted[status] if people > MOST_COUNTED else people for status, people in live.items()}


def by_topic(publication_id: int) -> dict[int, int]:
    """How many confirmed people chose each topic, by its id."""
    if listing.count_up_to(session(), publication_id, Filter(status=Status.CONFIRMED)) <= MOST_COUNTED:
        return listing.counts_by_topic(session(), publication_id)
    return _of_this_minute(publication_id, "topic", lambda: listing.counts_by_topic(session(), publication_id))


def _of_this_minute(publication_id: int, what: str, count: Callable[[], Counts]) -> Counts:
    key = (state().settings.database, publication_id, what)
    known = _known.get(key)
    if known is None or now() - known[0] > FRESH:
        known = _known[key] = (now(), count())
    found: Counts = known[1]
    return found
