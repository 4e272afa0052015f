"""The one cookie: the secret of a sign-in session. Readers never get one."""

from flask import request
from werkzeug.wrappers import Response

from newsletter.accounts.rules import LIFETIME
from newsletter.config import Settings


def is_secure(settings: Settings) -> bool:
    return settings.address.startswith("https:")


def name(settings: Settings) -> str:
    """`__Host-` ties a cookie to this host, this path and TLS; plain http on this machine cannot have that."""
    return "__Host-sid" if is_secure(settings) else "sid"


def read(settings: Settings) -> str:
    return request.cookies.get(name(settings), "")


def give(response: Response, secret: str, settings: Settings) -> None:
    response.set_cookie(
        name(settings),
        secret,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=is_secure(settings),
        httponly=True,
        samesite="Lax",
    )


def take_back(response: Response, settings: Settings) -> None:
    response.delete_cookie(name(settings), path="/", secure=is_secure(settings), httponly=True, samesite="Lax")
