"""The list of addresses that must not be mailed, as a page shows it."""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from newsletter.subscribers.models import Subscriber, Suppression


def page(
    session: Session, key: str = "", *, before: int | None = None, limit: int = 50
) -> Sequence[Row[Suppression, str | None, str | None]]:
    """Suppressions, the newest first, each with address and public id where the person is still known.

    `key`: an address key or its beginning, for one address; "" for all.
    """
    found = (
        select(Suppression, Subscriber.address, Subscriber.public_id)
        .outerjoin(Subscriber, Subscriber.address_key == Suppression.address_key)
        .order_by(Suppression.id.desc())
        .limit(limit)
    )
    if key:
        found = found.where(Suppression.address_key >= key, Suppression.address_key < f"{key}g")  # hex ends at f
    if before is not None:
        found = found.where(Suppression.id < before)
    return session.execute(found).all()
