"""A publication's own colour on its pages, in both schemes."""

import re

from newsletter.publications.models import Publication

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def css(publication: Publication | None) -> str:
    """The style that sets the accent; empty when the publication has none of its own."""
    if publication is None:
        return ""
    light, dark = _set(publication.accent_light), _set(publication.accent_dark)
    rules = [f":root,[data-theme=light]{{{light}}}"] if light else []
    if dark:
        rules.append(f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}")
        rules.append(f"[data-theme=dark]{{{dark}}}")
    return "".join(rules)


def _set(accent: str) -> str:
    if not _HEX.fullmatch(accent):
        return ""
    on = max(("#ffffff", "#0b1011"), key=lambda ink: contrast(ink, accent))
    return f"--accent:{accent};--on-accent:{on};--tint:color-mix(in srgb,{accent} 11%,var(--paper));--kerb:{accent}"


def contrast(one: str, other: str) -> float:
    """How well two colours (#rrggbb) can be told apart, 1 to 21. Source: WCAG 2.2, contrast ratio."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
