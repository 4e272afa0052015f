"""Who may ask for a page: every view says it, or the application does not start.

    @blueprint.post("/topics")
    @allow(Who.EDITOR)
    def make_topic() -> ...

A view either reads (GET) or acts (POST …), never both: what only reads gets a session that cannot write.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from newsletter.accounts.rules import Role, includes
from newsletter.web.request import SAFE, editor, see

View = TypeVar("View", bound=Callable[..., Any])
MIB = 1024 * 1024
MARK = "policy"


class Who(StrEnum):
    """Who a view answers. The last four are roles, each including the ones before it."""

    PUBLIC = "public"
    LINK = "link"  # whoever holds the signed token in the path
    ONE_CLICK = "one_click"  # RFC 8058: a mailbox provider posts for its reader, without cookie or form token
    HOOK = "hook"  # a provider posts events and proves itself in its own way
    VIEWER = "viewer"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    OWNER = "owner"

    @property
    def role(self) -> Role | None:
        return Role(self.value) if self.value in list(Role) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    who: Who
    body_bytes: int = MIB


class UndeclaredRoute(Exception):
    """A view without a policy, or one that both reads and acts."""


def allow(who: Who, *, body_bytes: int = MIB) -> Callable[[View], View]:
    """Declare who may ask for a view, and how large the body of a request may be. Stands below the route."""

    def declare(view: View) -> View:
        setattr(view, MARK, Policy(who=who, body_bytes=body_bytes))
        return view

    return declare


def of(endpoint: str | None) -> Policy | None:
    """The policy of an endpoint; None when the request matches no view."""
    return getattr(current_app.view_functions.get(endpoint or ""), MARK, None)


def routes(app: Flask) -> Iterator[tuple[Rule, Policy]]:
    """Every route with its policy.

    Raises UndeclaredRoute for the first that has none, or that mixes reading and acting.
    """
    for rule in app.url_map.iter_rules():
        policy = getattr(app.view_functions[rule.endpoint], MARK, None)
        if policy is None:
            raise UndeclaredRoute(f"{rule.rule} ({rule.endpoint}) does not say who may ask for it: add @allow(Who.…).")
        methods = rule.methods or set()
        if methods & SAFE and methods - SAFE:
            raise UndeclaredRoute(f"{rule.rule} ({rule.endpoint}) both reads and acts: make it two views.")
        yield rule, policy


def init(app: Flask) -> None:
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.before_request(_enforce)


def check(app: Flask) -> None:
    """Call it when every view is registered. Raises UndeclaredRoute."""
    list(routes(app))


def _enforce() -> Response | None:
    policy = of(request.endpoint)
    if policy is None:
        return None
    request.max_content_length = policy.body_bytes
    request.max_form_memory_size = policy.body_bytes
    if policy.who.role is None:
        return None
    who = editor()
    if who is None:
        return _to_the_door()
    if not includes(who.role, policy.who.role):
        abort(403)
    if request.method not in SAFE:
        see()
    return None


def _to_the_door() -> Response:
    """Somebody who is not signed in: a page leads to the sign-in page and back, a script is told 401."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        abort(401)
    back = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("editor.sign_in", next=back), code=303)
