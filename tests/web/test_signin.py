"""Coming in: with a password, with a link, and what nobody learns on the way."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from newsletter.accounts import editors, passwords, ways_in
from newsletter.accounts.models import Editor, LogEntry, WayIn
from newsletter.accounts.rules import Role
from newsletter.db import Database
from newsletter.delivery.models import Letter
from newsletter.web.editor import signin
from tests.web.conftest import Clock
from tests.web.visitors import Visitor
from tests.web.world import World

PASSWORD = "seven quiet harbours"
OUTSIDE = [
    "https://evil.example.com",
    "//evil.example.com/desk/account",
    "///evil.example.com",
    "/\\evil.example.com",
    "\\/evil.example.com",
    "/\t/evil.example.com",
    "/%09/evil.example.com",
    "/%2f/evil.example.com",
    "/desk/account\r\nLocation: https://evil.example.com",
    "https:evil.example.com",
    "javascript:alert(1)",
    "@evil.example.com",
    "/desk/account@evil.example.com",
    "/desk/../../evil",
    "/ｅvil",
    "/desk/account#//evil.example.com",
    "/desk/sign-in",
    "/desk/sign-out",
    "/nowhere",
    "",
]


@pytest.fixture(scope="module")
def hashed() -> str:
    """Made once: hashing takes its time."""
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def owner_with_password(database: Database, world: World, clock: Clock, hashed: str) -> Editor:
    with database.write() as session:
        editor = session.get_one(Editor, world.editors[Role.OWNER].id)
        editors.set_password(session, editor.id, hashed, clock.now)
    return editor


def sign_in(visitor: Visitor, address: str, password: str, **more: str) -> TestResponse:
    return visitor.post("/desk/sign-in", {"address": address, "password": password, **more})


def bare(answer: TestResponse, typed: str) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer without what differs each time: the form token, the nonce, and what was typed."""
    body = re.sub(r'name="form_token" value="[^"]+"', "", answer.text).replace(typed, "")
    headers = [(name, re.sub(r"nonce-[\w-]+", "", value)) for name, value in answer.headers if "Length" not in name]
    return answer.status_code, body, headers


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/desk/account").status_code == 200


def test_the_right_password_opens_the_desk(owner_with_password: Editor, visitor: Visitor) -> None:
    answer = sign_in(visitor, "Owner@Example.org ", PASSWORD)

    assert answer.status_code == 303
    assert answer.location == "/desk/"
    assert is_in(visitor)


def test_the_cookie_is_bound_to_the_host_and_hidden_from_scripts(owner_with_password: Editor, visitor: Visitor) -> None:
    header = sign_in(visitor, "owner@example.org", PASSWORD).headers["Set-Cookie"]

    assert header.startswith("__Host-sid=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(header.split("; "))
    assert "Domain" not in header


def test_a_wrong_password_opens_nothing(owner_with_password: Editor, visitor: Visitor) -> None:
    answer = sign_in(visitor, "owner@example.org", "seven loud harbours")

    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_t_enum_1_whether_an_address_is_an_editor_s_shows_nowhere(
    owner_with_password: Editor, visitor: Visitor, database: Database, world: World, clock: Clock
) -> None:
    with database.write() as session:
        gone = session.get_one(Editor, world.editors[Role.EDITOR].id)
        editors.disable(session, gone, owner_with_password.id, clock.now)
    asked = ["owner@example.org", "viewer@example.org", "editor@example.org", "nobody@example.org"]

    by_password = [bare(sign_in(visitor, address, "a wrong password"), address) for address in asked]
    by_link = [bare(visitor.post("/desk/sign-in/link", {"address": address}), address) for address in asked]

    assert by_password == by_password[:1] * 4
    assert by_link == by_link[:1] * 4


def test_ten_tries_an_hour_for_one_address_then_even_the_right_one_waits(
    owner_with_password: Editor, visitor: Visitor, clock: Clock
) -> None:
    for _ in range(10):
        assert sign_in(visitor, "owner@example.org", "a wrong password").status_code == 401

    assert sign_in(visitor, "OWNER@example.org", PASSWORD).status_code == 429
    clock.forward(timedelta(hours=2))
    assert sign_in(visitor, "owner@example.org", PASSWORD).status_code == 303


@pytest.mark.parametrize("wanted", OUTSIDE)
def test_t_redir_1_signing_in_leads_to_the_desk_and_nowhere_else(
    wanted: str, signed_in: Callable[[Role], Visitor]
) -> None:
    answer = signed_in(Role.OWNER).get("/desk/sign-in", query_string={"next": wanted})

    assert answer.location == "/desk/"


def test_t_redir_1_signing_in_leads_back_to_where_one_wanted_to_go(
    owner_with_password: Editor, visitor: Visitor
) -> None:
    door = visitor.get("/desk/account?done=name")
    page = visitor.get(door.location)

    wanted = re.search(r'name="next" value="([^"]+)"', page.text)
    assert wanted
    answer = sign_in(visitor, "owner@example.org", PASSWORD, next=wanted[1])

    assert answer.location == "/desk/account?done=name"


@pytest.mark.sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from([*"/\\@:.?#% \t", "desk", "account", "evil.example.com", "http", "%2f", "％"])))
def test_t_redir_1_no_next_leads_away(parts: list[str], app: Flask) -> None:
    with app.test_request_context("/desk/sign-in", query_string={"next": "".join(parts)}):
        back = signin.back()

    assert back.startswith("/desk/")
    assert not urlsplit(back).netloc


def test_t_sess_2_each_sign_in_has_a_cookie_of_its_own_and_ends_the_one_before(
    owner_with_password: Editor, visitor: Visitor, app: Flask
) -> None:
    sign_in(visitor, "owner@example.org", PASSWORD)
    before = visitor.cookie
    assert before
    visitor.get("/desk/sign-in")

    sign_in_again = Visitor(app)
    sign_in_again.take(before)
    sign_in_again.token = Visitor(app).token
    sign_in(sign_in_again, "owner@example.org", PASSWORD)

    assert sign_in_again.cookie != before
    assert not is_in(visitor)
    assert is_in(sign_in_again)


def test_t_sess_2_a_cookie_that_somebody_planted_is_not_taken_over(
    owner_with_password: Editor, visitor: Visitor
) -> None:
    visitor.take("planted")
    visitor.token = Visitor(visitor.app).token

    sign_in(visitor, "owner@example.org", PASSWORD)

    assert visitor.cookie not in (None, "planted")


def test_t_sess_1_a_new_password_ends_every_other_session(
    owner_with_password: Editor, signed_in: Callable[[Role], Visitor]
) -> None:
    here, there = signed_in(Role.OWNER), signed_in(Role.OWNER)

    answer = here.post("/desk/account/password", {"current": PASSWORD, "new": "eight quiet harbours"})

    assert answer.status_code == 303
    assert is_in(here)
    assert not is_in(there)


def test_t_sess_1_a_new_role_and_shutting_out_end_every_session(
    signed_in: Callable[[Role], Visitor], world: World
) -> None:
    owner, publisher, viewer = (signed_in(role) for role in (Role.OWNER, Role.PUBLISHER, Role.VIEWER))
    team = "/desk/settings/team"

    owner.post(f"{team}/{world.editors[Role.PUBLISHER].public_id}/role", {"role": "viewer"})
    owner.post(f"{team}/{world.editors[Role.VIEWER].public_id}/disable")

    assert not is_in(publisher)
    assert not is_in(viewer)


def test_t_sess_1_a_session_can_be_ended_from_another_browser_but_not_by_another_editor(
    signed_in: Callable[[Role], Visitor],
) -> None:
    here, there, other = signed_in(Role.OWNER), signed_in(Role.OWNER), signed_in(Role.EDITOR)
    path = re.search(r'action="(/desk/account/sessions/\d+/end)"', here.get("/desk/account").text)
    assert path
    here.get("/desk/account")

    assert other.post(path[1]).status_code == 404
    assert here.post(path[1]).status_code == 303
    assert not is_in(there)
    assert is_in(here)


def test_a_sign_in_ends_after_twelve_idle_hours_and_lasts_while_something_is_done(
    signed_in: Callable[[Role], Visitor], clock: Clock
) -> None:
    idle, busy = signed_in(Role.EDITOR), signed_in(Role.EDITOR)
    clock.forward(timedelta(hours=11))
    busy.post("/desk/account/sessions/0/end")
    clock.forward(timedelta(hours=1))

    assert not is_in(idle)
    assert is_in(busy)


def test_somebody_whose_sign_in_ended_is_told_so(signed_in: Callable[[Role], Visitor], clock: Clock) -> None:
    visitor = signed_in(Role.EDITOR)
    clock.forward(timedelta(hours=12))

    assert "You were signed out." in visitor.get("/desk/sign-in").text
    assert "You were signed out." not in Visitor(visitor.app).get("/desk/sign-in").text


def test_asking_for_links_all_at_once_does_not_get_around_the_cap(app: Flask, world: World, database: Database) -> None:
    visitors = [Visitor(app) for _ in range(24)]

    with ThreadPoolExecutor(12) as crowd:
        answers = list(
            crowd.map(lambda one: one.post("/desk/sign-in/link", {"address": "owner@example.org"}), visitors)
        )

    assert {answer.status_code for answer in answers} == {200}
    with database.read() as session:
        assert len(session.scalars(select(Letter)).all()) == 5


def test_signing_out_ends_the_session_and_not_only_the_cookie(signed_in: Callable[[Role], Visitor]) -> None:
    visitor = signed_in(Role.EDITOR)
    secret = visitor.cookie
    assert secret

    answer = visitor.post("/desk/sign-out")

    assert answer.location == "/desk/sign-in"
    assert visitor.cookie is None
    visitor.take(secret)
    assert not is_in(visitor)


def test_the_first_link_opens_the_desk_once_and_looking_at_it_uses_nothing(
    database: Database, app: Flask, clock: Clock
) -> None:
    with database.write() as session:
        secret = ways_in.first(session, clock.now)
    visitor, late = Visitor(app), Visitor(app)

    for _ in range(3):
        assert "Open the desk" in visitor.get(f"{ways_in.PATH}{secret}").text
    opened = visitor.post(f"{ways_in.PATH}{secret}")
    again = late.post(f"{ways_in.PATH}{secret}")

    assert opened.location == "/desk/"
    assert is_in(visitor)
    assert again.status_code == 410
    assert not is_in(late)


def test_a_forgotten_password_is_replaced_by_the_link_and_ends_every_session(
    owner_with_password: Editor, app: Flask, database: Database, signed_in: Callable[[Role], Visitor], clock: Clock
) -> None:
    there, visitor = signed_in(Role.OWNER), Visitor(app)
    with database.write() as session:
        secret = ways_in.make(session, owner_with_password.id, ways_in.FORGOTTEN, clock.now)

    short = visitor.post(f"{ways_in.PATH}{secret}", {"password": "short"})
    answer = visitor.post(f"{ways_in.PATH}{secret}", {"password": "nine quiet harbours"})

    assert short.status_code == 422
    assert answer.status_code == 303
    assert is_in(visitor)
    assert not is_in(there)
    assert sign_in(Visitor(app), "owner@example.org", "nine quiet harbours").status_code == 303


def test_t_ato_1_a_link_goes_to_the_address_we_know_not_to_the_one_typed(
    world: World, visitor: Visitor, database: Database
) -> None:
    for typed in ("OWNER@EXAMPLE.ORG", "owner@ｅxample.org", "owner+x@example.org", "own\u0435r@example.org"):
        visitor.post("/desk/sign-in/link", {"address": typed})

    with database.read() as session:
        letters = session.scalars(select(Letter)).all()
        assert {letter.address for letter in letters} == {"owner@example.org"}
        assert session.scalars(select(WayIn)).all() == []  # the link is made when the letter leaves
    assert set(letters[0].words) == {"editor_id", "lasts_s"}


def test_the_only_owner_cannot_be_removed(signed_in: Callable[[Role], Visitor], world: World) -> None:
    owner = signed_in(Role.OWNER)
    mine = f"/desk/settings/team/{world.editors[Role.OWNER].public_id}"

    demoted = owner.post(f"{mine}/role", {"role": "editor"})
    disabled = owner.post(f"{mine}/disable")

    assert demoted.status_code == disabled.status_code == 422
    assert "only owner" in demoted.text
    assert is_in(owner)


def test_an_invitation_makes_an_editor_and_a_letter(
    signed_in: Callable[[Role], Visitor], database: Database, world: World
) -> None:
    owner = signed_in(Role.OWNER)

    taken = owner.post("/desk/settings/team", {"address": "viewer@example.org", "role": "editor"})
    wrong = owner.post("/desk/settings/team", {"address": "new@example,org", "role": "editor"})
    made = owner.post("/desk/settings/team", {"address": "new@example.org", "role": "editor", "name": "Nia"})

    assert taken.status_code == wrong.status_code == 422
    assert "did you mean new@example.org?" in wrong.text
    assert made.status_code == 303
    with database.read() as session:
        invited = editors.by_address(session, "new@example.org")
        assert invited
        assert invited.role is Role.EDITOR
        assert [letter.address for letter in session.scalars(select(Letter))] == ["new@example.org"]
        assert session.scalars(select(LogEntry.act).where(LogEntry.act == "invite")).all() == ["invite"]


def test_an_owner_without_an_address_says_it_before_setting_a_password(
    app: Flask, database: Database, clock: Clock
) -> None:
    with database.write() as session:
        secret = ways_in.first(session, clock.now)
    visitor = Visitor(app)
    visitor.post(f"{ways_in.PATH}{secret}")
    visitor.get("/desk/account")

    early = visitor.post("/desk/account/password", {"new": PASSWORD})
    visitor.post("/desk/account/name", {"address": "First@example.org", "name": "First"})
    done = visitor.post("/desk/account/password", {"new": PASSWORD})

    assert early.status_code == 422
    assert "Say your address first" in early.text
    assert done.status_code == 303
    assert sign_in(Visitor(app), "first@example.org", PASSWORD).status_code == 303
