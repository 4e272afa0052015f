"""Values as they may enter a mail: without control characters, on one line where they are one line, not too deep."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from emails import marks
from emails.compiling import TooLarge, check_length

Value = TypeVar("Value")
DEEPEST = 8  # parts inside each other
_MANY_LINES = {"markdown", "definitions"}


def cleaned(value: Value) -> Value:
    """A copy of a value with every text in it cleaned. Raises TooLarge when there is too much, or it is too deep."""
    lengths: list[int] = []
    result: Value = _cleaned(value, 0, lengths)
    check_length(sum(lengths))
    return result


def _cleaned(value: Any, depth: int, lengths: list[int]) -> Any:
    if depth > 2 * DEEPEST:  # a part in a tuple in a part
        raise TooLarge(f"There are boxes inside each other more than {DEEPEST} deep. Take some out of each other.")
    if isinstance(value, tuple):
        return tuple(_cleaned(each, depth + 1, lengths) for each in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed: dict[str, Any] = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if isinstance(held, str):
            lengths.append(len(held))
            tidy = marks.clean(held) if field.name in _MANY_LINES else marks.one_line(held)
            if tidy != held:
                changed[field.name] = tidy
        elif isinstance(held, tuple):
            changed[field.name] = _cleaned(held, depth + 1, lengths)
    return replace(value, **changed) if changed else value
