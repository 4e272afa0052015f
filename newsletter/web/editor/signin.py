"""The ways to the desk: a password, or a link that works once."""

import re
from datetime import timedelta
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from newsletter import addresses, limits, wake
from newsletter.accounts import editors, log, passwords, rules, sessions, ways_in
from newsletter.accounts.models import Editor
from newsletter.delivery import letters
from newsletter.delivery.models import LetterKind
from newsletter.web import cookie, policy
from newsletter.web.editor import blueprint
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, publication, session, signed_in, state

HOUR = timedelta(hours=1)
PER_ADDRESS, PER_NETWORK, IN_ALL = 10, 20, 500  # tries an hour
HOME = "/desk/"
WRONG = "This address and this password do not belong together."
TOO_OFTEN = "Too many tries within the hour. Wait a while, or use the link that we mail you."
_PATH = re.compile(r"/(?:[A-Za-z0-9_\-.~%][A-Za-z0-9_\-./~%]*)?(?:\?[A-Za-z0-9_\-./~%=&+]*)?")


@blueprint.get("/sign-in")
@allow(Who.PUBLIC)
def sign_in() -> AnyResponse:
    if signed_in():
        return redirect(back())
    return _page(ended=bool(cookie.read(state().settings)))


@blueprint.post("/sign-in")
@allow(Who.PUBLIC)
def sign_in_with_password() -> AnyResponse:
    """The tries are committed before the password is looked at: it takes long, and a refused try counts."""
    address = request.form.get("address", "").strip()
    if not _may_try(address):
        return _page(address, TOO_OFTEN, 429)
    found = _editor_of(address)
    stored = found.password_hash if found else ""
    password = request.form.get("password", "")[: rules.LONGEST]
    if not passwords.fits(stored, password) or found is None:
        return _page(address, WRONG, 401)
    renewed = passwords.hash_password(password) if passwords.is_old(stored) else stored
    editor = session().get_one(Editor, found.id)
    if editor.password_hash != stored or editor.disabled_at:  # changed while we hashed
        return _page(address, WRONG, 401)
    editor.password_hash = renewed
    return _start(editor, redirect(back(), code=303))


@blueprint.post("/sign-in/link")
@allow(Who.PUBLIC)
def mail_a_link() -> AnyResponse:
    """The same answer whoever asks. The link goes to the address we know, not to the one that was typed."""
    address = request.form.get("address", "").strip()
    found = _editor_of(address) if _may_try(address, "link", PER_ADDRESS // 2) else None
    if found:
        send_link(found, ways_in.FORGOTTEN)
    session().commit()
    wake.wake(state().settings, "letters")
    return make_response(render_template("signin_link.html"))


@blueprint.get("/way-in/<secret>")
@allow(Who.LINK)
def way_in(secret: str) -> AnyResponse:
    """Shows a button: looking at a link uses nothing up, whoever looks."""
    return _way_in_page(ways_in.look(session(), secret, now()))


@blueprint.post("/way-in/<secret>")
@allow(Who.LINK)
def use_way_in(secret: str) -> AnyResponse:
    password = request.form.get("password", "")
    with state().database.read() as reading:  # the writer's turn is taken only after the hashing
        found = ways_in.look(reading, secret, now())
    wrong = rules.complaint(password, found.address) if password and found else ""
    if found is None or wrong:
        return _way_in_page(found, wrong)
    hashed = passwords.hash_password(password) if password else ""
    editor = ways_in.use(session(), secret, now())
    if editor is None:
        return _way_in_page(None)
    if hashed:
        editors.set_password(session(), editor.id, hashed, now())
    return _start(editor, redirect(HOME, code=303))


@blueprint.post("/sign-out")
@allow(Who.VIEWER)
def sign_out() -> AnyResponse:
    if found := signed_in():
        sessions.end(session(), found.editor.id, found.session.id, now())
        session().commit()
    response = redirect(url_for("editor.sign_in"), code=303)
    cookie.take_back(response, state().settings)
    return response


def send_link(to: Editor, lasts: timedelta) -> None:
    """A letter with a way in for this editor. The link itself is made when the letter leaves, so no row holds it."""
    if about := publication():
        letters.write(
            session(),
            kind=LetterKind.SIGN_IN,
            publication_id=about.id,
            address=to.address,
            words={"editor_id": to.id, "lasts_s": int(lasts.total_seconds())},
            now=now(),
        )


def _page(address: str = "", error: str = "", status: int = 200, *, ended: bool = False) -> Response:
    words = {"address": address, "error": error, "ended": ended, "next": request.values.get("next", "")}
    return make_response(render_template("signin.html", **words), status)


def _way_in_page(found: Editor | None, error: str = "") -> Response:
    status = 200 if found and not error else 410 if found is None else 422
    return make_response(render_template("signin_way_in.html", found=found, error=error), status)


def _editor_of(typed: str) -> Editor | None:
    """Whoever has this address, read without taking the writer's turn: hashing comes next."""
    try:
        address = addresses.identity(addresses.read(typed))
    except addresses.BadAddress:
        return None
    with state().database.read() as reading:
        found = editors.by_address(reading, address)
    return found if found and not found.disabled_at else None


def _may_try(typed: str, what: str = "password", per_address: int = PER_ADDRESS) -> bool:
    """Count a try and say whether it is within the caps: for this address, this network and all together."""
    whose = addresses.key(typed, state().ring.derive("sign-in"))
    counts = (
        (f"{what}:{whose}", per_address),
        (f"{what}:{network()}", PER_NETWORK),
        (f"{what}:all", IN_ALL),
    )
    fits = [limits.take(session(), key, most, HOUR, now()) for key, most in counts]
    session().commit()
    return all(fits)


def network() -> str:
    """The network a request comes from, /24 or /64: what we keep, so that no one person is meant."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))


def _start(editor: Editor, response: AnyResponse) -> AnyResponse:
    """Sign in: a new secret each time, and what this browser had before ends."""
    if before := signed_in():
        sessions.end(session(), before.editor.id, before.session.id, now())
    browser = request.user_agent.string
    secret = sessions.start(session(), editor.id, browser=browser, network=network(), now=now())
    log.record(session(), editor.id, "sign in", f"editor {editor.public_id}", {}, now())
    session().commit()
    cookie.give(response, secret, state().settings)
    return response


def back() -> str:
    """Where to go after signing in: a page of the desk, or the desk itself, never another place."""
    wanted = request.values.get("next", "")
    if not _PATH.fullmatch(wanted):
        return HOME
    try:
        endpoint, _ = current_app.url_map.bind("").match(urlsplit(wanted).path, method="GET")
    except HTTPException:
        return HOME
    declared = policy.of(endpoint)
    return wanted if declared and declared.who.role else HOME
