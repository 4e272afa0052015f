"""One person: how they stand, all that happened, and what may be done on their word."""

from collections.abc import Mapping

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import wake
from newsletter.accounts import log
from newsletter.delivery import signups
from newsletter.publications import publications, topics
from newsletter.subscribers import erasing, leaving, people, preferences, suppressions, topic_sets
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import Status, Subscriber, Subscription, SuppressionKind
from newsletter.web.editor import blueprint, standing, timeline, wording
from newsletter.web.editor.issues import the_publication
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor

TOLD: Mapping[str, tuple[str, str]] = {
    "added": ("They are in.", "What they agreed to is kept below."),
    "topics": ("Their topics are changed.", "The next issue goes by them."),
    "name": ("Their name is changed.", ""),
    "pause": ("Paused.", "No issue goes to them until you let it go on."),
    "resume": ("Going on.", "They get the next issue again."),
    "unsubscribe": ("Unsubscribed.", "They get no issue from this moment. Only they themselves can come back."),
    "erase": ("Erased.", "The address is gone. A keyed hash stays, so that nobody mails it by mistake."),
    "suppress": ("All mail to this address is stopped.", "It can be lifted below, with a reason."),
    "lift": ("Lifted.", "Mail may go to this address again."),
    "link": ("A letter is on its way, if one may go to them.", "It holds the link to their own preferences."),
}
ASKS = ("unsubscribe", "erase", "suppress")
LONGEST_REASON = 500


@blueprint.get("/people/<person>")
@allow(Who.VIEWER)
def person(person: str) -> Response:
    return _page(_subscriber(person), {})


@blueprint.post("/people/<person>/topics")
@allow(Who.PUBLISHER)
def change_person_topics(person: str) -> Response:
    """Changes topics and name on somebody's word; how they gave it is recorded as the evidence."""
    subscriber, current = _both(person)
    if not (reason := _reason()):
        return _page(subscriber, {"reason": "Say how they asked for it: it is kept as evidence."})
    source = _source(f"Changed on the person’s word, by an editor: {reason}")
    preferences.change_topics(session(), current, request.form.getlist("topic", type=int), source, now())
    preferences.rename(session(), subscriber, request.form.get("name", subscriber.name))
    return _done(subscriber, "topics", {"reason": reason})


@blueprint.post("/people/<person>/pause")
@allow(Who.PUBLISHER)
def pause_person(person: str) -> Response:
    subscriber, current = _both(person)
    leaving.pause(session(), current, _source("Paused by an editor"), now())
    return _done(subscriber, "pause")


@blueprint.post("/people/<person>/resume")
@allow(Who.PUBLISHER)
def resume_person(person: str) -> Response:
    subscriber, current = _both(person)
    leaving.resume(session(), current, _source("Let go on by an editor"), now())
    return _done(subscriber, "resume")


@blueprint.post("/people/<person>/unsubscribe")
@allow(Who.PUBLISHER)
def unsubscribe_person(person: str) -> Response:
    subscriber, current = _both(person)
    leaving.leave_publication(session(), current, _source("Unsubscribed by an editor"), now())
    return _done(subscriber, "unsubscribe")


@blueprint.post("/people/<person>/erase")
@allow(Who.PUBLISHER)
def erase_person(person: str) -> Response:
    subscriber = _subscriber(person)
    erasing.erase(session(), subscriber, _source("Erased by an editor"), now())
    return _done(subscriber, "erase")


@blueprint.post("/people/<person>/suppress")
@allow(Who.PUBLISHER)
def suppress_person(person: str) -> Response:
    subscriber, reason = _subscriber(person), _reason()
    if not reason:
        return _page(subscriber, {"why": "Say why: whoever looks here later has to understand it."}, "suppress")
    suppressions.suppress(session(), subscriber.address_key, SuppressionKind.MANUAL, reason, now())
    return _done(subscriber, "suppress", {"reason": reason})


@blueprint.post("/people/<person>/lift")
@allow(Who.PUBLISHER)
def lift_person(person: str) -> Response:
    """Ends everything that stops mail to this address; the reason stays beside it."""
    subscriber, reason = _subscriber(person), _reason()
    if not reason:
        return _page(subscriber, {"lift": "Say why mail may go there again: it is kept as evidence."})
    held = suppressions.active(session(), subscriber.address_key)
    suppressions.lift(session(), subscriber.address_key, held, reason, now())
    return _done(subscriber, "lift", {"reason": reason, "kinds": sorted(held)})


@blueprint.post("/people/<person>/link")
@allow(Who.PUBLISHER)
def send_person_link(person: str) -> Response:
    subscriber = _subscriber(person)
    if subscriber.address is None:
        abort(404)
    source = _source("An editor sent the link to the preferences")
    signups.ask_for_link(session(), state().ring, the_publication(), subscriber.address, source, now())
    answer = _done(subscriber, "link")
    wake.wake(state().settings, "letters")
    return answer


def _done(subscriber: Subscriber, act: str, detail: Mapping[str, object] | None = None) -> Response:
    log.record(session(), the_editor().id, f"{act} person", f"person {subscriber.public_id}", detail or {}, now())
    session().commit()
    return redirect(url_for("editor.person", person=subscriber.public_id, told=act), code=303)


def _subscriber(public_id: str) -> Subscriber:
    return people.by_public_id(session(), public_id) or abort(404, "There is nobody at this address any more.")


def _both(public_id: str) -> tuple[Subscriber, Subscription]:
    subscriber = _subscriber(public_id)
    current = people.subscription(session(), the_publication().id, subscriber.id)
    return subscriber, current or abort(404, "This person is not in this newsletter.")


def _source(words: str) -> Source:
    return Source(words=words, page=f"desk, by editor {the_editor().public_id}")


def _reason() -> str:
    return " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]


def _page(subscriber: Subscriber, errors: dict[str, str], ask: str = "") -> Response:
    current, zone = the_publication(), wording.zone_of(the_publication())
    if errors:
        session().rollback()
    offered = topics.all_of(session(), current.id)
    subscription = people.subscription(session(), current.id, subscriber.id)
    chosen = {topic.id for topic in topic_sets.topics(session(), subscription.topic_set_id)} if subscription else set()
    held = suppressions.active(session(), subscriber.address_key)
    may_change = subscription is not None and subscriber.address is not None and subscription.status != Status.LEFT
    wanted = ask or request.args.get("ask", "")
    page = render_template(
        "editor/person.html",
        subscriber=subscriber,
        subscription=subscription,
        state=standing.state(subscriber, subscription, held, zone, now()),
        held=[(standing.HELD[kind], standing.HELD_WORDS[kind]) for kind in sorted(held)],
        offered=[topic for topic in offered if topic.id in chosen or not topic.is_hidden],
        chosen=chosen,
        days=timeline.days(session(), current, subscriber, offered),
        may_change=may_change,
        may_choose=may_change and not held,
        since=standing.day(subscription.made_at, zone, now()) if subscription else "",
        language=publications.LOCALES.get(subscription.locale, subscription.locale) if subscription else "",
        ask=wanted if wanted in ASKS and subscriber.address is not None else "",
        told=TOLD.get(request.args.get("told", "")),
        errors=errors,
    )
    return make_response(page, 422 if errors else 200)
