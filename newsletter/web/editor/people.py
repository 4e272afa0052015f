"""The list of people, adding one by hand, and taking the list away as a file."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import Response as FlaskResponse
from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import addresses
from newsletter.accounts import log
from newsletter.publications import topics
from newsletter.publications.models import Publication, Topic
from newsletter.subscribers import adding, exports, files, listing
from newsletter.subscribers.listing import Filter, Person
from newsletter.subscribers.models import Status
from newsletter.web.editor import blueprint, counting, standing, wording
from newsletter.web.editor.issues import the_publication
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor

PAGE = 50


class Line(NamedTuple):
    """One person as the table shows them."""

    path: str
    name: str
    address: str
    cells: list[bool]
    topics: str
    state: tuple[str, str]
    since: str
    origin: str


@blueprint.get("/people")
@allow(Who.VIEWER)
def people() -> str:
    current = the_publication()
    offered = topics.all_of(session(), current.id)
    wanted, query = _filter(offered), request.args.get("q", "").strip()
    before = request.args.get("before", type=int)
    if query:
        found = listing.search(session(), state().ring, current.id, query, wanted)
    else:
        found = listing.page(session(), current.id, wanted, before=before, limit=PAGE + 1)
    shown = found if query else found[:PAGE]
    counts = counting.by_status(current.id)
    return render_template(
        "editor/people.html",
        lines=[_line(person, current, offered) for person in shown],
        query=query,
        wanted=wanted,
        topic=next((topic for topic in offered if topic.id == wanted.topic_id), None),
        offered=offered,
        statuses={status: words for status, (words, _) in standing.STATUSES.items()},
        counts=counts,
        total=sum(counts.values()),
        matching=listing.count_up_to(session(), current.id, wanted) if wanted.topic_id else None,
        most_counted=listing.MOST_COUNTED,
        most_found=listing.MOST_FOUND,
        older=shown[-1].subscriber.id if len(found) > len(shown) else None,
        is_first=before is None,
        told=request.args.get("told", ""),
    )


@blueprint.get("/people/add")
@allow(Who.PUBLISHER)
def new_person() -> Response:
    return _adding({})


@blueprint.post("/people/add")
@allow(Who.PUBLISHER)
def add_person() -> Response:
    """Adds one person whose consent the editor states; whoever left or is suppressed is not brought back."""
    current, typed = the_publication(), request.form
    try:
        person = adding.add(
            session(),
            state().ring,
            current,
            adding.Typed(
                address=typed.get("address", ""),
                name=typed.get("name", ""),
                topic_ids=tuple(typed.getlist("topic", type=int)),
                where=typed.get("where", ""),
                when=typed.get("when", ""),
                words=typed.get("words", ""),
            ),
            the_editor().id,
            now(),
        )
    except adding.CannotAdd as error:
        session().rollback()
        return _adding({error.field: str(error)})
    log.record(session(), the_editor().id, "add person", f"person {person.public_id}", {}, now())
    session().commit()
    return redirect(url_for("editor.person", person=person.public_id, told="added"), code=303)


@blueprint.post("/people/export")
@allow(Who.PUBLISHER)
def export_people() -> FlaskResponse:
    """The people of the present filter as CSV, sent while it is read; the log keeps who took it."""
    current = the_publication()
    wanted, raw = _filter(topics.all_of(session(), current.id)), "raw" in request.form
    log.record(session(), the_editor().id, "export people", current.slug, {"raw": raw}, now())
    session().commit()
    database, number = state().database, current.id

    def lines() -> Iterator[str]:
        with database.read() as reading:
            yield from files.write(exports.people(reading, number, wanted), raw=raw)

    return csv_response(lines(), f"{current.slug}-people-{now():%Y-%m-%d}.csv")


def csv_response(lines: Iterator[str], name: str) -> FlaskResponse:
    """A file that is saved, never shown."""
    response = FlaskResponse(lines, mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def topic_cells(offered: list[Topic], chosen: frozenset[int]) -> tuple[list[bool], str]:
    """The cells of a person's mark, in the publication's order, and the names."""
    cells = [topic.id in chosen for topic in offered]
    if offered and all(cells) and len(cells) > 1:
        return cells, f"All {len(cells)} topics"
    return cells, ", ".join(topic.name for topic in offered if topic.id in chosen) or "No topic"


def _line(person: Person, current: Publication, offered: list[Topic]) -> Line:
    zone = wording.zone_of(current)
    cells, words = topic_cells(offered, person.topic_ids)
    return Line(
        path=url_for("editor.person", person=person.subscriber.public_id),
        name=person.subscriber.name,
        address=person.subscriber.address or "",
        cells=cells,
        topics=words,
        state=standing.state(person.subscriber, person.subscription, person.held, zone, now()),
        since=standing.day(person.subscription.made_at, zone, now()),
        origin=standing.origin(person.first),
    )


def _filter(offered: list[Topic]) -> Filter:
    """What the address asks for; a status or topic that does not exist counts as not asked for."""
    status = request.values.get("state", "")
    slug = request.values.get("topic", "")
    return Filter(
        status=Status(status) if status in list(Status) else None,
        topic_id=next((topic.id for topic in offered if topic.slug == slug), None),
    )


def _adding(errors: dict[str, str]) -> Response:
    current = the_publication()
    page = render_template(
        "editor/add_person.html",
        offered=topics.all_of(session(), current.id),
        typed=request.form,
        chosen=request.form.getlist("topic", type=int),
        errors=errors,
        longest=addresses.LONGEST,
    )
    return make_response(page, 422 if errors else 200)
