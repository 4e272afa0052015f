"""Ratings: a row of one emoji, stars out of five, or figures. Nothing is guessed from words."""

from __future__ import annotations

import regex  # type: ignore[import-untyped]

from newsletter.issues.document.model import Rating

MOST_SYMBOLS = 10
_STARS = 5
_SELECTORS = regex.compile("[\ufe0e\ufe0f]")
_SYMBOL = regex.compile(r"\p{Extended_Pictographic}|^\p{Regional_Indicator}{2}$|★|☆")
_CLUSTER = regex.compile(r"\X")
_FIGURES = regex.compile(r"(?P<whole>\d{1,2})(?:[.,](?P<tenth>[05])|(?P<half>½))?\s*/\s*(?P<of>\d{1,2})")
_TAIL = regex.compile(r"(?P<half>½)?\s*(?P<note>\(.*\))?", regex.DOTALL)
_RATING_WORD = regex.compile(r"\brating\b", regex.IGNORECASE)


def read_rating(label: str, value: str, scale: int | None = None) -> Rating | None:
    """Read a whole field value as a rating; None when it is anything else.

    `scale` is the issue's own; it becomes `of` unless the value exceeds it. Stars with hollow ones
    and "4/5" are out of five whatever the scale.
    """
    value = value.strip()
    return _in_figures(label, value, scale) or _in_symbols(label, value, scale)


def looks_meant(label: str, value: str) -> bool:
    """Say whether somebody probably meant a rating: a label that says so, or a symbol twice."""
    symbols = [_bare(cluster) for cluster in _CLUSTER.findall(value[:40])[:2]]
    twice = len(symbols) == 2 and symbols[0] == symbols[1] and _is_symbol(symbols[0])
    return twice or _RATING_WORD.search(label) is not None


def _in_figures(label: str, value: str, scale: int | None) -> Rating | None:
    match = _FIGURES.match(value)
    tail = match and _read_tail(value[match.end() :])
    if not match or not tail or tail.half:
        return None
    of = int(match["of"])
    number = int(match["whole"]) + (0.5 if match["half"] or match["tenth"] == "5" else 0)
    if of not in (_STARS, scale) or number > of:
        return None
    return Rating(label=label, symbol=None, value=number, of=of, note=tail.note)


def _in_symbols(label: str, value: str, scale: int | None) -> Rating | None:
    symbol, count, rest = _row(value)
    if not symbol or not 1 <= count <= MOST_SYMBOLS or symbol == "☆":
        return _in_stars(label, value) if symbol == "☆" else None
    if symbol == "★" and "☆" in rest[:2]:
        return _in_stars(label, value)
    half, rest = _half(symbol, rest)
    if rest.startswith("/2") and count > 1:  # "GG/2" is one and a half: the last one was halved
        count, half, rest = count - 1, True, rest[2:]
    tail = _read_tail(rest)
    if not tail or (half and tail.half):
        return None
    number = count + (0.5 if half or tail.half else 0)
    of = scale if scale and number <= scale else None
    return Rating(label=label, symbol=symbol, value=number, of=of, note=tail.note)


def _in_stars(label: str, value: str) -> Rating | None:
    match = regex.match(r"(★*)(½)?(☆*)", value)
    if not match:
        return None
    full, half, hollow = len(match[1]), bool(match[2]), len(match[3])
    tail = _read_tail(value[match.end() :])
    if full + half + hollow != _STARS or not tail or tail.half:
        return None
    return Rating(label=label, symbol="★", value=full + half / 2, of=_STARS, note=tail.note)


def _row(value: str) -> tuple[str | None, int, str]:
    """The leading symbol, how often it stands in a row, and what follows."""
    symbol, count, position = None, 0, 0
    for match in _CLUSTER.finditer(value):
        bare = _bare(match[0])
        if bare != (symbol or bare) or not _is_symbol(bare) or count > MOST_SYMBOLS:
            break
        symbol, count, position = bare, count + 1, match.end()
    return symbol, count, value[position:]


def _half(symbol: str, rest: str) -> tuple[bool, str]:
    """Read "+G/2" at the start of what follows the row."""
    if not rest.startswith("+"):
        return False, rest
    found, count, behind = _row(rest[1:])
    if found == symbol and count == 1 and behind.startswith("/2"):
        return True, behind[2:]
    return False, rest


class _Tail:
    """What may stand behind the symbols: a half, a note."""

    def __init__(self, half: bool, note: str | None) -> None:
        self.half = half
        self.note = note


def _read_tail(rest: str) -> _Tail | None:
    match = _TAIL.fullmatch(rest.rstrip())
    if not match:
        return None
    note = match["note"]
    if note and not _is_balanced(note):
        return None
    return _Tail(half=bool(match["half"]), note=(note[1:-1].strip() or None) if note else None)


def _is_balanced(note: str) -> bool:
    """Say whether the first bracket is closed by the last character and not before."""
    depth = 0
    for position, sign in enumerate(note):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return position == len(note) - 1
    return False


def _bare(cluster: str) -> str:
    return str(_SELECTORS.sub("", cluster))


def _is_symbol(cluster: str) -> bool:
    return _SYMBOL.search(cluster) is not None
