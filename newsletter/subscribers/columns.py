"""What the columns of a file of people are, and what one row of it says. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from newsletter import addresses
from newsletter.publications import naming
from newsletter.subscribers import files, rules


class Column(StrEnum):
    """What a column of the file is."""

    NOTHING = ""
    ADDRESS = "address"
    NAME = "name"  # several are joined: given and family name
    TOPICS = "topics"
    STATE = "state"  # whether the person is subscribed where the file comes from


class Verdict(StrEnum):
    """What happens to a row."""

    NEW = "new"
    HERE = "here"
    LEFT = "left"
    SUPPRESSED = "suppressed"
    OUT = "out"
    TWICE = "twice"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one row says. `fault` is why it cannot come in, `is_out` that the file itself says: not subscribed."""

    address: str
    name: str = ""
    topic_ids: tuple[int, ...] = ()
    strange_topics: tuple[str, ...] = ()
    fault: str = ""
    is_out: bool = False
    why: str = ""


_HEADERS = {
    Column.ADDRESS: "address email e-mail mail emailaddress mailaddress subscriberemail adresse courriel correo",
    Column.NAME: "name fullname firstname lastname givenname familyname surname nom prenom vorname nachname",
    Column.TOPICS: "topics topic tags tag interests interest lists list groups group segments themen",
    Column.STATE: "state status subscriberstatus subscribertype subscribed active",
}
_MEANING = {word: column for column, words in _HEADERS.items() for word in words.split()}
_SUBSCRIBED = frozenset(
    {"", "1", "active", "confirmed", "enabled", "free", "normal", "on", "optedin", "paid", "premium", "regular"}
    | {"subscribed", "true", "yes", "y", "subscriber", "verified"}
)


def guess(header: Sequence[str], has_header: bool, sample: Sequence[Sequence[str]]) -> list[Column]:
    """What each column most likely is: by its name, and where there are no names by what stands in it."""
    found = [_MEANING.get(_plain(name), Column.NOTHING) if has_header else Column.NOTHING for name in header]
    with_address = Counter(place for cells in sample for place, cell in enumerate(cells) if "@" in cell)
    if found.count(Column.ADDRESS) != 1 and with_address:
        best = with_address.most_common(1)[0][0]
        found = [Column.NOTHING if column is Column.ADDRESS else column for column in found]
        found[best] = Column.ADDRESS
    if not has_header and Column.ADDRESS in found and len(header) > 1:
        found[1 if found[0] is Column.ADDRESS else 0] = Column.NAME
    return found


def fault(mapping: Sequence[Column]) -> str:
    """Why these columns do not make people; "" when they do."""
    if mapping.count(Column.ADDRESS) == 0:
        return "Say which column holds the addresses."
    if mapping.count(Column.ADDRESS) > 1:
        return "Only one column can hold the addresses: leave the other out."
    if mapping.count(Column.STATE) > 1:
        return "Only one column can say whether somebody is subscribed: leave the other out."
    return ""


def take(cells: Sequence[str], mapping: Sequence[Column], topics: Mapping[str, int]) -> Said:
    """What a row says. `topics`: the id of each topic by the keys of its names (`naming.key`)."""
    parts: dict[Column, list[str]] = {column: [] for column in Column}
    for column, cell in zip(mapping, cells, strict=False):
        if cell.strip():
            parts[column].append(cell.strip())
    typed = "".join(parts[Column.ADDRESS])
    state = "".join(parts[Column.STATE])
    if _plain(state) not in _SUBSCRIBED:
        address, why = _read(typed)
        return Said(address=address, fault=why, is_out=not why, why=f"the file says “{state[:60]}”")
    address, why = _read(typed)
    ids, strange = _topics(parts[Column.TOPICS], topics)
    return Said(
        address=address,
        name=rules.name(" ".join(parts[Column.NAME])),
        topic_ids=ids,
        strange_topics=strange,
        fault=why,
    )


def _read(typed: str) -> tuple[str, str]:
    """The address, and why it is none."""
    if files.is_formula(typed):
        return typed, "A formula, not an address."
    try:
        return addresses.read(typed), ""
    except addresses.BadAddress as error:
        return typed, str(error)


def _topics(cells: Sequence[str], topics: Mapping[str, int]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Ids and unknown names. A cell may hold several, between semicolons, bars, new lines or commas."""
    ids: list[int] = []
    strange: list[str] = []
    for part in (part for cell in cells for part in re.split(r"[;|\n]", cell)):
        known = topics.get(naming.key(part))
        for name in [part] if known else part.split(","):
            cleaned = naming.clean(name).strip("[]\"' ")
            topic_id = topics.get(naming.key(cleaned))
            if topic_id:
                ids.append(topic_id)
            elif cleaned:
                strange.append(cleaned)
    return tuple(dict.fromkeys(ids)), tuple(strange)


def _plain(text: str) -> str:
    return "".join(sign for sign in naming.key(text).rpartition(".")[2] if sign.isalnum())
