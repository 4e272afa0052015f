"""Every route of the application as a request that finds something, so that new routes are tested unasked."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from newsletter import links
from newsletter.accounts import ways_in
from newsletter.delivery import web_links
from newsletter.links import Purpose
from newsletter.web import policy
from newsletter.web.policy import Who
from newsletter.web.request import SAFE, State
from tests.web.world import World

HEADS = {
    web_links.ONE_CLICK: Purpose.UNSUBSCRIBE,
    web_links.UNSUBSCRIBE: Purpose.UNSUBSCRIBE,
    web_links.PREFERENCES: Purpose.PREFERENCES,
    web_links.CONFIRM: Purpose.CONFIRM,
    web_links.NEVER: Purpose.NEVER,
    web_links.VIEW: Purpose.VIEW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    rule: Rule
    method: str
    path: str
    who: Who

    @property
    def acts(self) -> bool:
        return self.method not in SAFE

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


def every(app: Flask, world: World) -> Iterator[Route]:
    """Each route once a method (HEAD goes with GET), its path filled with what the world holds."""
    for rule, declared in policy.routes(app):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule=rule, method=method, path=fill(app, rule, world), who=declared.who)


def fill(app: Flask, rule: Rule, world: World) -> str:
    state: State = app.extensions["newsletter"]
    values = {
        "age": "now",
        "name": "site.css",
        "public_id": world.issue.public_id,
        "person": world.subscriber.public_id,
        "slug": world.topic.slug,
        "token": _token(state, rule, world),
        "secret": _way_in(state, world) if "secret" in rule.arguments else "",
    }
    known = {name: values.get(name, 1 if _is_number(rule, name) else "x") for name in rule.arguments}
    with app.test_request_context(base_url=state.settings.address):
        adapter = app.url_map.bind("")
        return adapter.build(rule.endpoint, known, method=min((rule.methods or set()) - {"HEAD"}))


def _is_number(rule: Rule, name: str) -> bool:
    return f"<int:{name}>" in rule.rule


def _token(state: State, rule: Rule, world: World) -> str:
    purpose = HEADS.get(rule.rule.split("/")[1])
    if purpose is None:
        return "x"
    now = int(state.clock().timestamp())
    ids = {
        Purpose.UNSUBSCRIBE: (world.publication.id, world.subscriber.id, world.issue.id),
        Purpose.NEVER: (world.subscriber.id,),
        Purpose.VIEW: (world.issue.id, 1),
    }
    return links.make(state.ring, purpose, *ids.get(purpose, (world.publication.id, world.subscriber.id, now)))


def _way_in(state: State, world: World) -> str:
    editor = next(iter(world.editors.values()))
    with state.database.write() as session:
        return ways_in.make(session, editor.id, ways_in.FIRST, state.clock())
