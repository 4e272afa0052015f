"""What a measurement gives: figures with their spread, and the target each has to keep."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

KB = 1000


class CannotMeasure(Exception):
    """Something that was to be measured did not happen. The text says what, and where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing measured in several rounds. `target`: the median has to be no larger."""

    name: str
    unit: str
    values: Sequence[float]
    target: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def of_target(self) -> float | None:
        """The median as a part of the target: 0.5 is half of what is allowed."""
        return None if self.target is None else self.median / self.target

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "min": min(self.values),
            "median": self.median,
            "max": max(self.values),
            "rounds": len(self.values),
            "target": self.target,
            "of_target": self.of_target,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What one command measured, in words and figures. `notes` say what has to be known to read them."""

    name: str
    what: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "what": self.what,
            "figures": [figure.to_json() for figure in self.figures],
            "notes": list(self.notes),
        }


def milliseconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def processor_milliseconds(act: Callable[[], object]) -> float:
    """How long the processor works for one call: what else the machine does counts little."""
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000
