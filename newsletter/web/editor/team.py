"""Who may sign in: invite, change roles, shut out and let in again."""

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import addresses, wake
from newsletter.accounts import editors, log, ways_in
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.web.editor import blueprint
from newsletter.web.editor.signin import send_link
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor

LAST = "This is the only owner. Make somebody else an owner first."


@blueprint.get("/settings/team")
@allow(Who.OWNER)
def team() -> Response:
    return _page()


@blueprint.post("/settings/team")
@allow(Who.OWNER)
def invite() -> Response:
    """Makes the editor and a letter with a way in that is good for seven days."""
    role = _role()
    try:
        address = addresses.identity(addresses.read(request.form.get("address", "")))
        name = request.form.get("name", "").strip()[:200]
        invited = editors.make(session(), address=address, name=name, role=role, now=now())
    except addresses.BadAddress as error:
        return _page({"address": str(error)})
    except editors.AddressTaken:
        return _page({"address": "This address belongs to an editor already."})
    log.record(session(), the_editor().id, "invite", f"editor {invited.public_id}", {"role": role}, now())
    send_link(invited, ways_in.INVITED)
    session().commit()
    wake.wake(state().settings, "letters")
    return redirect(url_for("editor.team", done="invited"), code=303)


@blueprint.post("/settings/team/<public_id>/role")
@allow(Who.OWNER)
def change_role(public_id: str) -> Response:
    try:
        editors.change_role(session(), _editor(public_id), _role(), the_editor().id, now())
    except editors.LastOwner:
        return _page({"team": LAST})
    session().commit()
    return redirect(url_for("editor.team", done="role"), code=303)


@blueprint.post("/settings/team/<public_id>/disable")
@allow(Who.OWNER)
def disable(public_id: str) -> Response:
    try:
        editors.disable(session(), _editor(public_id), the_editor().id, now())
    except editors.LastOwner:
        return _page({"team": LAST})
    session().commit()
    return redirect(url_for("editor.team", done="disabled"), code=303)


@blueprint.post("/settings/team/<public_id>/enable")
@allow(Who.OWNER)
def enable(public_id: str) -> Response:
    editors.enable(session(), _editor(public_id), the_editor().id, now())
    session().commit()
    return redirect(url_for("editor.team", done="enabled"), code=303)


def _editor(public_id: str) -> Editor:
    return editors.by_public_id(session(), public_id) or abort(404)


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        abort(400, "This role does not exist: it is viewer, editor, publisher or owner.")


def _page(errors: dict[str, str] | None = None) -> Response:
    if errors:
        session().rollback()
    page = render_template(
        "editor/team.html",
        team=editors.everybody(session()),
        roles=[(role.value, role.value.capitalize()) for role in Role],
        typed=request.form if "address" in (errors or {}) else {},
        errors=errors or {},
        done=request.args.get("done", ""),
    )
    return make_response(page, 422 if errors else 200)
