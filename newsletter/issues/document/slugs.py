"""Words to slugs: `[a-z0-9-]+`, by transliteration where a letter has an obvious one."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 60
_ONE = dict(
    zip(
        "øłđðıабвгдезиклмнопрстуфыэіґαβγδεζηικλμνξοπρσςτυφω",
        "olddiabvgdeziklmnoprstufyeigavgdeziiklmnxoprsstyfo",
        strict=True,
    )
)
_SEVERAL = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "θ": "th", "χ": "ch", "ψ": "ps"}
_SEVERAL |= {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "є": "ie"}
_NONE = {"ъ": "", "ь": "", "'": "", "’": ""}
_LETTERS = str.maketrans({**_ONE, **_SEVERAL, **_NONE})
_REST = re.compile(r"[^a-z0-9]+")


def slugify(words: str) -> str:
    """A slug for these words; "" when none of their letters has a Latin form."""
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", words).casefold())
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign)).translate(_LETTERS)
    return _REST.sub("-", letters).strip("-")[:LONGEST].strip("-")


def unique(slug: str, taken: dict[str, int]) -> str:
    """The slug, or the slug with the next number that is free; it is taken from now on.

    `taken` holds each name in use with the last number that was tried behind it.
    """
    name, number = slug, taken.get(slug, 1)
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    taken[slug] = number
    taken.setdefault(name, 1)
    return name
