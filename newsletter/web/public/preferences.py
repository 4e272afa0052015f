"""Changing topics and name, pausing, and taking the last change back, by the link that every mail carries."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from newsletter.delivery import web_links
from newsletter.links import Purpose
from newsletter.subscribers import leaving
from newsletter.subscribers import preferences as verbs
from newsletter.subscribers.models import Status
from newsletter.subscribers.preferences import Change
from newsletter.web.policy import Who, allow
from newsletter.web.public import archived, blueprint
from newsletter.web.public.visitor import Holder, holder, source
from newsletter.web.public.wording import listed
from newsletter.web.request import now, session, state

SAVE = "Save changes"
PAUSE = "Pause: no mail until you want it again"
RESUME = "Send me mail again"
UNDO = "Undo the last change"


@blueprint.get("/p/<token>")
@allow(Who.LINK)
def preferences_page(token: str) -> ResponseReturnValue:
    return _page(holder(Purpose.PREFERENCES, token), token)


@blueprint.post("/p/<token>")
@allow(Who.LINK)
def save_preferences(token: str) -> ResponseReturnValue:
    who = holder(Purpose.PREFERENCES, token)
    if not who.is_live or who.subscription is None or who.subscriber is None:
        return _page(who, token)
    ticked = set(request.form.getlist("topic"))
    offer = verbs.offered(session(), who.publication.id, who.topic_ids)
    wanted = {topic.id for topic in offer if topic.slug in ticked}
    change = verbs.change_topics(session(), who.subscription, wanted, source(SAVE), now())
    named = verbs.rename(session(), who.subscriber, request.form.get("name", who.subscriber.name))
    session().commit()
    return _page(who, token, *_said(change, named), can_undo=bool(change))


@blueprint.post("/p/<token>/pause")
@allow(Who.LINK)
def pause(token: str) -> ResponseReturnValue:
    who = holder(Purpose.PREFERENCES, token)
    if who.is_live and who.subscription:
        leaving.pause(session(), who.subscription, source(PAUSE), now())
    session().commit()
    return _page(who, token, "Paused.", "No mail comes until you press “Send me mail again”. Your topics stay.")


@blueprint.post("/p/<token>/resume")
@allow(Who.LINK)
def resume(token: str) -> ResponseReturnValue:
    who = holder(Purpose.PREFERENCES, token)
    if who.is_live and who.subscription:
        leaving.resume(session(), who.subscription, source(RESUME), now())
    session().commit()
    return _page(who, token, "The mail comes again.", "With the topics below, from the next issue on.")


@blueprint.post("/p/<token>/undo")
@allow(Who.LINK)
def undo_preferences(token: str) -> ResponseReturnValue:
    who = holder(Purpose.PREFERENCES, token)
    undone = bool(who.is_live and who.subscription and leaving.undo(session(), who.subscription, source(UNDO), now()))
    session().commit()
    if undone:
        return _page(who, token, "Taken back.", "Everything is as it was before.")
    return _page(who, token, "There is nothing to take back.", "Changes can be taken back for 24 hours.")


def _said(change: Change, named: Change) -> tuple[str, str]:
    said = []
    if change.added:
        said.append(f"{listed(change.added)} {'is' if len(change.added) == 1 else 'are'} added.")
    if change.removed:
        said.append(f"{listed(change.removed)} {'is' if len(change.removed) == 1 else 'are'} gone.")
    if named.renamed:
        said.append("Your name is changed.")
    if not said:
        return "Nothing to save.", "Everything is as it was."
    return " ".join(["Saved.", *said]), "It counts from the next issue on."


def _page(who: Holder, token: str, happened: str = "", next_: str = "", *, can_undo: bool = False) -> str:
    if not who.is_live or who.subscriber is None or who.subscription is None:
        return render_template("public/not_signed_up.html", who=who)
    chosen = who.topic_ids
    return render_template(
        "public/preferences.html",
        who=who,
        token=token,
        chosen=chosen,
        offer=verbs.offered(session(), who.publication.id, chosen),
        last=archived.last_sections(session(), who.publication),
        is_paused=who.subscription.status is Status.PAUSED,
        happened=happened,
        next=next_,
        can_undo=can_undo,
        leave=web_links.unsubscribe("", state().ring, who.publication.id, who.subscriber.id),
    )
