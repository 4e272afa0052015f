"""A picture of every page: phone and wide, light and dark. `./dev shots --out DIR`"""

import argparse
import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from selenium.webdriver import Chrome

from tests.browsers import chromium
from tests.pages import Page, enter, open_pages

SIZES = {"phone": (390, 844), "wide": (1280, 900)}
SCHEMES = ("light", "dark")
REST = """
const done = arguments[0], wait = document.querySelector("iframe") ? 600 : 60;
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, wait)));
"""
TALLEST = 12_000  # px; what is longer is cut, so that no picture is refused


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev shots", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pictures")
    parser.add_argument("--only", default="", metavar="WORD", help="only pages with this word in their name")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with open_pages() as pages, browser() as window:
        wanted = [page for page in pages if asked.only in page.name]
        for number, page in enumerate(wanted, 1):
            click.echo(f"{number} of {len(wanted)}: {page.name}", err=True)
            for name, picture in take(window, page):
                (asked.out / name).write_bytes(picture)


@contextmanager
def browser() -> Iterator[Chrome]:
    """A browser for a command. Without one the command ends with a sentence that says what to install."""
    try:
        with chromium("--hide-scrollbars") as window:
            yield window
    except (pytest.skip.Exception, pytest.fail.Exception) as error:
        sys.exit(str(error))


def take(window: Chrome, page: Page) -> Iterator[tuple[str, bytes]]:
    """The pictures of one page, each with a file name. The page is loaded once for each size."""
    for size in SIZES:
        dress(window, size, SCHEMES[0])
        if size == next(iter(SIZES)) or not page.is_answer:
            enter(window, page)
        for scheme in SCHEMES:
            dress(window, size, scheme)
            yield f"{page.name}-{size}-{scheme}.png", photograph(window, size)


def dress(window: Chrome, size: str, scheme: str) -> None:
    """Give the browser the size and the colour scheme of a reader's machine."""
    _screen(window, *SIZES[size])
    wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)


def photograph(window: Chrome, size: str) -> bytes:
    """The page from top to bottom, at least one screen high, when what is drawn in frames has come to rest.

    The screen becomes as tall as the page, because a frame out of sight is not drawn; unless the page's height
    follows the screen's.
    """
    width, height = SIZES[size]
    whole = min(max(height, _height(window)), TALLEST)
    _screen(window, width, whole)
    if _height(window) > whole:
        _screen(window, width, height)
    window.execute_async_script(REST)
    clip = {"x": 0, "y": 0, "width": width, "height": whole, "scale": 1}
    asked = {"format": "png", "captureBeyondViewport": True, "clip": clip}
    return base64.b64decode(window.execute_cdp_cmd("Page.captureScreenshot", asked)["data"])


def _screen(window: Chrome, width: int, height: int) -> None:
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def _height(window: Chrome) -> int:
    found: dict[str, dict[str, float]] = window.execute_cdp_cmd("Page.getLayoutMetrics", {})
    return round(found["cssContentSize"]["height"])


if __name__ == "__main__":
    main()
