"""A date that somebody typed into a title. Pure."""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10}
_MONTHS |= {"nov": 11, "dec": 12}
_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
_ISO = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b")
_NUMBERS = re.compile(r"\b(?P<one>\d{1,2})(?P<mark>[/.-])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})\b")
_DAY_FIRST = re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?[ ]+{_MONTH},?[ ]+(?P<year>\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b{_MONTH}[ ]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[ ]+(?P<year>\d{{4}})\b")
_IN_FILE_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


class Found(NamedTuple):
    """The date, or the dates between which nothing decides; neither when the title has none."""

    date: datetime.date | None = None
    candidates: tuple[datetime.date, ...] = ()


def date_in_title(title: str, file_name: str) -> Found:
    """Read the date in a title. 11/05/2023 may be two dates: the file's name decides, if it holds one of them."""
    for pattern in (_ISO, _DAY_FIRST, _MONTH_FIRST):
        if match := pattern.search(title):
            date = _date(match["year"], _month(match["month"]), match["day"])
            if date:
                return Found(date)
    numbers = _NUMBERS.search(title)
    if not numbers:
        return Found()
    one, two, year = numbers["one"], numbers["two"], numbers["year"]
    day_first, month_first = _date(year, two, one), _date(year, one, two)
    both = [day_first] if numbers["mark"] == "." else [day_first, month_first]
    candidates = tuple(dict.fromkeys(date for date in both if date))
    if len(candidates) > 1:
        named = [date for date in candidates if date in _dates_in(file_name)]
        return Found(named[0]) if named else Found(candidates=candidates)
    return Found(candidates[0]) if candidates else Found()


def _dates_in(file_name: str) -> list[datetime.date]:
    found = [_date(*match.groups()) for match in _IN_FILE_NAME.finditer(file_name)]
    return [date for date in found if date]


def _month(word: str) -> str:
    if word.isdecimal():
        return word
    return str(_MONTHS.get(word.lower()[:3], 0))


def _date(year: str, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
