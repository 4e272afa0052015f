"""Where the blocks of a text begin and end, by markdown-it; nothing inside them is looked at.

So a `#`, a `**Label:**` or a `:::` in code, quotes, lists or directives is never taken for structure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from newsletter.issues.document.directives import is_fence, match_fences
from newsletter.issues.document.model import Finding, Reference
from newsletter.issues.document.source import is_blank, last_line_of

DEEPEST_NESTING = 20  # quotes and lists inside one another; what lies deeper is not told apart


class Kind(Enum):
    HEADING = auto()
    PARAGRAPH = auto()
    DIRECTIVE = auto()
    CODE = auto()
    OTHER = auto()  # lists, quotes, tables, rules, link definitions


class Raw(NamedTuple):
    """One block at the top of the text: `lines[first:end]`, counted from 0."""

    kind: Kind
    first: int
    end: int
    level: int = 0  # of a heading
    content: str = ""  # of a heading; of code its fence


class Scan(NamedTuple):
    blocks: list[Raw]
    references: list[tuple[int, Reference]]  # with their lines, from 0
    findings: list[Finding]


def scan(lines: list[str], first: int, end: int, depth: int = 0) -> Scan:
    """Find the blocks of `lines[first:end]`. `depth` says in how many directives they stand."""
    body = lines[first:end]
    fences = match_fences(body, depth)
    env: dict[str, Any] = {"closing_of": fences.closing_of, "fences": _block_ends(body, fences.closing_of)}
    blocks = list(_with_gaps(body, _raws(body, env)))
    in_code = {line for block in blocks if block.kind is Kind.CODE for line in range(block.first, block.end)}
    inside = {line for block in blocks if block.kind is Kind.DIRECTIVE for line in range(block.first, block.end)}
    findings = [
        replace(finding, line=first + line + 1)
        for line, finding in sorted(fences.loose.items())
        if line not in in_code and line not in inside
    ]
    findings += [_unclosed_code(first + block.first + 1) for block in blocks if _is_unclosed(body, block)]
    references = [
        (first + found["map"][0], Reference(label=label, href=found["href"], title=found["title"] or ""))
        for label, found in env.get("references", {}).items()
    ]
    blocks = [block._replace(first=block.first + first, end=block.end + first) for block in blocks]
    return Scan(blocks, references, findings)


def _block_ends(body: list[str], closing_of: dict[int, int]) -> dict[int, int]:
    fences = (number for number, line in enumerate(body) if is_fence(line))
    return {number: closing_of.get(number, number) + 1 for number in fences}


def _raws(body: list[str], env: dict[str, Any]) -> Iterator[Raw]:
    tokens = _MARKDOWN.parse("\n".join(body), env)
    for position, token in enumerate(tokens):
        if token.level == 0 and token.nesting >= 0 and token.map:
            first, end = token.map
            content = tokens[position + 1].content if token.type == "heading_open" else token.markup
            level = int(token.tag[1]) if token.type == "heading_open" else 0
            yield Raw(_kind(token), first, last_line_of(body, first, end), level, content)


def _kind(token: Token) -> Kind:
    kinds = {
        "heading_open": Kind.HEADING,
        "paragraph_open": Kind.PARAGRAPH,
        "directive": Kind.DIRECTIVE,
        "fence": Kind.CODE,
        "code_block": Kind.CODE,
    }
    return kinds.get(token.type, Kind.OTHER)


def _with_gaps(body: list[str], raws: Iterator[Raw]) -> Iterator[Raw]:
    """Add the lines that make no token, such as link definitions."""
    position = 0
    for raw in raws:
        yield from _gap(body, position, raw.first)
        yield raw
        position = raw.end
    yield from _gap(body, position, len(body))


def _gap(body: list[str], first: int, end: int) -> Iterator[Raw]:
    while first < end and is_blank(body[first]):
        first += 1
    if first < end:
        yield Raw(Kind.OTHER, first, last_line_of(body, first, end))


def _is_unclosed(body: list[str], block: Raw) -> bool:
    if block.kind is not Kind.CODE or not block.content:
        return False
    last = body[block.end - 1].strip(" \t")
    is_fence = last.startswith(block.content) and not last.strip(block.content[0])
    return block.end - block.first < 2 or not is_fence


def _unclosed_code(line: int) -> Finding:
    return Finding(
        code="code-unclosed",
        message="A block of code is never closed, so everything below it is code.",
        mend="Put a line ``` where the code ends.",
        blocking=True,
        line=line,
    )


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take a directive as one block, and a line of colons that makes none as a block of its own.

    `env["fences"]` holds the lines that look like fences and where the block ends that each begins.
    """
    block_end = state.env["fences"].get(start)
    begin = state.bMarks[start]
    at_line_start = state.tShift[start] == 0 and (begin == 0 or state.src[begin - 1] == "\n")
    if block_end is None or not at_line_start or (block_end > end and not silent):
        return False
    if not silent:
        token = state.push("directive" if start in state.env["closing_of"] else "fence_line", "", 0)
        token.map = [start, block_end]
        state.line = block_end
    return True


def _block_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST_NESTING})
    parser.enable("table").disable("inline").disable("text_join")
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list", "table"]}
    parser.block.ruler.before("table", "directive", _fence, interrupts)
    return parser


_MARKDOWN = _block_parser()
