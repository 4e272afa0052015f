"""The `newsletter` command."""

from newsletter.cli.main import main

__all__ = ["main"]
