"""`newsletter doctor`: what is wrong here, and how to mend it."""

import click

from newsletter.cli.context import answer, json_option, settings
from newsletter.health import examine


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """Look at everything that sending depends on. Exit code 1 when something is wrong."""
    found = examine(settings())
    values = [{"what": each.what, "ok": each.ok, "words": each.words, "mend": each.mend} for each in found]
    lines = [
        f"{'ok   ' if each.ok else 'WRONG'}  {each.what}: {each.words}" + (f"\n       {each.mend}" if each.mend else "")
        for each in found
    ]
    answer(values, as_json, lambda: "\n".join(lines))
    raise SystemExit(0 if all(each.ok for each in found) else 1)
