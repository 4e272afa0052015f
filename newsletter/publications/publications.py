"""A publication's own settings: who it is, who its mail is from, and how it looks."""

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter import addresses
from newsletter.publications import colours, naming, senders
from newsletter.publications.models import Publication

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1000
LONGEST_POSTAL_ADDRESS = 500
LOCALES: Mapping[str, str] = {"en": "English"}  # languages our own pages and letters speak


class BadSettings(ValueError):
    """Settings that cannot be. `faults` holds a sentence for each field by its column's name."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What has to be given before an issue can be sent: `field` is the column, `why` the sentence."""

    field: str
    why: str


def by_slug(session: Session, slug: str) -> Publication | None:
    return session.scalar(select(Publication).where(Publication.slug == slug))


def all_of(session: Session) -> list[Publication]:
    """Every publication, the sample last."""
    return list(session.scalars(select(Publication).order_by(Publication.is_sample, Publication.id)))


def create(session: Session, name: str, now: datetime, *, is_sample: bool = False) -> Publication:
    """A new publication with nothing but a name. Raises BadSettings for a name that is none."""
    values = _read({"name": name})
    taken = set(session.scalars(select(Publication.slug)))
    slug = naming.free_slug(values["name"], taken, "newsletter")
    made = Publication(
        slug=slug,
        name=values["name"],
        sender_name=values["name"][:60],
        list_label=slug,
        is_sample=is_sample,
        made_at=now,
    )
    session.add(made)
    session.flush()
    return made


def change(session: Session, publication: Publication, typed: Mapping[str, str]) -> list[str]:
    """Set the columns named in `typed` and return those whose value is another now.

    Raises BadSettings with a sentence for each that cannot be; then nothing has changed. Columns that are not
    among READERS (slug, list_label, account) cannot be set this way.
    """
    values = _read(typed)
    changed = [column for column, value in values.items() if getattr(publication, column) != value]
    for column in changed:
        setattr(publication, column, values[column])
    session.flush()
    return changed


def missing(publication: Publication) -> list[Missing]:
    """What stands between this publication and its first launch."""
    needed = (
        ("sender_name", "Say who the mail is from: a name readers know."),
        ("sender_address", "Say which address the mail is from."),
        ("postal_address", "Every mail has to carry a postal address where the sender can be reached. Give yours."),
    )
    found = [Missing(field=column, why=why) for column, why in needed if not getattr(publication, column).strip()]
    if publication.account_id is None:
        found.append(Missing(field="account_id", why="Choose the provider that carries the mail."))
    return found


def _name(typed: str) -> str:
    name = naming.clean(typed)
    if not name:
        raise ValueError("A newsletter needs a name.")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"This name has {len(name)} characters; the longest there can be has {LONGEST_NAME}.")
    return name


def _text(longest: int) -> Callable[[str], str]:
    def read(typed: str) -> str:
        lines = [naming.clean(line) for line in typed.replace("\r\n", "\n").split("\n")]
        text = "\n".join(lines).strip()
        if len(text) > longest:
            raise ValueError(f"This has {len(text)} characters; the most there is room for is {longest}.")
        return text

    return read


def _address_or_none(typed: str) -> str:
    return addresses.read(typed) if typed.strip() else ""


def _sender_or_none(typed: str) -> str:
    return senders.read_address(typed) if typed.strip() else ""


def _contact(typed: str) -> str:
    text = naming.clean(typed)
    if text.startswith(("https://", "http://")) and len(text) <= 254 and " " not in text:
        return text
    return _address_or_none(text)


def _zone(typed: str) -> str:
    if typed not in zoneinfo.available_timezones():
        raise ValueError(f"“{typed[:60]}” is no time zone we know. Zones are named like Europe/Berlin.")
    return typed


def _locale(typed: str) -> str:
    if typed not in LOCALES:
        raise ValueError(f"We do not speak “{typed[:20]}” yet. Choose one of: {', '.join(LOCALES.values())}.")
    return typed


READERS: Mapping[str, Callable[[str], str]] = {
    "name": _name,
    "description": _text(LONGEST_DESCRIPTION),
    "sender_name": senders.read_name,
    "sender_address": _sender_or_none,
    "reply_to": _address_or_none,
    "contact": _contact,
    "postal_address": _text(LONGEST_POSTAL_ADDRESS),
    "locale": _locale,
    "zone": _zone,
    "accent_light": lambda typed: colours.read_accent(typed, colours.PAPER_LIGHT),
    "accent_dark": lambda typed: colours.read_accent(typed, colours.PAPER_DARK),
}


def _read(typed: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    faults: dict[str, str] = {}
    for column, text in typed.items():
        try:
            values[column] = READERS[column](text)
        except ValueError as error:  # BadAddress, BadSender and BadColour are
            faults[column] = str(error)
    if faults:
        raise BadSettings(faults)
    return values
