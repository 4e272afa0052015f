"""Findings in numbers that somebody can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from newsletter.issues.document.model import Finding

MOST_ALIKE = 50


def limited(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """At most 50 findings of one code; a last one says how many more there are."""
    seen: Counter[tuple[str, bool]] = Counter()
    shown: list[Finding] = []
    for finding in findings:
        seen[finding.code, finding.blocking] += 1
        if seen[finding.code, finding.blocking] <= MOST_ALIKE:
            shown.append(finding)
    shown += [
        Finding(
            code=code,
            message=f"The same is so in {number - MOST_ALIKE} more places.",
            mend="Mend those above first.",
            blocking=blocking,
        )
        for (code, blocking), number in seen.items()
        if number > MOST_ALIKE
    ]
    return tuple(shown)
