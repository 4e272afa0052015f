"""The real browser of the flow tests."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.servers import missing

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # else it refuses to run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # it reaches this machine only
    "--window-size=1280,900",
)


@contextmanager
def chromium(*flags: str) -> Iterator[Chrome]:
    """A headless Chromium with a profile of its own, and further flags."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver") or shutil.which("chromedriver", path="/usr/lib/chromium")
    if not browser or not driver:
        missing("Chromium or its driver is missing: apt install chromium chromium-driver.")
    with tempfile.TemporaryDirectory(prefix="newsletter-chromium-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = browser
        for flag in (*FLAGS, f"--user-data-dir={Path(profile)}", *flags):
            options.add_argument(flag)
        window = Chrome(options=options, service=Service(driver))
        try:
            window.set_page_load_timeout(30)
            yield window
        finally:
            window.quit()


def forget(window: Chrome) -> None:
    """Bring a browser back to where it was when it started."""
    window.get("about:blank")
    window.execute_cdp_cmd("Network.clearBrowserCookies", {})
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    window.set_window_size(1280, 900)
    window.get_log("browser")  # type: ignore[no-untyped-call]  # what it complained about before is read and gone
