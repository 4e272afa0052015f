"""Who may ask for what: every route with every role, expected from what the route declares."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from newsletter.accounts.rules import Role, includes
from newsletter.web import policy
from newsletter.web.policy import UndeclaredRoute, Who, allow
from tests.web import routes
from tests.web.routes import Route
from tests.web.visitors import Visitor
from tests.web.world import World

JSON = {"Accept": "application/json"}
ELSEWHERE = ("{}/", "//{}", "/.{}", "/%2e{}", "/x/..{}", "/desk/..{}", "{}%2f", "{}%00", "{};x=1")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL")


@pytest.fixture
def every(app: Flask, world: World) -> list[Route]:
    return list(routes.every(app, world))


def behind_the_door(every: list[Route]) -> Iterator[Route]:
    return (route for route in every if route.who.role)


def test_an_application_with_an_undeclared_route_does_not_start() -> None:
    app = Flask(__name__, static_folder=None)
    policy.init(app)
    app.add_url_rule("/open", view_func=lambda: "")

    with pytest.raises(UndeclaredRoute, match="/open"):
        policy.check(app)


def test_a_view_that_reads_and_acts_does_not_start() -> None:
    app = Flask(__name__, static_folder=None)
    policy.init(app)
    app.add_url_rule("/both", methods=["GET", "POST"], view_func=allow(Who.PUBLIC)(lambda: ""))

    with pytest.raises(UndeclaredRoute, match="make it two views"):
        policy.check(app)


@pytest.mark.sqlite
def test_t_authz_1_nobody_gets_behind_the_door_without_signing_in(every: list[Route], visitor: Visitor) -> None:
    wrong = []
    for route in behind_the_door(every):
        page = visitor.open(route.method, route.path)
        told = visitor.open(route.method, route.path, headers=JSON)
        led = page.status_code == 303 and page.location.startswith("/desk/sign-in")
        if not led or told.status_code != 401:
            wrong.append((str(route), page.status_code, told.status_code))

    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_t_authz_1_a_role_opens_what_it_includes_and_nothing_else(
    role: Role, every: list[Route], signed_in: Callable[[Role], Visitor]
) -> None:
    wrong = []
    for route in behind_the_door(every):
        visitor = signed_in(role)
        answer = visitor.post(route.path) if route.acts else visitor.get(route.path)
        needed = route.who.role
        opened = answer.status_code not in (401, 403) and answer.status_code < 500
        if needed and opened != includes(role, needed):
            wrong.append((str(route), answer.status_code))

    assert wrong == []


def test_t_authz_1_what_is_public_asks_nobody_to_sign_in(every: list[Route], visitor: Visitor) -> None:
    wrong = []
    for route in every:
        if route.who.role is None:
            answer = visitor.post(route.path) if route.acts else visitor.get(route.path)
            if answer.status_code == 403 or answer.status_code >= 500:
                wrong.append((str(route), answer.status_code))

    assert wrong == []


@pytest.mark.sqlite
def test_t_authz_2_no_other_spelling_of_a_path_opens_the_door(every: list[Route], visitor: Visitor) -> None:
    wrong = []
    for route in behind_the_door(every):
        for spelling in ELSEWHERE:
            answer = visitor.open(route.method, spelling.format(route.path))
            if answer.status_code < 300:
                wrong.append((str(route), spelling, answer.status_code))

    assert wrong == []


@pytest.mark.sqlite
def test_t_authz_2_no_header_and_no_other_method_opens_the_door(every: list[Route], visitor: Visitor) -> None:
    wrong = []
    for route in behind_the_door(every):
        tries: list[tuple[str, dict[str, str]]] = [("HEAD", {}), ("OPTIONS", {}), ("PUT", {}), ("TRACE", {})]
        tries += [("GET", {name: "GET" if "Method" in name else route.path}) for name in OVERRIDES]
        tries += [("GET", {"Cookie": "__Host-sid=; sid=x; __Host-sid=' OR 1=1"}), ("GET", {"X-Forwarded-For": "::1"})]
        for method, headers in tries:
            answer = visitor.open(method, route.path, headers=headers)
            if answer.status_code < 300:
                wrong.append((str(route), method, headers, answer.status_code))

    assert wrong == []


@pytest.mark.sqlite
def test_a_body_larger_than_its_view_allows_is_refused(visitor: Visitor) -> None:
    answer = visitor.post("/desk/sign-in", {"address": "x" * (policy.MIB + 1)})

    assert answer.status_code == 413
    assert "This is too large." in answer.text
