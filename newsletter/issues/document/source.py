"""The lines of a text: one kind of line end, no character that XML or YAML forbids."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_OTHER_LINE_ENDS = re.compile("[\x0b\x0c\x85\u2028\u2029]")


def normalise(text: str) -> str:
    """Give a text the form that is stored: the lines that nodes and findings name are lines of this.

    Line ends become one LF, the rarer ones a space, so that no line is counted twice; a control
    character becomes U+FFFD, as CommonMark (section 2.3) does with NUL; byte order marks go.
    """
    text = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("\ufffd", _OTHER_LINE_ENDS.sub(" ", text))


def is_blank(line: str) -> bool:
    """Say whether CommonMark takes a line for blank: only spaces and tabs."""
    return not line.strip(" \t")


def is_indented(line: str) -> bool:
    return line[:1] in (" ", "\t")


def last_line_of(lines: list[str], first: int, end: int) -> int:
    """Where a block ends without the blank lines behind it; never before `first + 1`."""
    while end > first + 1 and is_blank(lines[end - 1]):
        end -= 1
    return end
