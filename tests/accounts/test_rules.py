from datetime import UTC, datetime, timedelta

import pytest

from newsletter.accounts.rules import Role, complaint, includes, is_over

THEN = datetime(2026, 11, 25, 9, tzinfo=UTC)


def test_each_role_includes_the_ones_before_it() -> None:
    order = [Role.VIEWER, Role.EDITOR, Role.PUBLISHER, Role.OWNER]

    for has, role in enumerate(order):
        assert [includes(role, wanted) for wanted in order] == [needs <= has for needs in range(4)]


@pytest.mark.parametrize(
    ("made", "seen", "over"),
    [
        (timedelta(0), timedelta(0), False),
        (timedelta(hours=13), timedelta(hours=11, minutes=59), False),
        (timedelta(hours=13), timedelta(hours=12), True),
        (timedelta(days=13, hours=23), timedelta(minutes=1), False),
        (timedelta(days=14), timedelta(minutes=1), True),
    ],
)
def test_a_sign_in_ends_after_twelve_idle_hours_or_fourteen_days(made: timedelta, seen: timedelta, over: bool) -> None:
    assert is_over(THEN - made, THEN - seen, THEN) is over


@pytest.mark.parametrize("password", ["seven quiet harbours", "žluťoučký kůň úpěl", "a" * 6 + "bcdefg", "x9!z" * 200])
def test_a_long_password_is_welcome_whatever_it_is_made_of(password: str) -> None:
    assert complaint(password, "ada@example.org") == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 12"),
        ("short enough", ""),
        ("eleven char", "at least 12"),
        ("x" * 1001, "at most 1000"),
        ("aaaaaaaaaaaaaa", "first that somebody would try"),
        ("Password2026!", "first that somebody would try"),
        ("newsletter1234", "first that somebody would try"),
        ("ada@example.org", "first that somebody would try"),
        ("Example.org2026", "first that somebody would try"),
    ],
)
def test_a_password_that_is_short_or_tried_first_is_refused_with_its_reason(password: str, why: str) -> None:
    assert why in complaint(password, "ada@example.org")
