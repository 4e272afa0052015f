"""Style sheets and scripts: read once at the start, served from memory, kept by browsers for a year.

One hash of everything stands in the path, so a script that imports its neighbour by a relative path gets the
one of the same age.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

from newsletter.web.policy import Who, allow
from newsletter.web.public import blueprint

FOLDER = Path(__file__).parent / "static"
KEY = "newsletter.assets"
YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    kind: str
    body: bytes
    packed: bytes  # gzip


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    age: str
    files: dict[str, Asset]


def init(app: Flask) -> None:
    app.extensions[KEY] = read(FOLDER)
    app.add_template_global(asset)


def read(folder: Path) -> Assets:
    """Every file below a folder, by its path there."""
    files = {}
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, body = path.relative_to(folder).as_posix(), path.read_bytes()
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(name)[0]
        files[name] = Asset(kind=kind or "application/octet-stream", body=body, packed=gzip.compress(body, mtime=0))
        digest.update(name.encode() + b"\0" + body)
    return Assets(age=digest.hexdigest(), files=files)


def asset(name: str) -> str:
    """The address of a file in `static/`. Raises KeyError when there is none, so a typing slip shows at once."""
    found: Assets = current_app.extensions[KEY]
    found.files[name]
    return f"/static/{found.age}/{name}"  # built by hand: an error page must not need the router


@blueprint.get("/static/<age>/<path:name>")
@allow(Who.PUBLIC)
def static_file(age: str, name: str) -> Response:
    found: Assets = current_app.extensions[KEY]
    file = found.files.get(name)
    if file is None:
        abort(404)
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(file.packed if packed else file.body, mimetype=file.kind)
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    lasting = f"public, max-age={YEAR_S}, immutable"
    response.headers["Cache-Control"] = lasting if age == found.age else "no-cache"
    return response
