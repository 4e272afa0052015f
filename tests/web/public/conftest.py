"""Readers: a reading room behind the application, and what a reader does there."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from newsletter.db import Database
from newsletter.delivery import web_links
from newsletter.delivery.models import Letter, LetterKind
from newsletter.keys import KeyRing
from newsletter.publications.models import Topic
from newsletter.subscribers.models import Status, Subscriber, Subscription, TopicSet
from tests.web.conftest import Clock
from tests.web.visitors import Visitor
from tests.web.world import World

ADDRESS = "ines@example.org"


@dataclass(kw_only=True)
class Reader:
    """Somebody at the public pages who looks at a page before pressing its button."""

    world: World
    database: Database
    ring: KeyRing
    clock: Clock
    visitor: Visitor
    topics: list[str] = field(default_factory=lambda: ["charts"])

    def sign_up(self, address: str = ADDRESS, **more: str) -> TestResponse:
        self.visitor.get("/")
        self.clock.forward(timedelta(seconds=5))
        return self.visitor.post("/sign-up", {"address": address, "topic": self.topics, **more})

    def press(self, page: str, to: str | None = None, **form: str | list[str]) -> TestResponse:
        self.visitor.get(page)
        return self.visitor.post(to or page, dict(form))

    def letters(self) -> list[LetterKind]:
        with self.database.read() as session:
            return list(session.scalars(select(Letter.kind).order_by(Letter.id)))

    def person(self, address: str = ADDRESS) -> tuple[Subscriber, Subscription]:
        with self.database.read() as session:
            found = session.execute(
                select(Subscriber, Subscription)
                .join(Subscription, Subscription.subscriber_id == Subscriber.id)
                .where(Subscriber.address == address, Subscription.publication_id == self.world.publication.id)
            ).one()
            return found[0], found[1]

    def status(self) -> Status:
        return self.subscription.status

    @property
    def subscription(self) -> Subscription:
        """Of the world's own reader."""
        with self.database.read() as session:
            return session.get_one(Subscription, self.world.subscription.id)

    def choice(self) -> list[str]:
        with self.database.read() as session:
            chosen = session.get_one(TopicSet, self.subscription.topic_set_id).topic_ids
            return list(session.scalars(select(Topic.slug).where(Topic.id.in_(chosen)).order_by(Topic.position)))

    # the links of the world's own reader, as paths

    def leave(self, issue_id: int = 0) -> str:
        return web_links.unsubscribe("", self.ring, self.world.publication.id, self.world.subscriber.id, issue_id)

    def one_click(self) -> str:
        return web_links.one_click("", self.ring, self.world.publication.id, self.world.subscriber.id)

    def preferences(self) -> str:
        moment = self.clock.now
        return web_links.preferences("", self.ring, self.world.publication.id, self.world.subscriber.id, moment)

    def confirm(self, address: str = ADDRESS) -> str:
        person, subscription = self.person(address)
        asked = subscription.asked_at
        assert asked
        return web_links.confirm("", self.ring, self.world.publication.id, person.id, asked)

    def never(self) -> str:
        return web_links.never("", self.ring, self.world.subscriber.id)


@pytest.fixture
def reader(app: Flask, world: World, database: Database, ring: KeyRing, clock: Clock) -> Reader:
    with database.write() as session:
        for position, slug in enumerate(("ink", "kelp"), start=2):
            session.add(
                Topic(
                    publication_id=world.publication.id,
                    slug=slug,
                    name=slug.title(),
                    description=f"All about {slug}.",
                    rhythm="Most weeks",
                    position=position,
                    made_at=clock.now,
                )
            )
    return Reader(world=world, database=database, ring=ring, clock=clock, visitor=Visitor(app))
