"""Bringing people from a file, in four steps: the file, its columns, the dry run, the import."""

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from flask import Response as FlaskResponse
from flask import abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import wake
from newsletter.accounts import log
from newsletter.publications import topics
from newsletter.publications.models import Topic
from newsletter.subscribers import exports, files, importing
from newsletter.subscribers.columns import Column, Verdict
from newsletter.subscribers.models import Import, ImportRow, ImportState
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.issues import the_publication
from newsletter.web.editor.people import csv_response, topic_cells
from newsletter.web.policy import MIB, Who, allow
from newsletter.web.request import now, session, state, the_editor

PAGE = 50
STORED_AT_ONCE = 2000
AT_ONCE_S = 1.5  # a small file is dealt with in the request that asks for it; a worker does the rest
CALLED: Mapping[Column, str] = {
    Column.NOTHING: "Leave out",
    Column.ADDRESS: "Address",
    Column.NAME: "Name",
    Column.TOPICS: "Topics",
    Column.STATE: "Whether they are subscribed",
}
VERDICTS: Mapping[Verdict, tuple[str, str, str]] = {
    Verdict.NEW: ("New", "ok", "come in with their topics"),
    Verdict.HERE: ("Already here", "", "stay as they are; what they chose themselves counts"),
    Verdict.LEFT: ("Left before", "", "stay out; a file cannot bring them back"),
    Verdict.SUPPRESSED: ("Must not be mailed", "bad", "complained, bounced for good, or asked for nothing more"),
    Verdict.OUT: ("Not subscribed", "", "stay out; the file itself says so"),
    Verdict.TWICE: ("Twice in the file", "", "the first row counts"),
    Verdict.BAD: ("No address", "bad", "nothing we could write to"),
}
OUTSIDE = tuple(verdict for verdict in Verdict if verdict not in (Verdict.NEW, Verdict.HERE))
GROUPS: Mapping[str, tuple[str, tuple[Verdict, ...]]] = {
    "": ("All", ()),
    "new": ("New", (Verdict.NEW,)),
    "here": ("Already here", (Verdict.HERE,)),
    "out": ("Stay out", OUTSIDE),
} | {verdict.value: (VERDICTS[verdict][0], (verdict,)) for verdict in OUTSIDE if verdict != Verdict.OUT}


class Shown(NamedTuple):
    """One row of the dry run as the table shows it."""

    number: int
    address: str
    name: str
    cells: list[bool]
    topics: str
    verdict: tuple[str, str, str]
    why: str


@blueprint.get("/people/import")
@allow(Who.PUBLISHER)
def new_import() -> Response:
    return _first_page()


@blueprint.post("/people/import")
@allow(Who.PUBLISHER, body_bytes=64 * MIB)
def start_import() -> Response:
    """Stores the file's rows, in slices that are each committed: nobody waits for the whole of a large file."""
    current, upload = the_publication(), request.files.get("file")
    if upload is None or not upload.filename:
        return _first_page("Choose a file first.")
    size = upload.stream.seek(0, 2)
    found: Import | None = None
    try:
        reading = files.read(upload.stream)  # type: ignore[arg-type]  # IO[bytes] is what BinaryIO says
        found = importing.begin(session(), current, the_editor().id, upload.filename, size, reading, now())
        session().commit()
        while rows := list(islice(reading.rows, STORED_AT_ONCE)):
            importing.add_rows(session(), found, rows)
            session().commit()
        importing.read_to_end(session(), found, reading.has_header)
    except (files.BadFile, importing.CannotImport) as error:
        session().rollback()
        if found is not None:
            importing.stop(session(), found, now())
            session().commit()
        return _first_page(str(error))
    log.record(session(), the_editor().id, "bring file", f"import {found.public_id}", {"rows": found.total}, now())
    session().commit()
    return _to(found)


@blueprint.get("/people/import/<file>")
@allow(Who.PUBLISHER)
def show_import(file: str) -> Response:
    return _page(_import(file))


@blueprint.post("/people/import/<file>/columns")
@allow(Who.PUBLISHER)
def map_import(file: str) -> Response:
    """Says what the columns are; the dry run begins, and is over at once for a small file."""
    found = _import(file)
    mapping = [_column(request.form.get(f"column-{place}", "")) for place in range(len(found.columns))]
    try:
        importing.map_columns(session(), found, mapping, request.form.getlist("everybody"))
    except importing.CannotImport as error:
        session().rollback()
        return _page(found, {"columns": str(error)})
    session().commit()
    return _go_on(found)


@blueprint.post("/people/import/<file>/again")
@allow(Who.PUBLISHER)
def map_import_again(file: str) -> Response:
    """Back to the columns: they can be given another meaning until somebody is let in."""
    found = _import(file)
    try:
        importing.back_to_columns(session(), found)
    except importing.CannotImport as error:
        abort(400, str(error))
    session().commit()
    return _to(found)


@blueprint.post("/people/import/<file>/let-in")
@allow(Who.PUBLISHER)
def let_in(file: str) -> Response:
    found = _import(file)
    stated = request.form.get("stated", "")
    consent = {part: request.form.get(part, "") for part in ("where", "when", "words")} if stated == "yes" else None
    if stated not in ("yes", "no"):
        return _page(found, {"stated": "Say whether these people agreed: without that they come in unconfirmed."})
    try:
        importing.let_in(session(), found, consent, now())
    except importing.CannotImport as error:
        session().rollback()
        return _page(found, {"stated": str(error)})
    detail = {"people": found.counts.get(Verdict.NEW, 0), "consent": bool(consent)}
    log.record(session(), the_editor().id, "import people", f"import {found.public_id}", detail, now())
    session().commit()
    return _go_on(found)


@blueprint.post("/people/import/<file>/stop")
@allow(Who.PUBLISHER)
def stop_import(file: str) -> Response:
    found = _import(file)
    importing.stop(session(), found, now())
    session().commit()
    return _to(found) if found.counts.get(importing.CAME_IN) else redirect(url_for("editor.new_import"), code=303)


@blueprint.get("/people/import/<file>/progress")
@allow(Who.PUBLISHER)
def import_progress(file: str) -> Response:
    """The live part of the page, for the script that asks for it every second."""
    found = _import(file)
    return jsonify(
        title=_title(found),
        state=found.state.value,
        page=url_for("editor.show_import", file=found.public_id),
        html=render_template("editor/_import_progress.html", found=found, done=_done(found)),
        words=f"{_done(found)} of {found.total} rows",
    )


@blueprint.get("/people/import/<file>/verdicts.csv")
@allow(Who.PUBLISHER)
def import_verdicts(file: str) -> FlaskResponse:
    found, database = _import(file), state().database

    def lines() -> Iterator[str]:
        with database.read() as reading:
            yield from files.write(exports.verdicts(reading, reading.get_one(Import, found.id)))

    return csv_response(lines(), f"verdicts-{found.public_id}.csv")


def _go_on(found: Import) -> Response:
    """Do what can be done at once, slice by slice, and ring for a worker to do the rest."""
    until = time.monotonic() + AT_ONCE_S
    while importing.step_of(session(), state().ring, found, now()):
        session().commit()
        if time.monotonic() > until:
            wake.wake(state().settings, "tick")
            break
    session().commit()
    return _to(found)


def _import(public_id: str) -> Import:
    found = importing.by_public_id(session(), the_publication().id, public_id)
    return found or abort(404, "There is no such file. It may have been thrown away after seven days.")


def _to(found: Import) -> Response:
    return redirect(url_for("editor.show_import", file=found.public_id), code=303)


def _column(value: str) -> Column:
    return Column(value) if value in list(Column) else Column.NOTHING


def _title(found: Import) -> str:
    new = found.counts.get(Verdict.NEW, 0)
    match found.state:
        case ImportState.JUDGED:
            return f"{new:,} of {wording.counted(found.total, 'row', 'rows')} will come in"
        case ImportState.JUDGING:
            return "Judging the rows"
        case ImportState.IMPORTING:
            return f"{wording.counted(new, 'person comes', 'people come')} in"
        case ImportState.FINISHED:
            return f"{wording.counted(found.counts.get(importing.CAME_IN, 0), 'person', 'people')} came in"
        case ImportState.STOPPED:
            return "This import was stopped"
        case _:
            return "What do the columns mean?"


def _done(found: Import) -> int:
    """How many rows of the present stage are done, for the bar."""
    if found.state is ImportState.JUDGING:
        return sum(found.counts.get(verdict, 0) for verdict in Verdict)
    return found.counts.get(importing.CAME_IN, 0)


def _first_page(error: str = "") -> Response:
    page = render_template(
        "editor/import_file.html", recent=importing.recent(session(), the_publication().id), error=error
    )
    return make_response(page, 422 if error else 200)


def _page(found: Import, errors: dict[str, str] | None = None) -> Response:
    current = the_publication()
    offered = topics.all_of(session(), current.id)
    group = request.args.get("rows", "")
    verdicts = GROUPS.get(group, GROUPS[""])[1]
    after = request.args.get("after", 0, type=int)
    rows = importing.rows(session(), found, verdicts, after, PAGE + 1)
    template = "mapping" if found.state in (ImportState.MAPPING, ImportState.READING) else "dry_run"
    page = render_template(
        f"editor/import_{template}.html",
        found=found,
        title=_title(found),
        done=_done(found),
        sample=importing.sample(session(), found),
        called=CALLED,
        used=[(name, CALLED[Column(column)]) for name, column in _columns(found) if column],
        left_out=[name for name, column in _columns(found) if not column],
        offered=offered,
        verdicts=VERDICTS,
        groups=[(key, words, _sum(found, some)) for key, (words, some) in GROUPS.items()],
        group=group,
        rows=[_shown(row, offered) for row in rows[:PAGE]],
        after=rows[PAGE - 1].number if len(rows) > PAGE else None,
        is_first=not after,
        came_in=found.counts.get(importing.CAME_IN, 0),
        without_topic=found.counts.get(importing.WITHOUT_TOPIC, 0),
        typed=request.form,
        errors=errors or {},
    )
    return make_response(page, 422 if errors else 200)


def _columns(found: Import) -> list[tuple[str, str]]:
    return list(zip(found.columns, found.mapping, strict=False))


def _sum(found: Import, verdicts: tuple[Verdict, ...]) -> int:
    return sum(found.counts.get(verdict, 0) for verdict in verdicts) if verdicts else found.total


def _shown(row: ImportRow, offered: list[Topic]) -> Shown:
    cells, words = topic_cells(offered, frozenset(row.topics))
    verdict = VERDICTS[Verdict(row.verdict)] if row.verdict else ("Not judged yet", "wait", "")
    return Shown(row.number, row.address, row.name, cells, words, verdict, row.why)
