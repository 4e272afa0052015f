"""The legal moves of the ledger, and the decisions about time. Pure.

The same moves stand as triggers in both databases; a test holds the two against each other.
"""

from datetime import timedelta

ISSUE_MOVES: dict[str, frozenset[str]] = {
    "draft": frozenset({"scheduled", "launched"}),
    "scheduled": frozenset({"draft", "launched", "blocked"}),
    "launched": frozenset({"freezing", "blocked", "cancelled"}),
    "freezing": frozenset({"sending", "blocked", "cancelled"}),
    "sending": frozenset({"paused", "blocked", "finished", "cancelled"}),
    "paused": frozenset({"sending", "cancelled"}),
    "blocked": frozenset({"draft", "freezing", "sending", "cancelled"}),  # draft only while nothing is frozen
    "cancelled": frozenset(),
    "finished": frozenset({"sending"}),  # to those who did not get it, and late joiners
}

CHUNK_MOVES: dict[str, frozenset[str]] = {
    "pending": frozenset({"claimed"}),
    "claimed": frozenset({"posting", "pending", "failed"}),
    "posting": frozenset({"done", "pending", "unknown", "failed"}),  # pending: provably not sent
    "unknown": frozenset({"done", "pending", "failed"}),  # pending: the provider was asked and has it not
    "done": frozenset(),
    "failed": frozenset(),
}

UNDO_WINDOW = timedelta(seconds=60)
CLAIM_LEASE = timedelta(seconds=20)
POSTING_LEASE = timedelta(seconds=100)  # longer than any call may take
ASK_AGAIN = timedelta(seconds=30)  # between two questions about a call in doubt
LONGEST_WAIT = timedelta(hours=6)  # a provider's Retry-After is believed up to here
_STEPS_S = (5, 30, 120, 600, 1800)


def back_off(failures: int, asked_s: float | None = None) -> timedelta:
    """How long to wait after `failures` (1 or more) calls in a row that were provably not sent.

    What the provider asked for counts first, within 0 and LONGEST_WAIT.
    """
    if asked_s is not None:
        return min(max(timedelta(seconds=asked_s), timedelta(0)), LONGEST_WAIT)
    return timedelta(seconds=_STEPS_S[min(failures, len(_STEPS_S)) - 1])
