"""The program's own sentences in a mail, in one language.

English stands in the code, as gettext wants it. Whoever knows other languages passes gettext's two functions;
this package needs no catalogue of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import overload

from markupsafe import Markup, escape

_WORD = re.compile(r"%\((\w+)\)s")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _same(sentence: str) -> str:
    return sentence


def _english(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Says the program's sentences. `translate` is gettext, `translate_count` ngettext."""

    translate: Callable[[str], str] = _same
    translate_count: Callable[[str, str, int], str] = _english

    def say(self, sentence: str, **words: str) -> str:
        """`sentence` in this language, with `words` in the place of its %(word)s.

        With a Markup among `words` the answer is Markup, and everything else is escaped.
        """
        return _put(self.translate(sentence), words)

    def count(self, one: str, many: str, count: int, **words: str) -> str:
        """Like `say`, with the sentence for `count` things; %(count)s is the number."""
        return _put(self.translate_count(one, many, count), {"count": str(count), **words})

    def listing(self, names: Sequence[str]) -> str:
        """'Maps', 'Maps and Repair', 'Maps, Repair and Urban nature'."""
        if len(names) < 2:
            return "".join(names)
        return self.say("%(first)s and %(last)s", first=", ".join(names[:-1]), last=names[-1])

    def day(self, day: date) -> str:
        """'Friday 20 November 2026'."""
        return self.say(
            "%(weekday)s %(day)s %(month)s %(year)s",
            weekday=self.translate(_DAYS[day.weekday()]),
            day=str(day.day),
            month=self.translate(_MONTHS[day.month - 1]),
            year=str(day.year),
        )

    def moment(self, at: datetime) -> str:
        """'3 November 2026 at 09:14', in the zone that `at` is in."""
        return self.say(
            "%(day)s %(month)s %(year)s at %(time)s",
            day=str(at.day),
            month=self.translate(_MONTHS[at.month - 1]),
            year=str(at.year),
            time=f"{at:%H:%M}",
        )


@overload
def _put(sentence: str, words: dict[str, Markup]) -> Markup: ...
@overload
def _put(sentence: str, words: dict[str, str]) -> str: ...
def _put(sentence: str, words: dict[str, str] | dict[str, Markup]) -> str:
    if any(isinstance(word, Markup) for word in words.values()):
        return Markup(_WORD.sub(lambda found: escape(words[found[1]]), str(escape(sentence))))  # noqa: S704
    return _WORD.sub(lambda found: str(words[found[1]]), sentence)


ENGLISH = Phrases()
