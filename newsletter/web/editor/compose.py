"""Writing an issue: the source, the mail beside it, saving without losing anybody's words, moving sections."""

from typing import Any, NamedTuple

from flask import Response, abort, redirect, render_template, request, url_for
from markupsafe import escape
from werkzeug.wrappers import Response as AnyResponse

from newsletter.accounts.models import Editor
from newsletter.delivery import previewing
from newsletter.issues import document, drafting, versions
from newsletter.issues.drafting import Met, Saved
from newsletter.issues.models import Issue, Version
from newsletter.publications.models import Publication
from newsletter.web.editor import blueprint, wording
from newsletter.web.editor.launch import undo_window
from newsletter.web.editor.look import Choice, Look, asked, home, look, recent
from newsletter.web.editor.one_issue import its_publication, the_issue, title_of
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor
from newsletter.web.security import mail_frame_response

LONGEST = 1 << 20  # bytes of a text; a whole year of an ordinary weekly
BODY = 3 * LONGEST + 100_000  # a form's encoding may treble what it carries
PARTS = ("outline", "edition", "steps", "inbox", "choices", "findings")
TOLD = {
    "back": ("Taken back. Nothing has left.", "The issue is a draft again."),
    "restored": ("Restored.", "What stood here before is a version too."),
    "imported": ("Read in.", "Look at the findings below, then at the mail."),
}


class Notice(NamedTuple):
    happened: str
    next: str = ""
    look: str = ""
    path: str = ""
    act: str = ""


@blueprint.get("/issues/<public_id>")
@allow(Who.VIEWER)
def compose(public_id: str) -> str:
    issue = the_issue(public_id)
    return page(issue, issue.text, _told())


def _told() -> Notice | None:
    """What the page before this one did."""
    told = TOLD.get(request.args.get("told", ""))
    if told is None:
        return None
    made = request.args.get("topics_made", "")[:1000]
    topics = f" New topics, hidden until you offer them: {made}." if made else ""
    return Notice(told[0], told[1] + topics, "ok", *(("/desk/topics", "To the topics") if made else ()))


def page(issue: Issue, text: str, notice: Notice | None = None) -> str:
    """The page with this text in its field, saved or not."""
    current = its_publication(issue)
    choice = asked()
    mail_path = url_for("editor.mail_of", public_id=issue.public_id)
    return render_template(
        "editor/compose.html",
        issue=issue,
        title=title_of(issue),
        text=text,
        state=wording.state_of(issue),
        saved=f"Saved {wording.when(issue.saved_at, wording.zone_of(current), now())}",
        version_count=versions.count(session(), issue),
        look=_look(issue, current, choice, text),
        mail_path=f"{mail_path}?{choice.query()}",
        notice=notice,
        undo=undo_window(issue, current),
    )


def _look(issue: Issue, current: Publication, choice: Choice, text: str) -> Look:
    return look(issue, current, recent.compose(session(), current, text, home(), str(issue.number)), choice, text)


def posted_text() -> str:
    """The text of the form, in the form that is stored; 413 with a sentence for one that is too long."""
    text = document.normalise(request.form.get("text", ""))
    if len(text.encode()) > LONGEST:
        abort(413, "This issue has more than 1 MB of text: take some of it out, or make it two issues.")
    return text


@blueprint.post("/issues/<public_id>/preview")
@allow(Who.VIEWER, body_bytes=BODY)
def preview(public_id: str) -> dict[str, Any]:
    """What the server says about a text that is being written. Nothing is stored, and no writer waits for it."""
    text = posted_text()
    with state().database.read() as reading:
        issue = drafting.find(reading, public_id) or abort(404)
        current = reading.get_one(Publication, issue.publication_id)
        composed = recent.compose(reading, current, text, home(), str(issue.number))
        shown = look(issue, current, composed, asked(), text, reading)
    parts = {part: render_template(f"editor/_{part}.html", look=shown, issue=issue) for part in PARTS}
    return {**parts, "ranges": shown.ranges, "wrong": shown.wrong, "anchors": shown.anchors}


@blueprint.get("/issues/<public_id>/mail")
@allow(Who.VIEWER)
def mail_of(public_id: str) -> Response:
    """The mail of one edition of the saved text, for the sandboxed frame."""
    issue = the_issue(public_id)
    return _mail(its_publication(issue), issue, issue.text)


@blueprint.post("/issues/<public_id>/mail")
@allow(Who.VIEWER, body_bytes=BODY)
def show_mail(public_id: str) -> Response:
    """The same of a text that is being written; nothing is stored."""
    text = posted_text()
    with state().database.read() as reading:
        issue = drafting.find(reading, public_id) or abort(404)
        return _mail(reading.get_one(Publication, issue.publication_id), issue, text)


def _mail(current: Publication, issue: Issue, text: str) -> Response:
    with state().database.read() as reading:
        composed = recent.compose(reading, current, text, home(), str(issue.number))
    choice = asked()
    filled = previewing.mail(composed, choice.topics, choice.name or previewing.SOMEBODY, home())
    if choice.form == "text":
        return mail_frame_response(_TEXT.format(escape(filled.text)))
    html = previewing.in_scheme(filled.html, "dark" if choice.form == "dark" else "light")
    return mail_frame_response(previewing.with_places(html))


_TEXT = (
    "<!doctype html><html><head><meta charset=utf-8><title>Text</title><style>body{{margin:24px;background:#fff;"
    "color:#141a1b;font:13px/1.5 ui-monospace,Menlo,Consolas,'Noto Sans Mono',monospace}}pre{{margin:0;font:inherit;"
    "white-space:pre-wrap;overflow-wrap:anywhere}}</style></head><body><pre>{}</pre></body></html>"
)


@blueprint.post("/issues/<public_id>/save")
@allow(Who.EDITOR, body_bytes=BODY)
def save(public_id: str) -> AnyResponse | str | tuple[str, int] | tuple[dict[str, Any], int] | dict[str, Any]:
    """Save for a page or for its script. 409: somebody else saved since; both texts are kept as versions."""
    text = posted_text()
    issue = the_issue(public_id)
    saved = _save(issue, text)
    session().commit()
    if isinstance(saved, Met):
        return _met(issue, saved, text)
    if _wants_json():
        at = wording.clock_time(saved.at, wording.zone_of(its_publication(issue)))
        return {"revision": saved.revision, "at": at, "title": title_of(issue)}
    return redirect(url_for("editor.compose", public_id=public_id), code=303)


def _save(issue: Issue, text: str) -> Saved | Met:
    revision = request.form.get("revision", 0, type=int)
    return drafting.save(session(), issue, text, revision=revision, editor_id=the_editor().id, now=now())


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _met(issue: Issue, met: Met, text: str) -> tuple[str, int] | tuple[dict[str, Any], int]:
    """Tell the second of two who saved, with both texts in reach."""
    who = _name(met.theirs)
    both = url_for("editor.issue_version", public_id=issue.public_id, number=met.yours.number, beside=met.theirs.number)
    if _wants_json():
        told = render_template("editor/_met.html", who=who, met=met, both=both, issue=issue)
        return {"revision": met.revision, "html": told}, 409
    notice = Notice(
        f"{who} saved this issue while you were writing.",
        f"Nothing is lost: theirs is version {met.theirs.number}, yours is version {met.yours.number} and stands "
        "below. Save again to put yours in the place of theirs.",
        "warn",
        both,
        "Compare",
    )
    return page(issue, text, notice), 409


def _name(version: Version) -> str:
    editor = session().get(Editor, version.saved_by) if version.saved_by else None
    return (editor.name or editor.address) if editor else "Somebody"


@blueprint.post("/issues/<public_id>/move")
@allow(Who.EDITOR, body_bytes=BODY)
def move(public_id: str) -> AnyResponse | str | tuple[str, int] | tuple[dict[str, Any], int] | dict[str, Any]:
    """Move a section. For a script the text comes back and nothing is stored; a page's form is saved with it."""
    number, _, by = request.form.get("move", "").partition(" ")
    try:
        text = document.move_section(posted_text(), int(number), int(number) + int(by))
    except (ValueError, IndexError):
        abort(400, "There is no such section in this text. Load the page again.")
    except document.NotMovableError as error:
        abort(400, str(error))
    if _wants_json():
        return {"text": text}
    issue = the_issue(public_id)
    saved = _save(issue, text)
    session().commit()
    if isinstance(saved, Met):
        return _met(issue, saved, text)
    return redirect(url_for("editor.compose", public_id=public_id), code=303)
