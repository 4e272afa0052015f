"""An issue of any number of items, as long as those of a real weekly: about 45 words each, in seven sections."""

from newsletter.bench.people import TOPICS

ITEM = """\
### [Finding number {number} of this week](https://example.org/findings/{number})
**What it is:** A survey of the eastern channel that anybody can walk on a screen, tide by tide.
**Why it matters:** Whoever sails there by the old sheet runs aground twice a year, and **always** on a Sunday.
**What to do:** Read the [notes](https://example.org/notes/{number}) first, then take the ferry and look for yourself.
**Rating:** {stars} (better with a map)
"""
HEAD = """\
---
title: The bench issue
subject: The bench issue
preheader: Thirty findings, every one of them made up
---
Good morning, {{ first_name | fallback("reader") }}. This is what we found since last week.

:::contents
:::
"""


def issue_of(items: int) -> str:
    """The last section goes to everybody and has the first item; the others are for their topic's readers."""
    sections = [f"## {title}\n" for title in (*TOPICS, "For everybody")]
    for number in range(items):
        sections[number % len(sections) - 1] += "\n" + ITEM.format(number=number + 1, stars="⭐" * (number % 5 + 1))
    return "\n".join([HEAD, *(section for section in sections if "###" in section)])
