"""What the machine is doing, in one line of the top bar."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter.issues.models import Issue, State
from newsletter.publications.models import Installation, ProviderAccount, Publication

SETTINGS = "/desk/settings/provider"
STILL = timedelta(seconds=60)  # a worker sweeps every 5 s


class Doing(NamedTuple):
    words: str
    look: str
    path: str


def doing(session: Session, publication: Publication | None, now: datetime) -> Doing:
    """The first of: nobody works, the provider holds, an issue is on its way, ready."""
    account = session.get(ProviderAccount, publication.account_id) if publication and publication.account_id else None
    if account is None:
        return Doing("No provider yet", "warn", SETTINGS)
    return _halted(session, account, now) or _under_way(session) or Doing(f"{account.name} ready", "ok", SETTINGS)


def _halted(session: Session, account: ProviderAccount, now: datetime) -> Doing | None:
    beat_at = session.scalar(select(Installation.beat_at))
    if beat_at is None or now - beat_at > STILL:
        return Doing("No worker runs", "warn", SETTINGS)
    if account.held_words:
        return Doing(f"{account.name}: 1 to mend", "bad", SETTINGS)
    if account.not_before and account.not_before > now:
        return Doing(f"{account.name} asks us to wait until {account.not_before:%H:%M} UTC", "warn", SETTINGS)
    return None


def _under_way(session: Session) -> Doing | None:
    states = (State.LAUNCHED, State.FREEZING, State.SENDING)
    issue = session.scalars(select(Issue).where(Issue.state.in_(states)).order_by(Issue.id.desc()).limit(1)).first()
    if issue is None:
        return None
    return Doing("Sending an issue", "live", f"/desk/issues/{issue.public_id}/sending")
