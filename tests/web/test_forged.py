"""Acts that a page of ours did not ask for, and pages that act by being looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from newsletter.accounts.rules import Role
from newsletter.db import Base, Database
from newsletter.web.policy import Who
from newsletter.web.security import EXEMPT
from tests.web import routes
from tests.web.routes import Route
from tests.web.visitors import Visitor
from tests.web.world import World

EVIL = "https://evil.example.com"
FORGED = (
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": "http://news.example.org"},
    {"Origin": "https://news.example.org.evil.example.com"},
    {"Origin": "https://news.example.org", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


@pytest.fixture
def every(app: Flask, world: World) -> list[Route]:
    return list(routes.every(app, world))


@pytest.fixture
def owner(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def acts(every: list[Route]) -> list[Route]:
    return [route for route in every if route.acts and route.who not in EXEMPT]


def test_t_csrf_1_an_act_without_the_token_is_refused(every: list[Route], owner: Visitor, database: Database) -> None:
    before = everything(database)

    wrong = []
    for route in acts(every):
        for data in ({}, {"form_token": ""}, {"form_token": "x"}, {"form_token": owner.token[:-1] + "?"}):
            answer = owner.open(route.method, route.path, data=data)
            if answer.status_code != 403:
                wrong.append((str(route), data, answer.status_code))

    assert wrong == []
    assert everything(database) == before


@pytest.mark.sqlite
@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_t_csrf_1_an_act_from_another_site_is_refused_even_with_the_token(
    headers: dict[str, str], every: list[Route], owner: Visitor, visitor: Visitor, database: Database
) -> None:
    before = everything(database)

    wrong = []
    for route in acts(every):
        if route.who is Who.LINK and headers == {"Origin": "null"}:
            continue  # a page without referrer says so in older browsers; the link and the form are enough
        who = owner if route.who.role else visitor
        answer = who.post(route.path, headers=headers)
        if answer.status_code != 403:
            wrong.append((str(route), answer.status_code))

    assert wrong == []
    assert everything(database) == before


@pytest.mark.sqlite
def test_t_csrf_1_one_session_s_token_is_noise_in_another(
    every: list[Route], owner: Visitor, signed_in: Callable[[Role], Visitor]
) -> None:
    owner.token = signed_in(Role.OWNER).token

    wrong = [str(route) for route in acts(every) if route.who.role and owner.post(route.path).status_code != 403]

    assert wrong == []


def test_t_csrf_1_a_page_without_referrer_may_act(owner: Visitor) -> None:
    """Behind a signed link browsers are told to send no referrer, and then say "Origin: null"."""
    answer = owner.post("/desk/account/sessions/end", headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 303


def test_t_csrf_2_what_needs_no_token_does_the_same_with_and_without_a_cookie(
    every: list[Route], owner: Visitor, visitor: Visitor
) -> None:
    for route in every:
        if route.acts and route.who in EXEMPT:
            with_cookie = owner.open(route.method, route.path)
            without = visitor.open(route.method, route.path)

            assert "Set-Cookie" not in with_cookie.headers
            assert (with_cookie.status_code, with_cookie.data) == (without.status_code, without.data), str(route)


def test_t_csrf_2_only_one_click_and_hooks_need_no_token() -> None:
    assert set(EXEMPT) == {Who.ONE_CLICK, Who.HOOK}


def test_t_csrf_3_looking_at_every_page_changes_nothing(
    every: list[Route], owner: Visitor, visitor: Visitor, database: Database
) -> None:
    before = everything(database)

    for route in every:
        if not route.acts:
            for who in (owner, visitor):
                for method in ("GET", "HEAD", "OPTIONS"):
                    answer = who.open(method, route.path, query_string={"next": "/desk/", "done": "name", "q": "a"})
                    assert answer.status_code < 500, str(route)

    assert everything(database) == before


def test_an_old_browser_that_hides_its_origin_can_leave(visitor: Visitor, every: list[Route]) -> None:
    leave = next(route for route in every if route.acts and route.path.startswith("/u/"))
    visitor.get(leave.path)

    answer = visitor.post(leave.path, {"what": "publication"}, headers={"Origin": "null"})

    assert answer.status_code != 403
