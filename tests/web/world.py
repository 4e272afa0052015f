"""One of everything that pages show, as plain rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from newsletter import addresses
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.publications.models import Installation, ProviderAccount, Publication, Topic
from newsletter.subscribers.models import Status, Subscriber, Subscription, TopicSet

ADDRESS = "ada.reader@example.org"
TEXT = "---\ntitle: First light\n---\nGood morning.\n\n## Harbour charts {topic=charts}\n\nSoundings, redrawn.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    publication: Publication
    topic: Topic
    subscriber: Subscriber
    subscription: Subscription
    issue: Issue
    editors: dict[Role, Editor]


def build(session: Session, ring: KeyRing, now: datetime) -> World:
    session.add(Installation(address_key_fingerprint=ring.fingerprint, made_at=now, beat_at=now))
    account = ProviderAccount(name="Outbox", kind="outbox", made_at=now)
    session.add(account)
    session.flush()
    publication = Publication(
        slug="sheet",
        name="The Sheet",
        description="A weekly on maps",
        sender_address="sheet@example.org",
        postal_address="1 Chart Row\nExampleton",
        list_label="sheet",
        account_id=account.id,
        made_at=now,
    )
    session.add(publication)
    session.flush()
    topic = Topic(publication_id=publication.id, slug="charts", name="Harbour charts", position=1, made_at=now)
    subscriber = Subscriber(address_key=addresses.key(ADDRESS, ring.address_key), address=ADDRESS, made_at=now)
    issue = Issue(publication_id=publication.id, number=1, title="First light", text=TEXT, made_at=now, saved_at=now)
    editors = {
        role: Editor(address=f"{role}@example.org", name=f"{role} person", role=role, made_at=now) for role in Role
    }
    session.add_all([topic, subscriber, issue, *editors.values()])
    session.flush()
    topics = TopicSet(publication_id=publication.id, key=str(topic.id))
    session.add(topics)
    session.flush()
    subscription = Subscription(
        publication_id=publication.id,
        subscriber_id=subscriber.id,
        status=Status.CONFIRMED,
        topic_set_id=topics.id,
        made_at=now,
        confirmed_at=now,
    )
    session.add(subscription)
    session.flush()
    return World(
        publication=publication,
        topic=topic,
        subscriber=subscriber,
        subscription=subscription,
        issue=issue,
        editors=editors,
    )
