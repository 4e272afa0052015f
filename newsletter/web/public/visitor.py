"""Who holds a link, and from where somebody answers a form."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import abort, g, request

from newsletter import links
from newsletter.links import Purpose
from newsletter.publications.models import Publication
from newsletter.subscribers import people, rules, topic_sets
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import Status, Subscriber, Subscription
from newsletter.web.request import publication, session, state

BROKEN = (
    "Mail programs sometimes cut long links. Copy the whole link from the mail into the address bar, "
    "or ask for a new one under “Change topics”."
)
NO_TIME = datetime.fromtimestamp(0, UTC)
FOREVER = 253402300799  # the last second of the year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The person a link speaks of, as far as we still know them. `third` is the link's last number."""

    publication: Publication
    subscriber: Subscriber | None
    subscription: Subscription | None
    third: int

    @property
    def address(self) -> str:
        return (self.subscriber.address if self.subscriber else None) or ""

    @property
    def gets_mail(self) -> bool:
        """Signed up, paused or waiting to confirm: there is something to leave."""
        return bool(self.address and self.subscription and self.subscription.status is not Status.LEFT)

    @property
    def is_live(self) -> bool:
        live = (Status.CONFIRMED, Status.PAUSED)
        return bool(self.address and self.subscription and self.subscription.status in live)

    @property
    def topic_ids(self) -> frozenset[int]:
        if self.subscription is None:
            return frozenset()
        return frozenset(topic.id for topic in topic_sets.topics(session(), self.subscription.topic_set_id))

    @property
    def moment(self) -> datetime:
        """The link's last number as a time."""
        return datetime.fromtimestamp(min(self.third, FOREVER), UTC)


def holder(purpose: Purpose, token: str) -> Holder:
    """Whom a link of publication, subscriber and a third number speaks of. Ends with 404 for no link of ours."""
    publication_id, subscriber_id, third = read(purpose, token, 3)
    found = session().get(Publication, publication_id)
    if found is None:
        abort(404, BROKEN)
    g.publication = found  # the page around it is this one's
    return Holder(
        publication=found,
        subscriber=session().get(Subscriber, subscriber_id),
        subscription=people.subscription(session(), publication_id, subscriber_id),
        third=third,
    )


def read(purpose: Purpose, token: str, count: int) -> tuple[int, ...]:
    """The numbers of a link. Ends with 404 for what is no link of ours, or one for another place."""
    try:
        return links.read(state().ring, purpose, token, count)
    except links.BadToken:
        abort(404, BROKEN)


def the_publication() -> Publication:
    """The publication of the public pages. Ends with 404 when there is none yet."""
    found = publication()
    if found is None:
        abort(404, "Nothing is published here yet.")
    return found


def source(words: str, form_version: str = "") -> Source:
    """Where this request's yes or no comes from; `words` are what the person read beside the button.

    The page is named without its token: proofs are kept for years, and a link must not be.
    """
    page = request.url_rule.rule if request.url_rule else ""
    return Source(words=words, page=page, network_key=network_key(), form_version=form_version)


def network_key() -> str:
    """Keyed hash of the network a request comes from: enough to count by, not enough to find anybody."""
    return rules.keyed(rules.network(request.remote_addr or ""), state().ring.derive("network"))
