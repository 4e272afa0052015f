"""Topics: what readers choose from, in their order."""

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.accounts import log
from newsletter.publications import topics
from newsletter.publications.models import Topic
from newsletter.web.editor import blueprint, counting
from newsletter.web.editor.issues import the_publication
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, the_editor

TOLD = {
    "made": ("The topic is there.", "Readers find it at sign-up and on their preferences, unless it is hidden."),
    "saved": ("Saved.", ""),
    "renamed": ("Renamed.", "The old name lives on as an alias, so older texts still find their topic."),
    "alias": ("The alias is there.", "A section headed by it belongs to this topic."),
}


@blueprint.get("/topics", endpoint="topics")
@allow(Who.VIEWER)
def show_topics() -> Response:
    return _list({})


@blueprint.post("/topics")
@allow(Who.EDITOR)
def make_topic() -> Response:
    typed = request.form
    try:
        made = topics.create(
            session(),
            the_publication().id,
            typed.get("name", ""),
            description=typed.get("description", ""),
            rhythm=typed.get("rhythm", ""),
            hidden="hidden" in typed,
            now=now(),
        )
    except topics.BadTopic as error:
        session().rollback()
        return _list({error.field: str(error)})
    log.record(session(), the_editor().id, "make topic", f"topic {made.slug}", {}, now())
    session().commit()
    return redirect(url_for("editor.topics", told="made"), code=303)


@blueprint.get("/topics/<slug>")
@allow(Who.VIEWER)
def topic(slug: str) -> Response:
    return _one(_topic(slug), {})


@blueprint.post("/topics/<slug>")
@allow(Who.EDITOR)
def change_topic(slug: str) -> Response:
    found, typed = _topic(slug), request.form
    old = found.name
    try:
        topics.rename(session(), found, typed.get("name", ""))
        topics.describe(session(), found, description=typed.get("description", ""), rhythm=typed.get("rhythm", ""))
    except topics.BadTopic as error:
        session().rollback()
        return _one(_topic(slug), {error.field: str(error)})
    topics.hide(session(), found, "hidden" in typed)
    log.record(session(), the_editor().id, "change topic", f"topic {found.slug}", {"name": found.name}, now())
    session().commit()
    return redirect(url_for("editor.topic", slug=slug, told="saved" if old == found.name else "renamed"), code=303)


@blueprint.post("/topics/<slug>/alias")
@allow(Who.EDITOR)
def add_topic_alias(slug: str) -> Response:
    found = _topic(slug)
    try:
        topics.add_alias(session(), found, request.form.get("alias", ""))
    except topics.BadTopic as error:
        session().rollback()
        return _one(_topic(slug), {"alias": str(error)})
    session().commit()
    return redirect(url_for("editor.topic", slug=slug, told="alias"), code=303)


@blueprint.post("/topics/<slug>/move")
@allow(Who.EDITOR)
def move_topic(slug: str) -> Response:
    topics.move(session(), _topic(slug), -1 if request.form.get("to") == "up" else 1)
    session().commit()
    return redirect(url_for("editor.topics") + f"#{slug}", code=303)


def _topic(slug: str) -> Topic:
    found = topics.by_slug(session(), the_publication().id, slug)
    return found or abort(404, "There is no topic of this name.")


def _list(errors: dict[str, str]) -> Response:
    current = the_publication()
    page = render_template(
        "editor/topics.html",
        found=topics.all_of(session(), current.id),
        aliases=topics.aliases(session(), current.id),
        counts=counting.by_topic(current.id),
        typed=request.form if errors else {},
        errors=errors,
        told=TOLD.get(request.args.get("told", "")),
    )
    return make_response(page, 422 if errors else 200)


def _one(found: Topic, errors: dict[str, str]) -> Response:
    page = render_template(
        "editor/topic.html",
        topic=found,
        aliases=topics.aliases(session(), found.publication_id).get(found.id, []),
        people=counting.by_topic(found.publication_id).get(found.id, 0),
        typed=request.form if errors and "alias" not in errors else _as_typed(found),
        errors=errors,
        told=TOLD.get(request.args.get("told", "")),
    )
    return make_response(page, 422 if errors else 200)


def _as_typed(found: Topic) -> dict[str, str]:
    values = {"name": found.name, "description": found.description, "rhythm": found.rhythm}
    return values | ({"hidden": "1"} if found.is_hidden else {})
