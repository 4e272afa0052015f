"""The only place that reads the clock. Entry points call it; everything else takes `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
