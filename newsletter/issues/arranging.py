"""Changing the order of sections by cutting and joining lines: no line is written anew. Pure."""

from newsletter.issues.document import normalise, parse


def move_section(text: str, number: int, by: int) -> str:
    """The text with section `number` (from 0) `by` places further down, or up when `by` is negative.

    A section is its heading and all up to the next section's. It stops at the first and at the last place. Every
    line stays as it was; one empty line is added only where a heading would otherwise run into the text above it.

    Raises IndexError when there is no such section.
    """
    text = normalise(text)
    ends_with_newline = text.endswith("\n")
    lines = text.removesuffix("\n").split("\n")
    starts = [section.lines.first - 1 for section in parse(text).sections]
    blocks = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    moved = blocks.pop(number) if 0 <= number < len(blocks) else _missing(number)
    blocks.insert(min(max(number + by, 0), len(blocks)), moved)
    joined = lines[: starts[0]]
    for block in blocks:
        if joined and joined[-1].strip() and not block[0].startswith("#"):
            joined.append("")  # else an underlined heading would take the line above into itself
        joined.extend(block)
    return "\n".join(joined) + ("\n" if ends_with_newline else "")


def _missing(number: int) -> list[str]:
    raise IndexError(f"There is no section {number + 1} in this issue.")
