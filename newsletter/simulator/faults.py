"""Faults on demand: what a simulator does instead of answering well, one line of text each."""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

_REPLY = r"[245]\d\d [^\r\n]+"

# kind -> the value it needs, as a pattern and an example
Kinds = Mapping[str, tuple[str, str]]

HTTP: Kinds = {
    "none": ("", ""),  # answers well: lets calls pass before the next fault
    "stall": ("", ""),  # never reads the request
    "reset-early": ("", ""),  # resets the connection in the middle of the request
    "reset": ("", ""),  # reads the request, then resets the connection
    "hang": ("", ""),  # reads the request and never answers
    "cut": ("", ""),  # the connection ends in the middle of the answer
    "garbled": ("", ""),  # 200 with something that is not JSON
    "fewer": ("", ""),  # leaves the last element out of the answer
    "slow": ("", ""),  # the answer comes a byte at a time
    "redirect": ("", ""),  # 307 with another address
    "early": (r"[45]\d\d", "early=413"),  # answers before it has read the request
    "partial": (r"\d+(\+\d+)*", "partial=0+2"),  # refuses the elements at these positions
    "status": (r"[2-5]\d\d", "status=503"),
}
SMTP: Kinds = {
    "none": ("", ""),
    "mail": (_REPLY, "mail=451 4.3.0 Later"),  # replies to MAIL FROM
    "rcpt": (_REPLY, "rcpt=550 5.1.1 Nobody here"),
    "data": (_REPLY, "data=451 4.3.0 Later"),  # instead of 354
    "dot": (_REPLY, "dot=554 5.6.0 Not this"),  # after the final dot
    "drop": (r"mail|rcpt|data|dot", "drop=dot"),  # the line breaks at this stage
    "slow": (r"\d+(\.\d+)?", "slow=0.5"),  # seconds of silence after the final dot
}


class BadFault(ValueError):
    """A line that describes no fault. The text says what was expected."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The fate of one call, or of one message over SMTP. `taken`: the mails were accepted all the same."""

    kind: str = "none"
    value: str = ""
    taken: bool = False
    retry_after: str | None = None


def parse(line: str, kinds: Kinds) -> list[Fault]:
    """`kind[=value][,taken][,retry-after=VALUE][,times=N]`: the fault, as often as it says. Raises BadFault."""
    first, *options = line.strip().split(",")
    kind, _, value = first.partition("=")
    if kind not in kinds:
        raise BadFault(f"There is no fault “{kind}”: use one of {', '.join(kinds)}.")
    pattern, example = kinds[kind]
    if not re.fullmatch(pattern, value):
        raise BadFault(f"“{first}” is not right: write {example or kind}.")
    given = dict(option.partition("=")[::2] for option in options)
    unknown = [name for name in given if name not in ("taken", "retry-after", "times")]
    times = given.get("times", "1")
    if unknown or not re.fullmatch(r"\d{1,5}", times):
        raise BadFault(f"“{line.strip()}” has an option we do not know: use taken, retry-after=… or times=….")
    return [Fault(kind, value, "taken" in given, given.get("retry-after"))] * int(times)


class Script:
    """Faults that wait for the calls to come, first come, first served."""

    def __init__(self, kinds: Kinds, lines: Iterable[str] = ()) -> None:
        self._kinds = kinds
        self._lock = Lock()
        self._waiting: deque[Fault] = deque()
        self.add(*lines)

    def add(self, *lines: str) -> None:
        """Raises BadFault, and adds nothing when one of the lines is wrong."""
        faults = [fault for line in lines for fault in parse(line, self._kinds)]
        with self._lock:
            self._waiting.extend(faults)

    def next(self) -> Fault:
        with self._lock:
            return self._waiting.popleft() if self._waiting else Fault()

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
