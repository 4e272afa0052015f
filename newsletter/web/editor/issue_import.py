"""An issue from a text that is pasted or a file that is chosen."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.issues import bringing, listing
from newsletter.issues.bringing import CannotBring
from newsletter.issues.reading import LONGEST_BYTES, Unreadable
from newsletter.web.editor import blueprint
from newsletter.web.editor.issues import the_publication
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, the_editor


@blueprint.get("/issues/new")
@allow(Who.EDITOR)
def new_issue() -> str:
    return _page()


def _page(pasted: str = "", create_topics: bool = True, faults: dict[str, str] | None = None) -> str:
    last = listing.newest(session(), the_publication().id)
    return render_template(
        "editor/new_issue.html", last=last, pasted=pasted, create_topics=create_topics, faults=faults or {}
    )


@blueprint.post("/issues/import")
@allow(Who.EDITOR, body_bytes=10 * LONGEST_BYTES)
def import_issue() -> Response | tuple[str, int]:
    """Read it in, and show what was found in it. A file counts before what was pasted; nothing pasted is lost."""
    file, pasted = request.files.get("file"), request.form.get("text", "")
    create_topics = bool(request.form.get("create_topics"))
    has_file = file is not None and bool(file.filename)
    raw = file.read() if file is not None and has_file else pasted.encode()
    name = (file.filename or "") if file is not None and has_file else ""
    try:
        brought = bringing.bring(
            session(), the_publication(), raw, name, create_topics=create_topics, now=now(), editor_id=the_editor().id
        )
    except (Unreadable, CannotBring) as error:
        session().rollback()
        words = str(error) if has_file or raw.strip() else "Paste the text of an issue, or choose a file."
        return _page(pasted, create_topics, {"file" if has_file else "text": words}), 422
    session().commit()
    new = "; ".join(brought.new_topics)
    return redirect(
        url_for("editor.compose", public_id=brought.issue.public_id, told="imported", topics_made=new or None), code=303
    )
