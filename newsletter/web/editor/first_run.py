"""The first screen: one issue as three people's mails, one button, and the next step as things get done."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from newsletter.delivery import launching, previewing
from newsletter.delivery.previewing import Shows
from newsletter.issues import document, listing
from newsletter.issues.models import Issue, State
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.subscribers.audience import eligible
from newsletter.subscribers.models import Subscriber
from newsletter.web.editor import blueprint
from newsletter.web.editor.look import Choice, crowd_of, home, recent
from newsletter.web.editor.marks import Marks
from newsletter.web.editor.one_issue import title_of
from newsletter.web.policy import Who, allow
from newsletter.web.request import publication, session

SHOWN = 3  # people's mails side by side


class Reader(NamedTuple):
    """One sample person and the mail they get."""

    name: str
    others: int
    cells: Sequence[bool]
    words: str
    path: str


class Step(NamedTuple):
    title: str
    words: str
    is_done: bool
    path: str


class Next(NamedTuple):
    """The one thing to do: a heading, a sentence, and a button (or a form's action when `posts`)."""

    heading: str
    words: str
    act: str
    path: str
    posts: bool = False
    also: str = ""
    also_path: str = ""


@blueprint.get("/")
@allow(Who.VIEWER)
def first_screen() -> Response | str:
    current = publication()
    if current is None:
        return render_template("editor/nothing.html")
    steps = _steps(current)
    if not current.is_sample and all(step.is_done for step in steps):
        return redirect(url_for("editor.issues"))
    issue = listing.sample(session()) if current.is_sample else None
    if issue is None:
        return render_template(
            "editor/first_run.html", steps=steps, next=_next_step(steps), readers=[], current=current
        )
    composed = recent.compose(session(), current, issue.text, home(), str(issue.number))
    shows = Shows(composed)
    counts = previewing.by_edition(shows, crowd_of(current.id))
    return render_template(
        "editor/first_run.html",
        steps=steps,
        next=_send_sample(current, issue, counts) or _after_the_sample(steps),
        readers=_readers(issue, current, shows, counts),
        issue=issue,
        title=title_of(issue),
        current=current,
        people=_count(Subscriber.is_sample),
        topics=len(composed.resolved.topics),
    )


def _count(which: object) -> int:
    return session().scalar(select(func.count()).select_from(Subscriber).where(which)) or 0  # type: ignore[arg-type]


def _send_sample(current: Publication, issue: Issue, counts: Sequence[previewing.EditionCount]) -> Next | None:
    """Sending the sample issue, or reading what was sent; nothing when it was read long ago."""
    if issue.state == State.DRAFT:
        people = sum(each.people for each in counts)
        nothing = sum(crowd_of(current.id).values()) - people
        words = f"{people:,} of {people + nothing:,} people get a mail, in {len(counts):,} editions. "
        if nothing:
            words += f"{nothing:,} chose only topics that are not in this issue, so they get nothing. "
        return Next(
            heading="Next: send the sample issue",
            words=words + "You read the mails in the outbox.",
            act=f"Send to the {people:,} sample people",
            path=url_for("editor.press_send", public_id=issue.public_id),
            posts=True,
            also="Look at it first",
            also_path=url_for("editor.compose", public_id=issue.public_id),
        )
    if issue.state not in (State.FINISHED, State.CANCELLED):
        return Next(
            heading="The sample issue is on its way",
            words="It takes a moment.",
            act="See how far it is",
            path=url_for("editor.sending", public_id=issue.public_id),
        )
    return None


def _steps(current: Publication) -> list[Step]:
    """The four things a newsletter needs, with how they stand."""
    account = session().get(ProviderAccount, current.account_id) if current.account_id else None
    own = listing.newest(session(), current.id)
    has_own_issue = own is not None and not own.is_sample
    people = session().scalar(select(func.count()).select_from(eligible(current.id).subquery())) or 0
    sample = " sample" if current.is_sample else ""
    is_somebody = bool(current.sender_address and current.postal_address) and not current.is_sample
    leaves = account is not None and account.kind not in launching.STATIC
    return [
        Step("Who you are", _who(current), is_somebody, "/desk/settings"),
        Step("Who gets it", f"{people:,}{sample} people", people > 0 and not current.is_sample, "/desk/people"),
        Step(
            "What you say",
            f"“{title_of(own)}”" if own and has_own_issue else "The sample issue" if own else "No issue yet",
            has_own_issue,
            url_for("editor.issues"),
        ),
        Step(
            "How it is sent",
            f"Through {account.name}"
            if account and leaves
            else "To the outbox on this machine"
            if account
            else "No provider yet",
            leaves,
            "/desk/settings/provider",
        ),
    ]


def _who(current: Publication) -> str:
    if current.is_sample:
        return "The sample’s name and address"
    if not current.sender_address or not current.postal_address:
        return "No sender or no postal address yet"
    return current.sender_name or current.name


_ASKS = {
    "Who you are": (
        "Next: say who you are",
        "A name, an address to send from, and a postal address, which the law asks for.",
        "To the settings",
    ),
    "Who gets it": (
        "Next: bring your people",
        "From a file, with the words they agreed to, or by your sign-up page.",
        "Bring people",
    ),
    "What you say": (
        "Next: write an issue of your own",
        "Begin with an empty page, or paste an old issue and see its sections found.",
        "New issue",
    ),
    "How it is sent": (
        "Next: choose who hands your mails over",
        "Until then they stay in the outbox on this machine.",
        "Choose a provider",
    ),
}


def _next_step(steps: Sequence[Step]) -> Next | None:
    step = next((each for each in steps if not each.is_done), None)
    if step is None:
        return None
    heading, words, act = _ASKS[step.title]
    path = url_for("editor.new_issue") if step.title == "What you say" else step.path
    return Next(heading, words, act, path, also="To the issues", also_path=url_for("editor.issues"))


def _after_the_sample(steps: Sequence[Step]) -> Next | None:
    """The next step, with the mails that were sent beside it."""
    found = _next_step(steps)
    return found and found._replace(also="Read the mails in the outbox", also_path=url_for("editor.outbox"))


def _readers(
    issue: Issue, current: Publication, shows: Shows, counts: Sequence[previewing.EditionCount]
) -> list[Reader]:
    """Three sample people whose mails differ as much as can be."""
    sections = shows.composed.resolved.sections
    marks = Marks(ids=[each.id for each in sections], titles=[document.plain(each.section.title) for each in sections])
    people = {each.key: each.people for each in counts}
    shown = []
    for person in _different(previewing.sample_people(session(), current.id, shows, 60), shows):
        key, ids = shows.key(person.topics) or "", shows.sections(person.topics)
        query = Choice(person.topics, person.name, "light").query()
        path = f"{url_for('editor.mail_of', public_id=issue.public_id)}?{query}"
        shown.append(Reader(person.name, people.get(key, 1) - 1, marks.cells(ids), marks.words(ids), path))
    return shown


def _different(people: Sequence[previewing.SamplePerson], shows: Shows) -> list[previewing.SamplePerson]:
    """Those who chose two or three sections; of them the first, then whoever shares the fewest with those before."""
    for_all = shows.sections(frozenset())
    own = {person: frozenset(shows.sections(person.topics)).difference(for_all) for person in people}
    left = [person for person in people if 2 <= len(own[person]) <= 3] or list(people)
    chosen: list[previewing.SamplePerson] = []
    seen: frozenset[str] = frozenset()
    while left and len(chosen) < SHOWN:
        best = min(left, key=lambda person: len(own[person] & seen))
        chosen.append(best)
        seen |= own[best]
        left.remove(best)
    return chosen
