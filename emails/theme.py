"""Themes: loading, the publication's own accent, and the contrast that every theme must reach.

A theme is a folder below `themes/` with a `tokens.toml`. It may bring MJML components of its own; those it
does not bring are the plain theme's.
"""

import colorsys
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent / "themes"
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, text of any size
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_SAFE = re.compile(r"[\w #.,%-]*", re.ASCII)
_SCHEMES = ("light", "dark")
_PAIRS = (("ink", "ground"), ("soft", "ground"), ("accent", "ground"), ("ink", "wash"), ("soft", "wash"),
          ("accent", "wash"), ("on_accent", "accent"))  # fmt: skip

Tokens = Mapping[str, Mapping[str, Any]]


class BadTheme(ValueError):
    """A theme that nobody could read; the message says which colours, and what would do."""


@dataclass(frozen=True, slots=True, eq=False)
class Theme:
    name: str
    tokens: Tokens

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Theme) and self.key == other.key

    @property
    def key(self) -> tuple[str, ...]:
        """What tells two themes apart: the name and the colours, which a publication may change."""
        colours = (f"{name}={self.tokens[scheme][name]}" for scheme in _SCHEMES for name in self.tokens[scheme])
        return (self.name, *colours)


def names() -> list[str]:
    """The themes that come with the program."""
    return sorted(path.parent.name for path in FOLDER.glob("*/tokens.toml"))


def load(name: str = "plain", *, accent: str | None = None, dark_accent: str | None = None) -> Theme:
    """The theme `name`, with the publication's own accent for both schemes if there is one.

    Without `dark_accent`, a lighter shade of `accent` is found for the dark scheme. Raises BadTheme when
    there is no such theme, a colour is none, or words would be hard to read.
    """
    theme = _load(name)
    if accent:
        theme = with_accent(theme, accent, dark_accent)
    problems = check_tokens(theme.tokens)
    if problems:
        raise BadTheme(" ".join(problems))
    return theme


@lru_cache
def _load(name: str) -> Theme:
    if name not in names():
        raise BadTheme(f"There is no theme {name!r}. Choose one of: {', '.join(names())}.")
    return Theme(name, tomllib.loads((FOLDER / name / "tokens.toml").read_text("utf-8")))


def with_accent(theme: Theme, accent: str, dark_accent: str | None = None) -> Theme:
    """`theme` in the publication's colour; words on it become dark or light, whichever reads better."""
    for colour in (accent, dark_accent or accent):
        if not _COLOUR.fullmatch(colour):
            raise BadTheme(f"{colour!r} is no colour. Write # and six digits, such as #0b6257.")
    dark = dark_accent or readable(accent, theme, "dark")
    changed = {
        scheme: {**theme.tokens[scheme], "accent": colour.lower(), "on_accent": _words_on(colour, theme.tokens)}
        for scheme, colour in (("light", accent), ("dark", dark))
    }
    return replace(theme, tokens={**theme.tokens, **changed})


def readable(colour: str, theme: Theme, scheme: Literal["light", "dark"]) -> str:
    """`colour`, made darker (in the light scheme) or lighter until it reads in `scheme`; often itself."""
    hue, light, strength = colorsys.rgb_to_hls(*_channels(colour))
    step = -0.02 if scheme == "light" else 0.02
    for _ in range(51):  # from one end of the scale to the other
        if _reads(colour, theme.tokens, scheme):
            break
        light = min(1.0, max(0.0, light + step))
        colour = "#" + "".join(f"{round(channel * 255):02x}" for channel in colorsys.hls_to_rgb(hue, light, strength))
    return colour


def _reads(colour: str, tokens: Tokens, scheme: str) -> bool:
    against = (tokens[scheme]["ground"], tokens[scheme]["wash"], _words_on(colour, tokens))
    return all(contrast(colour, other) >= LEAST_CONTRAST for other in against)


def _words_on(colour: str, tokens: Tokens) -> str:
    candidates: list[str] = [tokens["light"]["on_accent"], tokens["dark"]["on_accent"]]
    return max(candidates, key=lambda words: contrast(words, colour))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours such as "#0b6257", from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def check_tokens(tokens: Tokens) -> list[str]:
    """What is wrong with a theme, a sentence each. Empty: nothing."""
    strange = [
        f"[{group}] {name} holds a sign that could end a style rule: {value!r}."
        for group, values in tokens.items()
        for name, value in values.items()
        if isinstance(value, str) and not _SAFE.fullmatch(value)
    ]
    return strange or [problem for scheme in _SCHEMES for problem in _check_scheme(scheme, tokens[scheme])]


def _check_scheme(scheme: str, colours: Mapping[str, Any]) -> list[str]:
    no_colours = [
        f"[{scheme}] {name} = {value!r} is no colour. Write # and six digits."
        for name, value in colours.items()
        if not _COLOUR.fullmatch(str(value))
    ]
    if no_colours:
        return no_colours
    return [
        f"In the {scheme} scheme, {words} {colours[words]} on {ground} {colours[ground]} has a contrast of "
        f"{contrast(colours[words], colours[ground]):.1f}:1; at least {LEAST_CONTRAST}:1 is needed."
        for words, ground in _PAIRS
        if contrast(colours[words], colours[ground]) < LEAST_CONTRAST
    ]


def _channels(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
