"""Leaving. The link in a mail's text leads to a page with buttons; the header's address acts at once, by POST.

Leaving always works: whatever became of the issue, the keys or the person's row, and while sending is paused.
Source of the second: RFC 8058, section 3.2: no cookie, no form of ours, no redirect; the body is not looked at,
because clients exist that send none.
"""

from collections.abc import Callable, Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from newsletter.delivery import received
from newsletter.links import Purpose
from newsletter.publications.models import Publication, Topic
from newsletter.subscribers import leaving, topic_sets
from newsletter.subscribers.models import Status, Subscription
from newsletter.web.policy import Who, allow
from newsletter.web.public import blueprint
from newsletter.web.public.visitor import Holder, holder, source
from newsletter.web.public.wording import names
from newsletter.web.request import now, session

HEADER = "List-Unsubscribe=One-Click"
UNDO = "Undo"


@blueprint.get("/1/<token>")
@allow(Who.ONE_CLICK)
def one_click_page(token: str) -> ResponseReturnValue:
    return _page(holder(Purpose.UNSUBSCRIBE, token), token)


@blueprint.post("/1/<token>")
@allow(Who.ONE_CLICK)
def one_click(token: str) -> ResponseReturnValue:
    who = holder(Purpose.UNSUBSCRIBE, token)
    if who.subscription is not None:
        leaving.leave_publication(session(), who.subscription, source(HEADER), now())
    session().commit()
    return "You are unsubscribed.\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/u/<token>")
@allow(Who.LINK)
def leave_page(token: str) -> ResponseReturnValue:
    return _page(holder(Purpose.UNSUBSCRIBE, token), token)


@blueprint.post("/u/<token>")
@allow(Who.LINK)
def leave(token: str) -> ResponseReturnValue:
    """Does what the pressed button says; without one, what the page is for: leaves the publication."""
    who = holder(Purpose.UNSUBSCRIBE, token)
    act = ACTS.get(request.form.get("act", ""), _leave_publication)
    happened = act(who) if who.gets_mail else ""
    session().commit()
    return _left_page(who, token, happened)


@blueprint.post("/u/<token>/undo")
@allow(Who.LINK)
def undo_leaving(token: str) -> ResponseReturnValue:
    who = holder(Purpose.UNSUBSCRIBE, token)
    undone = bool(who.address and who.subscription and leaving.undo(session(), who.subscription, source(UNDO), now()))
    session().commit()
    return render_template("public/came_back.html", who=who, undone=undone, topics=_chosen(who))


def _leave_publication(who: Holder) -> str:
    if who.subscription is not None:
        words = f"Unsubscribe from {who.publication.name}"
        leaving.leave_publication(session(), who.subscription, source(words), now())
    return "publication"


def _leave_everything(who: Holder) -> str:
    if who.subscriber is not None:
        leaving.leave_everything(session(), who.subscriber, source("Stop everything from this sender"), now())
    return "everything"


def _leave_these(who: Holder) -> str:
    return _drop(who, _of_the_mail(who), "Stop the topics of this mail")


def _keep(who: Holder) -> str:
    kept = set(request.form.getlist("topic"))
    return _drop(who, [topic for topic in _chosen(who) if topic.slug not in kept], "Keep these topics")


def _drop(who: Holder, dropped: Sequence[Topic], words: str) -> str:
    if who.subscription is None:
        return ""
    ids = [topic.id for topic in dropped]
    changed = leaving.leave_topics(
        session(), who.subscription, ids, source(f"{words}: without {names(dropped)}"), now()
    )
    return "topics" if changed else "nothing"


ACTS: dict[str, Callable[[Holder], str]] = {
    "publication": _leave_publication,
    "everything": _leave_everything,
    "these": _leave_these,
    "keep": _keep,
}


def _chosen(who: Holder) -> Sequence[Topic]:
    return topic_sets.topics(session(), who.subscription.topic_set_id) if who.subscription else []


def _of_the_mail(who: Holder) -> list[Topic]:
    """The chosen topics that the mail with this link was about; none when it is not known."""
    if who.subscriber is None:
        return []
    slugs = received.topics(session(), who.third, who.subscriber.id)
    return [topic for topic in _chosen(who) if topic.slug in slugs]


def _others(who: Holder) -> Sequence[Publication]:
    """What else this sender mails to the same person."""
    person = who.subscriber.id if who.subscriber else 0
    return (
        session()
        .scalars(
            select(Publication)
            .join(Subscription, Subscription.publication_id == Publication.id)
            .where(
                Subscription.subscriber_id == person,
                Subscription.status != Status.LEFT,
                Publication.id != who.publication.id,
            )
            .order_by(Publication.name)
        )
        .all()
    )


def _page(who: Holder, token: str) -> str:
    if not who.gets_mail:
        return _left_page(who, token, "")
    chosen, these = _chosen(who), _of_the_mail(who)
    return render_template(
        "public/leave.html",
        who=who,
        token=token,
        chosen=chosen,
        these=these if len(these) < len(chosen) else [],
        others=_others(who),
    )


def _left_page(who: Holder, token: str, happened: str) -> str:
    last = who.subscription and who.address and leaving.undoable(session(), who.subscription, now())
    return render_template(
        "public/left.html",
        who=who,
        token=token,
        happened=happened,
        topics=_chosen(who),
        can_undo=bool(last),
    )
