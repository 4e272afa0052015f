"""Faults on demand, as lines of text."""

import pytest

from newsletter.simulator.faults import HTTP, SMTP, BadFault, Fault, Script, parse


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hang", [Fault("hang")]),
        ("reset,taken", [Fault("reset", taken=True)]),
        ("status=429,retry-after=1e6,times=2", [Fault("status", "429", retry_after="1e6")] * 2),
        ("partial=0+12", [Fault("partial", "0+12")]),
        ("none,times=3", [Fault()] * 3),
    ],
)
def test_a_line_becomes_faults(line: str, expected: list[Fault]) -> None:
    assert parse(line, HTTP) == expected


@pytest.mark.parametrize(
    "line", ["", "explode", "status", "status=999", "hang=1", "partial=a", "hang,often", "hang,times=x"]
)
def test_a_wrong_line_is_named_and_adds_nothing(line: str) -> None:
    script = Script(HTTP)

    with pytest.raises(BadFault, match=r"use|write"):
        script.add("hang", line)

    assert script.next() == Fault()


def test_faults_come_in_order_and_then_all_is_well() -> None:
    script = Script(SMTP, ["drop=dot,taken", "rcpt=550 5.1.1 Nobody here"])

    assert script.next() == Fault("drop", "dot", taken=True)
    assert script.next() == Fault("rcpt", "550 5.1.1 Nobody here")
    assert script.next() == Fault()
