"""Confirming a sign-up, and "never mail me again": a page with one button each. Looking changes nothing."""

from datetime import UTC, datetime

from flask import render_template, request
from flask.typing import ResponseReturnValue

from newsletter import addresses, wake
from newsletter.delivery import signups, web_links
from newsletter.delivery.signups import Typed
from newsletter.links import Purpose
from newsletter.publications.models import Publication
from newsletter.subscribers import joining, leaving, suppressions, topic_sets
from newsletter.subscribers.joining import Confirming
from newsletter.subscribers.models import Subscriber
from newsletter.web.policy import Who, allow
from newsletter.web.public import blueprint
from newsletter.web.public.visitor import Holder, holder, read, source
from newsletter.web.request import now, session, state

NEVER = "Never mail me again"


def yes(about: Publication) -> str:
    return f"Yes, send me {about.name}"


@blueprint.get("/c/<token>")
@allow(Who.LINK)
def confirm_page(token: str) -> ResponseReturnValue:
    who = holder(Purpose.CONFIRM, token)
    can = Confirming.OVER
    if who.subscriber is not None:
        can = joining.can_confirm(session(), who.subscription, who.subscriber, who.moment, now())
    return _confirm_page(who, can, token)


@blueprint.post("/c/<token>")
@allow(Who.LINK)
def confirm(token: str) -> ResponseReturnValue:
    who = holder(Purpose.CONFIRM, token)
    person = who.subscriber.id if who.subscriber else 0
    words = source(yes(who.publication))
    became = signups.confirm(session(), who.publication.id, person, who.moment, words, now())
    session().commit()
    wake.wake(state().settings, "letters")
    return _confirm_page(who, Confirming.DONE if became is Confirming.READY else became, token)


@blueprint.post("/c/<token>/again")
@allow(Who.LINK)
def confirm_again(token: str) -> ResponseReturnValue:
    """A new letter for an old link, to whoever owns the address that is typed; the same answer for any."""
    who = holder(Purpose.CONFIRM, token)
    typed = request.form.get("address", "")
    try:
        address = addresses.read(typed)
    except addresses.BadAddress as error:
        return render_template("public/confirm_over.html", token=token, typed=typed, error=str(error)), 422
    kept = who.topic_ids if who.gets_mail else frozenset()
    asked = Typed(address=address, topic_ids=kept)
    signups.sign_up(session(), state().ring, who.publication, asked, source("Send a new link"), now())
    session().commit()
    wake.wake(state().settings, "letters")
    return render_template("public/asked.html", address=address)


@blueprint.get("/n/<token>")
@allow(Who.LINK)
def never_page(token: str) -> ResponseReturnValue:
    person = _person(token)
    return render_template("public/never.html", address=person and person.address, done=_is_never(person), token=token)


@blueprint.post("/n/<token>")
@allow(Who.LINK)
def never(token: str) -> ResponseReturnValue:
    person = _person(token)
    if person is not None:
        leaving.never_again(session(), person, source(NEVER), now())
    session().commit()
    return render_template("public/never.html", address=person and person.address, done=True, token=token)


def _confirm_page(who: Holder, can: Confirming, token: str) -> ResponseReturnValue:
    if can in (Confirming.OVER, Confirming.BARRED):
        return render_template(f"public/confirm_{can}.html", token=token, typed="", error="")
    topics = topic_sets.topics(session(), who.subscription.topic_set_id) if who.subscription else []
    return render_template(
        "public/confirm.html",
        who=who,
        topics=topics,
        done=can is Confirming.DONE,
        yes=yes(who.publication),
        token=token,
        preferences=_preferences(who) if can is Confirming.DONE else "",
    )


def _preferences(who: Holder) -> str:
    """A way to the preferences for who has just proved that the mailbox is theirs."""
    ring = state().ring
    person = who.subscriber.id if who.subscriber else 0
    return web_links.preferences("", ring, who.publication.id, person, datetime.fromtimestamp(who.third, UTC))


def _person(token: str) -> Subscriber | None:
    return session().get(Subscriber, read(Purpose.NEVER, token, 1)[0])


def _is_never(person: Subscriber | None) -> bool:
    return person is None or bool(suppressions.active(session(), person.address_key) & suppressions.FINAL)
