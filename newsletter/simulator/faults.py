"""Faults on demand: what a simulator does instead of answering well, in a line of text."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock

KINDS = {
    "none": "answers well; use it to let some calls pass",
    "stall": "never reads the request",
    "reset-early": "resets the connection in the middle of the request",
    "reset": "reads the request, then resets the connection",
    "hang": "reads the request and never answers",
    "cut": "answers well, but the connection ends in the middle of the answer",
    "garbled": "answers 200 with something that is not JSON",
    "fewer": "leaves the last element out of the answer",
    "slow": "sends its answer a byte at a time",
    "redirect": "answers 307 with another address",
    "partial": "refuses the elements at these positions: partial=1+3",
    "status": "answers with this status: status=503",
}


class BadFault(ValueError):
    """A line that describes no fault. The text says what was expected."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One call's fate. `taken`: the mails were accepted all the same. `code` is for SMTP replies."""

    kind: str = "none"
    value: str = ""
    taken: bool = False
    retry_after: str | None = None


def parse(line: str) -> list[Fault]:
    """`kind[=value][,taken][,retry-after=VALUE][,times=N]`: the fault, as often as it says. Raises BadFault."""
    first, *options = line.strip().split(",")
    kind, _, value = first.partition("=")
    if kind not in KINDS:
        raise BadFault(f"There is no fault “{kind}”: use one of {', '.join(KINDS)}.")
    if kind == "status" and not (value.isdecimal() and 200 <= int(value) <= 599):
        raise BadFault(f"“{first}” needs a status from 200 to 599, as in status=503.")
    if kind == "partial" and not all(position.isdecimal() for position in value.split("+")):
        raise BadFault(f"“{first}” needs positions, as in partial=0+2.")
    fault, times = Fault(kind=kind, value=value), 1
    for option in options:
        name, _, given = option.partition("=")
        if name == "taken":
            fault = replace(fault, taken=True)
        elif name == "retry-after":
            fault = replace(fault, retry_after=given)
        elif name == "times" and given.isdecimal() and int(given) <= 100_000:
            times = int(given)
        else:
            raise BadFault(f"“{option}” is no option of a fault: use taken, retry-after=… or times=….")
    return [fault] * times


class Script:
    """Faults that wait for the calls to come, first come, first served."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._waiting: deque[Fault] = deque()
        self.add(*lines)

    def add(self, *lines: str) -> None:
        """Raises BadFault and adds nothing when one of the lines is wrong."""
        faults = [fault for line in lines for fault in parse(line)]
        with self._lock:
            self._waiting.extend(faults)

    def next(self) -> Fault:
        with self._lock:
            return self._waiting.popleft() if self._waiting else Fault()

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
