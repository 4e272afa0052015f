"""For whoever watches the program: is the process alive, and could it send?"""

from flask import Response, jsonify
from sqlalchemy.exc import OperationalError

from newsletter import schema
from newsletter.health import worker
from newsletter.web.policy import Who, allow
from newsletter.web.public import blueprint
from newsletter.web.request import now, session, state


@blueprint.get("/healthz")
@allow(Who.PUBLIC)
def alive() -> Response:
    """The process answers. Nothing else is looked at."""
    return jsonify(ok=True)


@blueprint.get("/readyz")
@allow(Who.PUBLIC)
def ready() -> tuple[Response, int]:
    """503 with the reasons when the database or the worker is not there; names no secret and nobody."""
    try:
        is_current = schema.current(state().database) == schema.head()
        works = worker(session(), now()).ok if is_current else False
    except OperationalError:
        return jsonify(ok=False, database="does not answer"), 503
    answer = {"database": "ok" if is_current else "another shape", "worker": "ok" if works else "silent"}
    return jsonify(ok=is_current and works, **answer), 200 if is_current and works else 503
