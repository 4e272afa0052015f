"""`newsletter topic`: the topics readers choose from."""

import click
from sqlalchemy.orm import Session

from newsletter import clock
from newsletter.cli.context import Failed, answer, house, json_option, table, the_publication
from newsletter.publications import topics
from newsletter.publications.models import Topic


@click.group("topic")
def topic_command() -> None:
    """Topics: what readers choose."""


publication_option = click.option("--publication", help="Slug of the publication, where there are several.")


def _as_values(topic: Topic) -> dict[str, object]:
    return {
        "slug": topic.slug,
        "name": topic.name,
        "description": topic.description,
        "rhythm": topic.rhythm,
        "hidden": topic.is_hidden,
    }


@topic_command.command("list")
@publication_option
@json_option
def topic_list(publication: str | None, as_json: bool) -> None:
    """Show the topics in their order."""
    with house() as home, home.database.read() as session:
        found = topics.all_of(session, the_publication(session, publication).id)
        rows = [(topic.slug, topic.name, "hidden" if topic.is_hidden else "offered") for topic in found]
        answer([_as_values(topic) for topic in found], as_json, lambda: table(rows, ("slug", "name", "sign-up")))


@topic_command.command("add")
@click.argument("name")
@click.option("--description", default="", help="One sentence for readers.")
@click.option("--rhythm", default="", help="How often it appears, in words.")
@click.option("--hidden", is_flag=True, help="Not offered at sign-up.")
@publication_option
@json_option
def topic_add(name: str, description: str, rhythm: str, hidden: bool, publication: str | None, as_json: bool) -> None:
    """Make a topic."""
    with house() as home, home.database.write() as session:
        number = the_publication(session, publication).id
        try:
            made = topics.create(
                session, number, name, description=description, rhythm=rhythm, hidden=hidden, now=clock.now()
            )
        except topics.BadTopic as error:
            raise Failed(str(error)) from None
        answer(_as_values(made), as_json, lambda: f"“{made.name}” is there, as {made.slug}.")


@topic_command.command("rename")
@click.argument("slug")
@click.argument("name")
@publication_option
@json_option
def topic_rename(slug: str, name: str, publication: str | None, as_json: bool) -> None:
    """Give a topic another name; the old one still means it."""
    with house() as home, home.database.write() as session:
        topic = _the_topic(session, publication, slug)
        old = topic.name
        try:
            topics.rename(session, topic, name)
        except topics.BadTopic as error:
            raise Failed(str(error)) from None
        answer(_as_values(topic), as_json, lambda: f"“{old}” is “{topic.name}” now; the old name still means it.")


@topic_command.command("describe")
@click.argument("slug")
@click.option("--description", help="One sentence for readers.")
@click.option("--rhythm", help="How often it appears, in words.")
@publication_option
@json_option
def topic_describe(
    slug: str, description: str | None, rhythm: str | None, publication: str | None, as_json: bool
) -> None:
    """Say what a topic is about, and how often it appears. What is not given stays."""
    with house() as home, home.database.write() as session:
        topic = _the_topic(session, publication, slug)
        said = topic.description if description is None else description
        often = topic.rhythm if rhythm is None else rhythm
        try:
            topics.describe(session, topic, description=said, rhythm=often)
        except topics.BadTopic as error:
            raise Failed(str(error)) from None
        answer(_as_values(topic), as_json, lambda: f"“{topic.name}”: {topic.description} {topic.rhythm}".strip())


@topic_command.command("order")
@click.argument("slugs", nargs=-1, required=True)
@publication_option
@json_option
def topic_order(slugs: tuple[str, ...], publication: str | None, as_json: bool) -> None:
    """Put topics first, in this order; the others follow as they stood."""
    with house() as home, home.database.write() as session:
        number = the_publication(session, publication).id
        try:
            topics.order(session, number, slugs)
        except topics.BadTopic as error:
            raise Failed(str(error)) from None
        found = topics.all_of(session, number)
        answer([_as_values(topic) for topic in found], as_json, lambda: ", ".join(topic.slug for topic in found))


@topic_command.command("hide")
@click.argument("slug")
@publication_option
@json_option
def topic_hide(slug: str, publication: str | None, as_json: bool) -> None:
    """No longer offer a topic at sign-up. Who chose it keeps it."""
    _set_hidden(slug, publication, as_json, hidden=True)


@topic_command.command("show")
@click.argument("slug")
@publication_option
@json_option
def topic_show(slug: str, publication: str | None, as_json: bool) -> None:
    """Offer a topic at sign-up."""
    _set_hidden(slug, publication, as_json, hidden=False)


def _set_hidden(slug: str, publication: str | None, as_json: bool, *, hidden: bool) -> None:
    with house() as home, home.database.write() as session:
        topic = _the_topic(session, publication, slug)
        topics.hide(session, topic, hidden)
        words = "is hidden: nobody is offered it" if hidden else "is offered at sign-up"
        answer(_as_values(topic), as_json, lambda: f"“{topic.name}” {words}.")


def _the_topic(session: Session, publication: str | None, slug: str) -> Topic:
    found = topics.by_slug(session, the_publication(session, publication).id, slug)
    if found is None:
        raise Failed(f"There is no topic “{slug}”. `newsletter topic list` shows those there are.")
    return found
