"""Front matter: `key: value` lines between `---` and `---`, or known ones that simply come first.

Every scalar is a string. Each value is read by itself, so a fault in one spoils no other. This is
not all of YAML on purpose: "Maps: a week" and "Issue #3" are titles, not errors and comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

import yaml

from newsletter.issues.document.model import Finding, FrontMatter, read_date, read_scale, read_visibility
from newsletter.issues.document.source import is_blank, is_indented, normalise

KNOWN = tuple(each.name for each in fields(FrontMatter) if each.name != "kept")
_KEY = re.compile(r"(?P<key>[^\s#:\-][^:]*?)[ \t]*:.*")
_COMMENT = re.compile(r"(?:^|[ \t]+)(#(?:[ \t].*)?)$")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_READABLE: dict[str, tuple[Callable[[str], object], str]] = {
    "date": (read_date, "Write it as 2026-11-20."),
    "scale": (read_scale, "Write a whole number from 1 to 10."),
    "visibility": (read_visibility, "Write public or private."),
    "slug": (_SLUG.fullmatch, "Use small letters a-z, digits and hyphens."),
    "lang": (_LANG.fullmatch, "Write a language tag such as en or pt-BR."),
}
_LONGEST_YAML = 10_000  # characters of one value that we give to PyYAML, which is slow


class Front(NamedTuple):
    """What was read, where the text begins (from 0), what is wrong; `broken`: an opening `---` is text."""

    values: FrontMatter | None
    body: int
    findings: list[Finding]
    broken: bool = False


@dataclass(slots=True)
class _Entry:
    line: int  # from 1
    key: str | None  # None: a comment or a line that is none of ours
    source: list[str] = field(default_factory=list)


def read_front(lines: list[str]) -> Front:
    first = next((number for number, line in enumerate(lines) if not is_blank(line)), len(lines))
    if first == len(lines):
        return Front(None, 0, [])
    if not _is_fence(lines[first], "---"):
        return _unfenced(lines, first)
    end = _closing(lines, first + 1)
    if end is not None:
        entries = _entries(lines, first + 1, end)
        if not entries or any(entry.key for entry in entries):
            return _front(entries, end + 1)
    elif _known_key(lines[first + 1] if first + 1 < len(lines) else ""):
        return Front(None, 0, [_unclosed(first + 1)], broken=True)
    return Front(None, 0, [])


def write_front(front: FrontMatter) -> str:
    values = [(key, getattr(front, key)) for key in KNOWN]
    written = [f"{key}: {_written(value)}".rstrip() for key, value in values if value is not None]
    return "\n".join(["---", *front.kept, *written, "---"])


def _unfenced(lines: list[str], first: int) -> Front:
    end = first
    while end < len(lines) and (_known_key(lines[end]) or (end > first and _goes_on(lines[end]))):
        end += 1
    return _front(_entries(lines, first, end), end) if end > first else Front(None, 0, [])


def _goes_on(line: str) -> bool:
    return is_indented(line) and not is_blank(line)


def _closing(lines: list[str], start: int) -> int | None:
    for number in range(start, len(lines)):
        if lines[number].startswith(("##", ":::")):
            return None  # the text has begun
        if _is_fence(lines[number], "---") or _is_fence(lines[number], "..."):
            return number
    return None


def _is_fence(line: str, fence: str) -> bool:
    return line.rstrip(" \t") == fence


def _known_key(line: str) -> str | None:
    match = _KEY.fullmatch(line)
    key = match["key"].lower() if match else ""
    return key if key in KNOWN else None


def _entries(lines: list[str], first: int, end: int) -> list[_Entry]:
    found: list[_Entry] = []
    for number in range(first, end):
        line = lines[number]
        if found and found[-1].key and (is_blank(line) or is_indented(line) or line.startswith("- ")):
            found[-1].source.append(line)
        elif not is_blank(line):
            match = _KEY.fullmatch(line)
            found.append(_Entry(number + 1, match["key"] if match else None, [line]))
    for entry in found:
        while is_blank(entry.source[-1]):
            entry.source.pop()
    return found


def _front(entries: list[_Entry], body: int) -> Front:
    """Sort entries into values and lines that are kept; of a key that stands twice the last one counts."""
    last = {_known_key(entry.source[0]): entry for entry in entries}
    values: dict[str, str] = {}
    kept: list[str] = []
    findings: list[Finding] = []
    for entry in entries:
        key = _known_key(entry.source[0])
        if key and last[key] is entry:
            values[key], comments = _value(entry)
            kept += comments
        else:
            kept += entry.source
            findings += _kept_findings(entry, key)
    for key in filter(values.get, KNOWN):
        line = last[key].line
        findings += [replace(finding, line=line) for finding in _value_findings(key, values[key])]
    return Front(FrontMatter(**values, kept=tuple(kept)), body, findings)


def _value(entry: _Entry) -> tuple[str, list[str]]:
    """The value as text, and the comment that stood behind it."""
    first, *rest = entry.source
    value = first.partition(":")[2].strip(" \t")
    if value[:1] in ("|", ">", '"', "'"):
        quoted = _quoted("\n".join([value, *rest]))
        if quoted is not None:
            return quoted, []
    comment = _COMMENT.search(value)
    value = value[: comment.start()] if comment else value
    text = " ".join(filter(None, (part.strip(" \t") for part in [value, *rest])))
    return text, [comment[1]] if comment else []


def _quoted(chunk: str) -> str | None:
    """Read a quoted or block scalar; None when it is none."""
    try:
        read = json.loads(chunk) if chunk.startswith('"') else None
    except ValueError:
        read = None
    if read is None and len(chunk) <= _LONGEST_YAML:
        try:
            read = yaml.load(f"value: {chunk}", Loader=yaml.BaseLoader)["value"]  # noqa: S506 strings only
        except (yaml.YAMLError, TypeError, KeyError, ValueError, RecursionError):
            return None
    return " ".join(normalise(read).split("\n")).strip() if isinstance(read, str) else None


def _written(value: str) -> str:
    plain = _value(_Entry(0, "", [f": {value}"])) == (value, [])
    return value if plain else json.dumps(value, ensure_ascii=False)


def _kept_findings(entry: _Entry, key: str | None) -> list[Finding]:
    if key:
        return [
            Finding(
                code="front-matter-twice",
                message=f"“{key}:” stands twice in the front matter; the last one counts.",
                mend="Take one of them out.",
                line=entry.line,
            )
        ]
    if entry.key is None and not entry.source[0].startswith("#"):
        return [
            Finding(
                code="front-matter-line",
                message=f"We cannot read “{entry.source[0].strip()[:60]}” in the front matter; nobody will see it.",
                mend="Write it as key: value, or move it below the line ---.",
                blocking=True,
                line=entry.line,
            )
        ]
    return []


def _value_findings(key: str, value: str) -> list[Finding]:
    if not value or key not in _READABLE:
        return []
    read, mend = _READABLE[key]
    if read(value) is not None:
        return []
    message = f"We cannot read “{value[:60]}” as the {key} of the issue."
    return [Finding(code=f"front-matter-{key}", message=message, mend=mend, blocking=key == "visibility")]


def _unclosed(line: int) -> Finding:
    return Finding(
        code="front-matter-unclosed",
        message="The front matter begins with --- and never ends, so it stands in the mail as text.",
        mend="Put a line --- below its last line.",
        blocking=True,
        line=line,
    )
