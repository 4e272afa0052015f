"""Pictures: taken in at the desk, given out to everybody under a name that never changes."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from flask import Response, abort, render_template, request, url_for

from newsletter.issues import media
from newsletter.issues.models import Issue, Media
from newsletter.web.editor import blueprint
from newsletter.web.editor.one_issue import the_issue, title_of
from newsletter.web.policy import Who, allow
from newsletter.web.public import blueprint as public
from newsletter.web.request import now, session, state

MIB = 1 << 20
YEAR_S = 365 * 24 * 3600
SANDBOX = "sandbox; default-src 'none'"


@blueprint.get("/issues/<public_id>/pictures")
@allow(Who.EDITOR)
def pictures(public_id: str) -> str:
    issue = the_issue(public_id)
    return render_template("editor/pictures.html", issue=issue, title=title_of(issue))


@blueprint.post("/issues/<public_id>/pictures")
@allow(Who.EDITOR, body_bytes=media.MAX_BYTES + MIB)
def add_picture(public_id: str) -> str | tuple[str, int] | dict[str, Any] | tuple[dict[str, Any], int]:
    """Take in one picture and say what to write where it belongs."""
    issue = the_issue(public_id)
    file = request.files.get("file")
    session().rollback()  # a picture takes a while to encode: nobody waits for it
    try:
        encoded = media.encode(file.read() if file else b"")
    except media.BadPicture as error:
        return _refused(issue, str(error))
    stored = media.store(session(), folder(), issue.publication_id, encoded, now())
    session().commit()
    markdown = f"![{_words(file.filename if file else None)}]({address(stored)})"
    if _wants_json():
        return {"markdown": markdown, "width": stored.width, "height": stored.height}
    return render_template(
        "editor/pictures.html", issue=issue, title=title_of(issue), markdown=markdown, path=address(stored)
    )


def _refused(issue: Issue, words: str) -> tuple[str, int] | tuple[dict[str, Any], int]:
    if _wants_json():
        return {"detail": words}, 422
    return render_template("editor/pictures.html", issue=issue, title=title_of(issue), fault=words), 422


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _words(name: str | None) -> str:
    """A first description out of a file's name, for the editor to better."""
    stem = unquote(name or "").rpartition(".")[0].replace("_", " ").replace("-", " ")
    return " ".join(stem.translate({ord(sign): " " for sign in "[]()!\\<>"}).split())[:100]


def folder() -> Path:
    return state().settings.data_dir / "media"


def address(picture: Media) -> str:
    """Absolute, because it stands in mails."""
    return state().settings.address + url_for("public.picture", name=f"{picture.digest}.{picture.kind}")


@public.get("/media/<name>")
@allow(Who.PUBLIC)
def picture(name: str) -> Response:
    """The file itself, for mails and pages anywhere; its name is its hash, so it is kept for a year."""
    digest, _, kind = name.partition(".")
    found = media.find(session(), digest)
    if found is None or found.kind != kind:
        abort(404)
    try:
        data = media.path(folder(), digest, kind).read_bytes()
    except FileNotFoundError:
        abort(404)
    return Response(
        data,
        mimetype=media.KINDS[kind],
        headers={
            "Content-Security-Policy": SANDBOX,
            "Cache-Control": f"public, max-age={YEAR_S}, immutable",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )
