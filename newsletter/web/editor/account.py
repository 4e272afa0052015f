"""Your own account: who you are, your password, where you are signed in."""

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter import addresses
from newsletter.accounts import editors, passwords, rules, sessions
from newsletter.web.editor import blueprint
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, signed_in, the_editor

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
MACHINES = {
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "a Mac",
    "Linux": "Linux",
}


@blueprint.get("/account")
@allow(Who.VIEWER)
def account() -> Response:
    return _page()


@blueprint.post("/account/name")
@allow(Who.VIEWER)
def change_name() -> Response:
    typed, name = request.form.get("address", ""), request.form.get("name", "").strip()[:200]
    try:
        address = addresses.identity(addresses.read(typed))
        editors.set_address(session(), the_editor().id, address, name, now())
    except addresses.BadAddress as error:
        return _page({"address": str(error)})
    except editors.AddressTaken:
        return _page({"address": "Another editor has this address."})
    session().commit()
    return redirect(url_for("editor.account", done="name"), code=303)


@blueprint.post("/account/password")
@allow(Who.VIEWER)
def change_password() -> Response:
    """Ends every other session of this editor. Hashes before the database is asked for its writer's turn."""
    me, found = the_editor(), signed_in()
    new = request.form.get("new", "")
    if not me.address:
        return _page({"address": "Say your address first: you sign in with it."})
    if wrong := rules.complaint(new, me.address):
        return _page({"new": wrong})
    if me.password_hash and not passwords.fits(me.password_hash, request.form.get("current", "")[: rules.LONGEST]):
        return _page({"current": "This is not your password."})
    hashed = passwords.hash_password(new)
    editors.set_password(session(), me.id, hashed, now(), but=found.session.id if found else None)
    session().commit()
    return redirect(url_for("editor.account", done="password"), code=303)


@blueprint.post("/account/sessions/<int:session_id>/end")
@allow(Who.VIEWER)
def end_session(session_id: int) -> Response:
    if not sessions.end(session(), the_editor().id, session_id, now()):
        abort(404)
    session().commit()
    return redirect(url_for("editor.account", done="session"), code=303)


@blueprint.post("/account/sessions/end")
@allow(Who.VIEWER)
def end_other_sessions() -> Response:
    found = signed_in()
    sessions.end_all(session(), the_editor().id, now(), but=found.session.id if found else None)
    session().commit()
    return redirect(url_for("editor.account", done="sessions"), code=303)


def _page(errors: dict[str, str] | None = None) -> Response:
    me, found = the_editor(), signed_in()
    page = render_template(
        "editor/account.html",
        me=me,
        typed=request.form if errors else {"address": me.address, "name": me.name},
        errors=errors or {},
        done=request.args.get("done", ""),
        here=found.session.id if found else 0,
        browser_name=browser_name,
        running=sessions.running(session(), me.id, now()),
    )
    return make_response(page, 422 if errors else 200)


def browser_name(agent: str) -> str:
    """A browser in words; the order matters, for each one claims to be those after it."""
    browser = next((name for sign, name in BROWSERS.items() if f"{sign}/" in agent), "")
    machine = next((name for sign, name in MACHINES.items() if sign in agent), "")
    return f"{browser or 'A browser'} on {machine}" if machine else browser or agent[:40] or "Unknown"
