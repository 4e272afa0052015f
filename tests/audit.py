"""Accessibility and speed of every page, measured with axe-core and Lighthouse. `./dev audit --out FILE`

axe looks at each page in both colour schemes; Lighthouse, as a phone, at each page that has an address of its own.
Both come from the npm registry, in the versions that tools/audit pins, into a cache folder, on first use.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError

import click
from selenium.webdriver import Chrome

from newsletter.web import cookie
from tests.browsers import BROWSERS
from tests.pages import Page, Whose, enter, open_pages
from tests.shots import SCHEMES, browser, dress

TOOLS = Path(__file__).parent.parent / "tools" / "audit"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
MAIL_RULES = RULES[:-1]  # the advice about landmarks is for pages
MEASURES = ("performance", "accessibility", "best-practices", "seo")
AT_LEAST = 98
PATIENCE_S = 120
TRIES = 3  # on a busy machine Lighthouse loses its own trace now and then
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: arguments[0], resultTypes: ["violations"], iframes: false})
  .then(found => done(found.violations)).catch(error => done(String(error)));
"""


class Measured(NamedTuple):
    """One page in one scheme. `lighthouse` is None where it was not asked."""

    path: str
    scheme: str
    axe: list[dict[str, Any]]
    lighthouse: dict[str, int] | None


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev audit", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the result goes, as JSON")
    parser.add_argument("--only", default="", metavar="WORD", help="only pages with this word in their name")
    parser.add_argument("--no-lighthouse", action="store_true", help="axe alone")
    asked = parser.parse_args()
    tools = install()
    found: list[Measured] = []
    with open_pages() as pages, browser() as window:
        wanted = [page for page in pages if asked.only in page.name]
        for number, page in enumerate(wanted, 1):
            click.echo(f"{number} of {len(wanted)}: {page.name}", err=True)
            found += look(window, page, tools, lighthouse=not asked.no_lighthouse)
            write(asked.out, found)
    faults = [words for measured in found for words in complaints(measured)]
    click.echo("\n".join(faults) or f"No violation, and nothing under {AT_LEAST}, in {len(found)} looks.")
    sys.exit(bool(faults))


def install() -> Path:
    """The folder of the tools' packages, filled when it is not there yet. Ends the command when it cannot be."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        sys.exit("Node.js is missing, and axe-core and Lighthouse run on it: apt install nodejs npm.")
    pinned = TOOLS / "package-lock.json"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "newsletter-audit" / hashlib.sha256(pinned.read_bytes()).hexdigest()[:16]
    if (folder / "complete").exists():
        return folder / "node_modules"
    click.echo(f"Installing axe-core and Lighthouse with npm into {folder} (once).", err=True)
    folder.mkdir(parents=True, exist_ok=True)
    for file in (pinned, TOOLS / "package.json"):
        shutil.copy(file, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, stdout=sys.stderr).returncode:
        sys.exit("npm could not install them; the reason stands above. Is the package registry reachable?")
    (folder / "complete").touch()
    return folder / "node_modules"


def look(window: Chrome, page: Page, tools: Path, *, lighthouse: bool) -> Iterator[Measured]:
    script = (tools / "axe-core" / "axe.min.js").read_text()
    rules = MAIL_RULES if page.whose is Whose.MAIL else RULES
    dress(window, "phone", SCHEMES[0])
    enter(window, page)
    scores = measure(page, tools) if lighthouse else None
    for scheme in SCHEMES:
        dress(window, "phone", scheme)
        yield Measured(name_of(page), scheme, axe(window, script, rules), scores if scheme == SCHEMES[0] else None)


def name_of(page: Page) -> str:
    """The page's path; with a mark where the path alone does not lead to it."""
    if page.whose is Whose.MAIL:
        return f"mail:{page.name.removeprefix('mail-')}"
    return f"{page.path}#{page.name}" if page.is_answer else page.path


def axe(window: Chrome, script: str, rules: tuple[str, ...]) -> list[dict[str, Any]]:
    """What axe finds wrong with the page as it stands: rule, weight, and where."""
    window.execute_script(script)
    found = window.execute_async_script(RUN, list(rules))
    if isinstance(found, str):
        sys.exit(f"axe could not look at {window.current_url}: {found}")
    return [
        {"id": rule["id"], "impact": rule["impact"], "nodes": [_place(node) for node in rule["nodes"]]}
        for rule in found
    ]


def _place(node: dict[str, Any]) -> dict[str, str]:
    return {"target": " ".join(map(str, node["target"])), "html": node["html"][:200], "why": node["failureSummary"]}


def measure(page: Page, tools: Path) -> dict[str, int] | None:
    """Lighthouse's scores out of 100; None for mails, answers to forms, and pages that say something is missing."""
    if page.whose is Whose.MAIL or page.is_answer:
        return None
    hidden = is_hidden(page)
    if hidden is None:
        return None
    chrome = next(filter(None, map(shutil.which, BROWSERS)), "")
    command = ["node", str(tools / "lighthouse" / "cli" / "index.js"), page.address, "--quiet", "--output=json"]
    command += [f"--only-categories={','.join(MEASURES)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    command += [f"--extra-headers={json.dumps(_headers(page))}"]
    if hidden:  # preferences and the desk are kept out of search engines on purpose
        command += ["--skip-audits=is-crawlable"]
    told = {**os.environ, "CHROME_PATH": chrome}
    said = ""
    with tempfile.TemporaryDirectory(prefix="newsletter-lighthouse-") as folder:
        found = Path(folder) / "found.json"  # not its output: it ends before a pipe has taken all of it
        for _ in range(TRIES):
            ran = subprocess.run(
                [*command, f"--output-path={found}"], env=told, capture_output=True, text=True, timeout=PATIENCE_S
            )
            if ran.returncode == 0:
                categories = json.loads(found.read_text())["categories"]
                return {measure: round(100 * (categories[measure]["score"] or 0)) for measure in MEASURES}
            said = ran.stderr.strip()[-500:]
    sys.exit(f"Lighthouse could not look at {page.name}: {said}")


def is_hidden(page: Page) -> bool | None:
    """Whether the page asks search engines to leave it out; None for one that answers with an error."""
    try:
        with urllib.request.urlopen(urllib.request.Request(page.address, headers=_headers(page))) as answer:
            return "noindex" in answer.headers.get("X-Robots-Tag", "") or b'content="noindex' in answer.read()
    except HTTPError:
        return None


def _headers(page: Page) -> dict[str, str]:
    held = f"{cookie.name(page.room.settings)}={page.room.secret}"
    return {"Cookie": held} if page.whose is Whose.DESK else {}


def complaints(measured: Measured) -> Iterator[str]:
    for rule in measured.axe:
        places = ", ".join(node["target"] for node in rule["nodes"][:3])
        yield f"{measured.path} ({measured.scheme}): {rule['id']}, {rule['impact']}: {places}"
    for measure, score in (measured.lighthouse or {}).items():
        if score < AT_LEAST:
            yield f"{measured.path}: {measure} {score}"


def write(out: Path, found: list[Measured]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"pages": [measured._asdict() for measured in found]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
