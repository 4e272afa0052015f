"""Small words that several pages need."""

from collections.abc import Sequence

from newsletter.publications.models import Topic


def listed(words: Sequence[str]) -> str:
    """A, B and C."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def names(topics: Sequence[Topic]) -> str:
    return listed([topic.name for topic in topics])
