"""What every answer carries, and for whom the application answers at all."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, request
from pydantic import SecretStr

from newsletter.accounts.rules import Role
from newsletter.app import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.keys import KeyRing
from newsletter.web.policy import Who, allow
from newsletter.web.security import mail_frame_response
from tests.web import routes
from tests.web.routes import Route
from tests.web.visitors import Visitor
from tests.web.world import World

pytestmark = pytest.mark.sqlite  # what is tested here does not depend on the database

SCRIPTS = re.compile(r"(?:script-src|default-src) ([^;]*)")


@pytest.fixture
def pages(app: Flask, world: World) -> list[Route]:
    return [route for route in routes.every(app, world) if not route.acts]


@pytest.fixture
def owner(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def test_t_xss_2_no_page_allows_a_script_that_is_not_ours(pages: list[Route], owner: Visitor) -> None:
    for route in pages:
        answer = owner.get(route.path)
        policy = answer.headers["Content-Security-Policy"]

        assert not any("unsafe" in sources for sources in SCRIPTS.findall(policy)), str(route)
        assert "default-src 'none'" in policy, str(route)


def test_t_xss_2_no_page_holds_a_script_or_style_without_the_nonce_of_its_answer(
    pages: list[Route], owner: Visitor
) -> None:
    for route in pages:
        answer = owner.get(route.path)
        policy = answer.headers["Content-Security-Policy"]
        if answer.mimetype != "text/html" or "sandbox" in policy:
            continue
        nonce = re.search(r"'nonce-([^']+)'", policy)

        assert nonce, str(route)
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", answer.text):
            assert f'nonce="{nonce[1]}"' in tag, f"{route}: {tag}"
        assert not re.search(r'<[^>]+\s(?:style|on[a-z]+)="', answer.text), str(route)


def test_the_nonce_is_another_in_each_answer(visitor: Visitor) -> None:
    policies = {visitor.get("/desk/sign-in").headers["Content-Security-Policy"] for _ in range(3)}

    assert len(policies) == 3


def test_a_mail_in_its_frame_runs_nothing_and_opens_links_in_a_new_tab(app: Flask, visitor: Visitor) -> None:
    view = allow(Who.PUBLIC)(lambda: mail_frame_response("<html><head><title>x</title></head></html>"))
    app.add_url_rule("/frame", "frame", view)

    answer = visitor.get("/frame")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<head><base target="_blank"><title>' in answer.text


def test_t_hdr_pages_carry_the_headers_that_keep_browsers_careful(visitor: Visitor) -> None:
    headers = visitor.get("/desk/sign-in").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_t_hdr_a_page_behind_a_link_tells_nobody_its_address(visitor: Visitor) -> None:
    assert visitor.get("/desk/way-in/x").headers["Referrer-Policy"] == "no-referrer"


def test_t_cache_1_what_depends_on_who_asks_is_never_stored(pages: list[Route], owner: Visitor) -> None:
    for route in pages:
        if route.who.role or route.who is Who.LINK:
            assert owner.get(route.path).headers["Cache-Control"] == "private, no-store", str(route)
    assert owner.get("/desk/sign-in").headers["Cache-Control"] == "private, no-store"


def test_t_cache_1_an_error_behind_the_door_is_not_stored_either(owner: Visitor) -> None:
    answer = owner.post("/desk/account/sessions/999999/end")

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_t_cache_1_public_pages_set_no_cookie(pages: list[Route], visitor: Visitor) -> None:
    for route in pages:
        assert "Set-Cookie" not in visitor.get(route.path).headers, str(route)


@pytest.mark.parametrize("host", ["evil.example.com", "news.example.org.evil.example.com", "127.0.0.1", "localhost"])
def test_a_request_for_another_host_is_refused(host: str, visitor: Visitor) -> None:
    answer = visitor.client.get("/desk/sign-in", base_url=f"https://{host}")

    assert answer.status_code == 400
    assert host not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8025", "localhost:9", "localhost"])
def test_on_this_machine_both_its_names_and_any_port_will_do(
    host: str, settings: Settings, database: Database, ring: KeyRing
) -> None:
    local = Settings(data_dir=settings.data_dir, database_url=settings.database_url, base_url="")
    client = create_app(local, database=database, ring=ring).test_client()

    assert client.get("/desk/sign-in", base_url=f"http://{host}").status_code == 200
    assert client.get("/desk/sign-in", base_url="http://evil.example.com").status_code == 400


@pytest.mark.parametrize(("hops", "seen"), [(0, "192.0.2.1"), (1, "203.0.113.9"), (2, "198.51.100.7")])
def test_the_network_of_a_visitor_is_what_the_trusted_proxies_say(
    hops: int, seen: str, settings: Settings, database: Database, ring: KeyRing
) -> None:
    behind = Settings(
        data_dir=settings.data_dir,
        database_url=SecretStr(settings.database),
        base_url=settings.base_url,
        trusted_proxies=hops,
    )
    app = create_app(behind, database=database, ring=ring)
    app.add_url_rule("/who", "who", allow(Who.PUBLIC)(_remote))

    answer = app.test_client().get(
        "/who",
        base_url=settings.address,
        headers={"X-Forwarded-For": "10.0.0.1, 198.51.100.7, 203.0.113.9"},
        environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )

    assert answer.text == seen


def _remote() -> str:
    return request.remote_addr or ""
