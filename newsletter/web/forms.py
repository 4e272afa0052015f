"""The mark in every form that shows it is ours.

Behind the sign-in it is bound to the session. Readers have no cookie, so in their forms it is signed and says
when the form was made: `read_form_token` for who wants to know how old it is, `spend` for once only.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask, g, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from newsletter import limits
from newsletter.keys import KeyRing
from newsletter.web import policy
from newsletter.web.request import now, signed_in, state

FIELD = "form_token"
HEADER = "X-Form-Token"
SOONEST = timedelta(seconds=2)  # nobody fills in a form faster
LATEST = timedelta(hours=2)


class BadForm(ValueError):
    """Not the token of a form of ours, or of another form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormToken:
    form_id: str
    made_at: datetime
    nonce: str

    def age_fits(self, at: datetime) -> bool:
        """Say whether a person may have filled the form in: after 2 seconds, within 2 hours."""
        return SOONEST <= at - self.made_at <= LATEST


def make_form_token(ring: KeyRing, form_id: str, at: datetime) -> str:
    """A token for one showing of a form. `form_id` is made of letters and hyphens."""
    body = f"{form_id}.{int(at.timestamp())}.{secrets.token_urlsafe(9)}"
    return f"{body}.{_mac(ring, body)}"


def read_form_token(ring: KeyRing, token: str, form_id: str | None = None) -> FormToken:
    """Read a token back, of this form or of any.

    Raises BadForm for whatever `make_form_token` did not make, or made for another form.
    """
    body, _, mac = token.rpartition(".")
    if not hmac.compare_digest(mac.encode(), _mac(ring, body).encode()):
        raise BadForm
    name, made_at, nonce = body.split(".")
    if form_id not in (None, name):
        raise BadForm
    return FormToken(form_id=name, made_at=datetime.fromtimestamp(int(made_at), UTC), nonce=nonce)


def spend(session: Session, token: FormToken) -> bool:
    """Use a token up; False when it was used before. It counts when the caller commits."""
    return limits.use_once(session, f"form:{token.nonce}", token.made_at + LATEST)


def session_token(ring: KeyRing, secret_hash: str) -> str:
    """The token of every form behind one sign-in."""
    return hmac.new(ring.derive("csrf"), secret_hash.encode(), hashlib.sha256).hexdigest()


def posted() -> str:
    """What the request brought: from the form, or from the header of a script."""
    return request.headers.get(HEADER) or request.form.get(FIELD, "")


def token(form_id: str = "page") -> str:
    """The token for a form on this page."""
    g.no_store = True
    declared = policy.of(request.endpoint)
    if declared and declared.who.role and (found := signed_in()):
        return session_token(state().ring, found.session.secret_hash)
    return make_form_token(state().ring, form_id, now())


def token_field(form_id: str = "page") -> Markup:
    """The hidden field every form carries that is posted."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token(form_id))


def init(app: Flask) -> None:
    app.add_template_global(token, "form_token")
    app.add_template_global(token_field)


def _mac(ring: KeyRing, body: str) -> str:
    return hmac.new(ring.derive("forms"), body.encode(), hashlib.sha256).hexdigest()[:32]
