"""Names: when two are the same, and the slug that stands for one in addresses. Pure."""

import re
import unicodedata
from collections.abc import Container

LONGEST_SLUG = 40

_TABLE = """
ß ss  æ ae  œ oe  ø o  ł l  đ d  ð d  þ th  ħ h  ı i  ĸ k  ŋ ng  ŧ t  & -and-
α a  β v  γ g  δ d  ε e  ζ z  η i  θ th  ι i  κ k  λ l  μ m  ν n  ξ x  ο o  π p  ρ r  σ s  ς s  τ t  υ y  φ f  χ ch
ψ ps  ω o
а a  б b  в v  г g  д d  е e  ж zh  з z  и i  й y  к k  л l  м m  н n  о o  п p  р r  с s  т t  у u  ф f  х kh  ц ts
ч ch  ш sh  щ shch  ы y  э e  ю yu  я ya  і i  є ye  ґ g  ј j  љ lj  њ nj  ћ c  ђ dj  џ dz
"""
_SPELT = _TABLE.split()
_LETTERS = str.maketrans({**dict(zip(_SPELT[::2], _SPELT[1::2], strict=True)), "ъ": "", "ь": "", "’": "", "'": ""})


def clean(typed: str) -> str:
    """A name as we keep it: NFC, on one line, runs of spaces made one, nothing that cannot be seen."""
    visible = "".join(sign if sign.isprintable() else " " for sign in unicodedata.normalize("NFC", typed))
    return " ".join(visible.split())


def key(name: str) -> str:
    """Equal for two spellings of one name: case, Unicode form and runs of spaces do not matter."""
    return unicodedata.normalize("NFC", clean(name).casefold())


def slug(name: str) -> str:
    """The name in `[a-z0-9-]`, transliterated where we can (Latin, Greek, Cyrillic); "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", key(name).translate(_LETTERS)).translate(_LETTERS)
    words = re.findall(r"[a-z0-9]+", "".join(sign for sign in plain if not unicodedata.combining(sign)))
    return "-".join(words)[:LONGEST_SLUG].strip("-")


def free_slug(name: str, taken: Container[str], otherwise: str) -> str:
    """A slug for `name` that is not taken: "rain", then "rain-2". Where nothing can be spelt: "topic-1" and so on."""
    wanted = slug(name)
    if wanted and wanted not in taken:
        return wanted
    stem, number = (wanted, 2) if wanted else (otherwise, 1)
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
