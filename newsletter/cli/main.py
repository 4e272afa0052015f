"""The `newsletter` command: everything an operator does without the desk."""

import importlib
from typing import Any

import click

from newsletter import __version__, logs

COMMANDS = {
    "run": "system",
    "web": "system",
    "db": "system",
    "doctor": "health",
    "secret": "system",
    "way-in": "system",
    "sample": "system",
    "simulator": "simulating",
    "topic": "topics",
    "people": "people",
    "delivery": "people",
    "issue": "issues",
    "bench": "benchmarks",
}


class Lazy(click.Group):
    """Loads the module of the one command that was asked for: starting stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"newsletter.cli.{COMMANDS[cmd_name]}")
        found: Any = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        command: click.Command = found
        return command


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="newsletter")
def main() -> None:
    """Send newsletters in which everybody reads what they chose.

    Settings come from variables that begin with NEWSLETTER_; `newsletter doctor` says what is wrong with them.
    """
    logs.setup("warning")
