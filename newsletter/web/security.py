"""What holds for every request: the host, forged forms, and the headers of the answer."""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from newsletter.config import Settings
from newsletter.web import cookie, forms, policy
from newsletter.web.policy import Who
from newsletter.web.request import SAFE, signed_in, state

LOOPBACK = ("127.0.0.1", "localhost")
ANYWHERE = "0.0.0.0"  # noqa: S104  # listening everywhere is the setting's choice; the name to ask under is not that
EXEMPT = (Who.ONE_CLICK, Who.HOOK)  # RFC 8058 and the providers know no token of ours
FIELDS = 1000
HSTS = "max-age=31536000"

MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src https: data: 'self'; "
    "style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'"
)


def init(app: Flask, settings: Settings) -> None:
    app.config["MAX_FORM_PARTS"] = FIELDS
    app.config["TRUSTED_HOSTS"] = hosts(settings)
    app.add_template_global(nonce)
    app.before_request(_refuse_forged)
    app.after_request(_headers)
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]


def hosts(settings: Settings) -> list[str]:
    """Names under which this installation may be asked; on this machine alone, both names of the machine."""
    name = urlsplit(settings.address).hostname or ""
    return sorted({name, *LOOPBACK}) if name in (*LOOPBACK, ANYWHERE) else [name]


def nonce() -> str:
    """What marks a script or a style as ours in this one answer."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    made: str = g.nonce
    return made


def mail_frame_response(html: str) -> Response:
    """A mail for a sandboxed frame: it may show pictures and styles, run nothing, and open links in a new tab."""
    return Response(
        html.replace("<head>", '<head><base target="_blank">', 1),
        mimetype="text/html",
        headers={
            "Content-Security-Policy": MAIL_POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
        },
    )


def _refuse_forged() -> None:
    """An act needs a form of ours, and must come from a page of ours as far as the browser says."""
    declared = policy.of(request.endpoint)
    if request.method in SAFE or declared is None or declared.who in EXEMPT:
        return
    if not _is_ours(declared.who) or not _bears_token(declared.who):
        abort(403, "The form does not come from this page, or the page is too old. Load the page again and repeat.")


def _is_ours(who: Who) -> bool:
    """What the browser says about where a request comes from; older ones say less, programs nothing.

    A page without referrer says "null", which anybody's could. Where a secret link in the path and a form of ours
    are asked for anyway, that is enough: nobody shall be kept from leaving by an old browser.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None or (origin == "null" and (site == "same-origin" or who is Who.LINK)):
        return True
    settings = state().settings
    if origin == settings.address:
        return True
    parts = urlsplit(origin)
    return not cookie.is_secure(settings) and parts.hostname in hosts(settings) and parts.netloc == request.host


def _bears_token(who: Who) -> bool:
    posted = forms.posted()
    if who.role is None:
        try:
            forms.read_form_token(state().ring, posted)
        except forms.BadForm:
            return False
        return True
    found = signed_in()
    if found is None:
        return False
    return hmac.compare_digest(forms.session_token(state().ring, found.session.secret_hash).encode(), posted.encode())


def page_policy() -> str:
    """What a page of ours may do: its own styles, scripts that bear the nonce, mails in frames, nothing else."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce()}' 'strict-dynamic'; style-src 'self' 'nonce-{nonce()}'; "
        "img-src 'self' data: https:; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self'; object-src 'none'"
    )


def _headers(response: Response) -> Response:
    declared = policy.of(request.endpoint)
    headers = response.headers
    headers.setdefault("Content-Security-Policy", page_policy())
    headers.setdefault("X-Frame-Options", "DENY")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    by_link = declared is not None and declared.who in (Who.LINK, Who.ONE_CLICK)
    headers.setdefault("Referrer-Policy", "no-referrer" if by_link else "strict-origin-when-cross-origin")
    if cookie.is_secure(state().settings):
        headers["Strict-Transport-Security"] = HSTS
    if by_link or g.get("no_store") or "Set-Cookie" in headers or (declared and declared.who.role):
        headers["Cache-Control"] = "private, no-store"
    else:
        headers.setdefault("Cache-Control", "no-cache")
    return response
