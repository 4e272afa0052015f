"""Text made to keep a parser busy: a mebibyte of it has to be read in two seconds."""

from collections.abc import Mapping
from functools import partial

from newsletter.bench.measuring import Bench, Figure, processor_milliseconds
from newsletter.issues.document import parse

MIB = 1 << 20
MOST_LINES = 19_990  # as many as are read; of more, the text is kept whole
LONGEST_MS = 2000.0

PIECES: Mapping[str, str] = {
    "brackets": "[",
    "links": "[a](",
    "pictures": "![",
    "quotes": "> ",
    "emphasis": "*_",
    "colons": ":",
    "fences": ":::callout\n",
    "deep fences": "::::::callout\n:::\n",
    "code": "```\n",
    "code marks": "`",
    "headings": "# a\n",
    "long headings": "## " + "a heading of some length " * 3 + "\n\n",
    "underlined": "a\n=\n",
    "fields": "**a:** b\n\n  c\n\n",
    "bold": "**a",
    "lists": "- ",
    "definitions": "[a]: b\n",
    "table": "| a | b |\n|---|---|\n",
    "braces": "{{",
    "ratings": "**R:** 💡💡💡💡 (a\n",
    "front matter": "title: [[[[\n",
    "blank": " ",
    "linked headings": "### " + "[" * 99 + "](x)\n",
}
MANY_LINES = ("headings", "fields", "ratings", "table", "linked headings")


def texts() -> dict[str, str]:
    """Every hostile text by its name: a mebibyte of each piece, and as many lines as are read of some."""
    found = {name: "## s\n\n" + piece * (MIB // len(piece)) for name, piece in PIECES.items()}
    found["stairs"] = "".join(" " * depth + "- a\n" for depth in range(1440))
    for name in MANY_LINES:
        found[f"{name}, as many lines as are read"] = "\n".join(found[name].split("\n")[:MOST_LINES])
    return found


def measure() -> Bench:
    """Read each text once."""
    times = {name: processor_milliseconds(partial(parse, text)) for name, text in texts().items()}
    slowest = sorted(times, key=lambda name: -times[name])[:5]
    return Bench(
        name="hostile",
        what=f"{len(times)} texts that are made to keep the parser busy, up to a mebibyte each",
        figures=[
            Figure(name="all of them", unit="ms", values=list(times.values()), target=LONGEST_MS),
            *(Figure(name=name, unit="ms", values=[times[name]], target=LONGEST_MS) for name in slowest),
        ],
        notes=["Milliseconds are the processor's, of one reading each."],
    )
