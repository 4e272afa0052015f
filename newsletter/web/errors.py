"""What somebody sees when it did not work: one page, one sentence, never a traceback."""

import logging
import secrets
import sqlite3
from http import HTTPStatus

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy import exc
from werkzeug.exceptions import BadRequestKeyError, HTTPException, SecurityError

log = logging.getLogger(__name__)

OTHER_NAME = "We do not answer under this name. Whoever runs this sets the name with NEWSLETTER_BASE_URL."
ABSENT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}
WORDS = {
    400: ("This request does not make sense to us", "Go back, check the address or the form, and try again."),
    401: ("You are not signed in", "Sign in and try again."),
    403: ("This is not open to you", "Ask an owner of this desk for the role that it needs."),
    404: ("There is nothing at this address", "The address may be mistyped, or what stood here is gone."),
    405: ("This address does not work that way", "Go back and use the page’s own buttons."),
    413: ("This is too large", "Send a smaller file or a shorter text."),
    415: ("We cannot read this kind of content", "Send it as the page’s own form does."),
    429: ("Too often in a short time", "Wait a few minutes, then try again."),
    500: ("This did not work, and the fault is ours", "Nothing was changed. Try again; the log says more."),
    503: ("The database does not answer", "Nothing is lost. Wait a moment, then try again."),
}


def init(app: Flask) -> None:
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(exc.OperationalError, _no_database)
    app.register_error_handler(exc.InterfaceError, _no_database)
    app.register_error_handler(exc.TimeoutError, _no_database)  # no connection was free
    app.register_error_handler(500, _unforeseen)


def page(status: int, sentence: str = "", mark: str = "") -> Response:
    """The answer for a status, as a page or, for a script, as problem details (RFC 9457)."""
    title, mend = WORDS.get(status, (HTTPStatus(status).phrase, "Go back and try again."))
    said = sentence or mend
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        problem = {"title": title, "status": status, "detail": said} | ({"id": mark} if mark else {})
        response = make_response(problem, status)
        response.mimetype = "application/problem+json"
        return response
    return make_response(render_template("error.html", title=title, sentence=said, mark=mark), status)


def _expected(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:  # a redirect
        return make_response(error.get_response())
    response = page(error.code, _ours(error))
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _ours(error: HTTPException) -> str:
    """The sentence a view gave to `abort`; empty where the framework speaks."""
    if isinstance(error, SecurityError):
        return OTHER_NAME
    if isinstance(error, BadRequestKeyError) or error.description == type(error).description:
        return ""
    return error.description or ""


def _no_database(error: exc.DBAPIError | exc.TimeoutError) -> Response:
    """Locked, gone, full: 503. A statement that cannot work is a fault of ours: 500."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    if code is not None and code & 0xFF not in ABSENT:
        log.error("a statement failed", exc_info=error)
        return _unforeseen(error)
    log.error("the database does not answer: %s", type(getattr(error, "orig", error)).__name__)
    response = page(503)
    response.headers["Retry-After"] = "5"
    return response


def _unforeseen(_error: Exception) -> Response:
    """What was raised is in the log by now; the mark finds it there."""
    mark = secrets.token_hex(4)
    log.error("answered 500 with mark %s at %s", mark, request.endpoint)
    return page(500, mark=mark)
