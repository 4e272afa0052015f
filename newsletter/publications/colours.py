"""Colours: how far two stand apart, and which text can be read on one. Pure.

Source: WCAG 2.2, "contrast ratio" and "relative luminance"; 4.5:1 is criterion 1.4.3 (AA) for body text.
"""

import re
from dataclasses import dataclass

READABLE = 4.5
PAPER_LIGHT = "#ffffff"
PAPER_DARK = "#14191a"
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")


class BadColour(ValueError):
    """What was typed is no colour, or nobody could read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """How a colour reads: as text on the paper of its scheme, and with text on it."""

    on_paper: float
    text_on_it: str  # black or white, whichever reads better
    ratio_of_text: float

    @property
    def is_readable(self) -> bool:
        return min(self.on_paper, self.ratio_of_text) >= READABLE

    @property
    def words(self) -> str:
        return f"{self.on_paper:.1f} to 1 as text on the page, {self.ratio_of_text:.1f} to 1 for text on it"


def read(typed: str) -> str:
    """A colour as `#rrggbb`. Raises BadColour with a sentence."""
    found = _HEX.fullmatch(typed.strip())
    if not found:
        raise BadColour(f"“{typed.strip()[:30]}” is no colour: six hex digits are expected, such as #0b5a6b.")
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def judge(colour: str, paper: str) -> Contrast:
    """How `colour` reads in a scheme whose pages are `paper`."""
    text = max(("#ffffff", "#000000"), key=lambda candidate: contrast(colour, candidate))
    return Contrast(on_paper=contrast(colour, paper), text_on_it=text, ratio_of_text=contrast(colour, text))


def read_accent(typed: str, paper: str) -> str:
    """A colour that can be read on `paper`; "" stays "". Raises BadColour, with the ratio, when it cannot."""
    if not typed.strip():
        return ""
    colour = read(typed)
    judged = judge(colour, paper)
    if judged.is_readable:
        return colour
    side = "darker" if paper == PAPER_LIGHT else "lighter"
    raise BadColour(
        f"{colour} reads at {judged.on_paper:.1f} to 1 on the page, and {READABLE} to 1 is the least that people "
        f"with weak eyes can read. Take a {side} one."
    )


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
