"""Topics: what readers choose. Names mean one topic each, aliases included, and none is ever forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsletter.publications import naming
from newsletter.publications.models import Publication, Topic, TopicAlias

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 500
LONGEST_RHYTHM = 100
MOST = 200  # topics in one publication


class BadTopic(ValueError):
    """A topic cannot be what was asked. `field` is what to mend: name, description, rhythm or order."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNames:
    """A topic as an issue's text may name it."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()
    hidden: bool = False


def all_of(session: Session, publication_id: int) -> list[Topic]:
    """Every topic, in the publication's order."""
    return list(
        session.scalars(select(Topic).where(Topic.publication_id == publication_id).order_by(Topic.position, Topic.id))
    )


def by_slug(session: Session, publication_id: int, slug: str) -> Topic | None:
    return session.scalar(select(Topic).where(Topic.publication_id == publication_id, Topic.slug == slug))


def by_name(session: Session, publication_id: int, name: str) -> Topic | None:
    """The topic that a name, an alias or a slug means."""
    key = naming.key(name)
    for topic in all_of(session, publication_id):
        if key in (naming.key(topic.name), topic.slug):
            return topic
    return session.scalar(
        select(Topic)
        .join(TopicAlias, TopicAlias.topic_id == Topic.id)
        .where(TopicAlias.publication_id == publication_id, TopicAlias.name_key == key)
    )


def aliases(session: Session, publication_id: int) -> dict[int, list[TopicAlias]]:
    """The aliases of each topic by its id, oldest first."""
    found: dict[int, list[TopicAlias]] = {}
    for alias in session.scalars(
        select(TopicAlias).where(TopicAlias.publication_id == publication_id).order_by(TopicAlias.id)
    ):
        found.setdefault(alias.topic_id, []).append(alias)
    return found


def names(session: Session, publication_id: int) -> list[TopicNames]:
    """What an issue's headings are matched with: plain values, in the publication's order."""
    also = aliases(session, publication_id)
    return [
        TopicNames(
            slug=topic.slug,
            name=topic.name,
            aliases=tuple(alias.name for alias in also.get(topic.id, [])),
            hidden=topic.is_hidden,
        )
        for topic in all_of(session, publication_id)
    ]


def create(
    session: Session,
    publication_id: int,
    name: str,
    *,
    description: str = "",
    rhythm: str = "",
    hidden: bool = False,
    now: datetime,
) -> Topic:
    """A new topic behind the others. Raises BadTopic when the name means one already."""
    _take_turn(session, publication_id)
    cleaned = _free_name(session, publication_id, name, None)
    present = all_of(session, publication_id)
    if len(present) >= MOST:
        raise BadTopic("name", f"There are {MOST} topics, and more would be too many to choose from. Rename one.")
    topic = Topic(
        publication_id=publication_id,
        slug=naming.free_slug(cleaned, {topic.slug for topic in present}, "topic"),
        name=cleaned,
        description=_text("description", description, LONGEST_DESCRIPTION),
        rhythm=_text("rhythm", rhythm, LONGEST_RHYTHM),
        position=max((topic.position for topic in present), default=0) + 1,
        is_hidden=hidden,
        made_at=now,
    )
    session.add(topic)
    session.flush()
    return topic


def rename(session: Session, topic: Topic, name: str) -> None:
    """Give a topic another name. The old one lives on as an alias, so older texts still find their topic.

    The slug stays. Taking an own alias back as the name is allowed. Raises BadTopic when another topic has it.
    """
    _take_turn(session, topic.publication_id)
    cleaned = _free_name(session, topic.publication_id, name, topic.id)
    old = topic.name
    topic.name = cleaned
    own = aliases(session, topic.publication_id).get(topic.id, [])
    for alias in own:
        if alias.name_key == naming.key(cleaned):
            session.delete(alias)
    session.flush()
    if naming.key(old) not in {naming.key(cleaned), *(alias.name_key for alias in own)}:
        _add_alias(session, topic, old)


def add_alias(session: Session, topic: Topic, name: str) -> None:
    """Let another name mean this topic too; a name it has already changes nothing. Raises BadTopic."""
    _take_turn(session, topic.publication_id)
    cleaned = _free_name(session, topic.publication_id, name, topic.id)
    own = {alias.name_key for alias in aliases(session, topic.publication_id).get(topic.id, [])}
    if naming.key(cleaned) not in {naming.key(topic.name), *own}:
        _add_alias(session, topic, cleaned)


def describe(session: Session, topic: Topic, *, description: str, rhythm: str) -> None:
    """What readers are told about a topic, and how often it appears. Raises BadTopic when either is too long."""
    topic.description = _text("description", description, LONGEST_DESCRIPTION)
    topic.rhythm = _text("rhythm", rhythm, LONGEST_RHYTHM)
    session.flush()


def hide(session: Session, topic: Topic, hidden: bool) -> None:
    """Offer a topic at sign-up, or no longer. Who has chosen it keeps it."""
    topic.is_hidden = hidden
    session.flush()


def order(session: Session, publication_id: int, slugs: Sequence[str]) -> None:
    """Put the topics in this order; those not named follow as they stood. Raises BadTopic for an unknown one."""
    present = all_of(session, publication_id)
    unknown = [slug for slug in slugs if slug not in {topic.slug for topic in present}]
    if unknown:
        raise BadTopic("order", f"There is no topic “{unknown[0]}” here, so the order stays as it was.")
    wanted = {slug: place for place, slug in reversed(list(enumerate(slugs)))}
    present.sort(key=lambda topic: wanted.get(topic.slug, len(wanted)))
    for place, topic in enumerate(present, 1):
        topic.position = place
    session.flush()


def move(session: Session, topic: Topic, steps: int) -> None:
    """Move a topic up (negative) or down the list; beyond an end it stays there."""
    slugs = [other.slug for other in all_of(session, topic.publication_id)]
    place = slugs.index(topic.slug)
    slugs.insert(max(0, place + steps), slugs.pop(place))
    order(session, topic.publication_id, slugs)


def _take_turn(session: Session, publication_id: int) -> None:
    """Two editors who name a topic at once come one after the other: the row of the publication is the lock."""
    session.execute(
        update(Publication).where(Publication.id == publication_id).values(name=Publication.name),
        execution_options={"synchronize_session": False},
    )


def _add_alias(session: Session, topic: Topic, name: str) -> None:
    session.add(
        TopicAlias(publication_id=topic.publication_id, topic_id=topic.id, name=name, name_key=naming.key(name))
    )
    session.flush()


def _free_name(session: Session, publication_id: int, typed: str, topic_id: int | None) -> str:
    cleaned = naming.clean(typed)
    if not cleaned:
        raise BadTopic("name", "A topic needs a name that readers can read.")
    if len(cleaned) > LONGEST_NAME:
        raise BadTopic("name", f"This name has {len(cleaned)} characters; the longest there can be has {LONGEST_NAME}.")
    other = by_name(session, publication_id, cleaned)
    if other is None or other.id == topic_id:
        return cleaned
    if naming.key(other.name) == naming.key(cleaned):
        raise BadTopic("name", f"There is a topic “{other.name}” already. Two of one name could not be told apart.")
    raise BadTopic("name", f"“{cleaned}” is another name of the topic “{other.name}”. Choose a name of its own.")


def _text(field: str, typed: str, longest: int) -> str:
    cleaned = naming.clean(typed)
    if len(cleaned) > longest:
        raise BadTopic(field, f"This {field} has {len(cleaned)} characters; the longest there can be has {longest}.")
    return cleaned
