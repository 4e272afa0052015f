"""Pictures in issues. What comes in is decoded and encoded anew: what goes out was written by us.

So no picture carries where it was taken, a script, or another file behind its last byte. A picture's name is the
hash of its bytes, so it never changes and a second upload finds the first.
"""

import hashlib
import os
import secrets
import struct
import zlib
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from newsletter.issues.models import Media

KINDS = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
MAX_BYTES = 12 << 20
MAX_PIXELS = 50_000_000  # of one picture, or of all frames of one that moves
MAX_WIDTH = 1600  # twice the width of a mail's column and then some; wider ones are made smaller

Image.MAX_IMAGE_PIXELS = None  # our own limit is lower, is asked before anything is decoded, and speaks in sentences

_BROKEN = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)  # what Pillow raises for files that are not what they say (12.x, its plugins read)


Encoded = tuple[str, bytes, tuple[int, int]]  # kind, bytes, width and height


class BadPicture(ValueError):
    """The file cannot be used as a picture. The text is a sentence for the editor."""


def store(session: Session, folder: Path, publication_id: int, picture: Encoded, now: datetime) -> Media:
    """Keep an encoded picture: written into `folder` under its hash, and known to the database.

    The file is there before the row is committed. A second upload of the same picture gives the same row.
    """
    kind, encoded, size = picture
    digest = hashlib.sha256(encoded).hexdigest()
    _write(path(folder, digest, kind), encoded)
    media = Media(
        publication_id=publication_id,
        digest=digest,
        kind=kind,
        width=size[0],
        height=size[1],
        size_bytes=len(encoded),
        made_at=now,
    )
    known = find(session, digest)
    if known is None:
        try:
            with session.begin_nested():
                session.add(media)
        except IntegrityError:  # somebody else stored it this very moment
            known = find(session, digest)
    return known or media


def find(session: Session, digest: str) -> Media | None:
    return session.scalar(select(Media).where(Media.digest == digest))


def path(folder: Path, digest: str, kind: str) -> Path:
    return folder / digest[:2] / f"{digest}.{kind}"


def encode(data: bytes) -> Encoded:
    """Decode a picture and encode it anew: its kind, its bytes, and its width and height.

    Animation stays; place, camera, comments and colour profiles do not. Raises BadPicture.
    """
    if len(data) > MAX_BYTES:
        raise BadPicture(
            f"The picture has {len(data) / 2**20:.0f} MB, and {MAX_BYTES >> 20} MB is the most we take: "
            "save it smaller and upload it again."
        )
    try:
        with Image.open(BytesIO(data), formats=[kind.upper() for kind in KINDS]) as picture:
            return _encode(picture)
    except BadPicture:
        raise
    except _BROKEN:
        raise BadPicture(
            "This is not a PNG, JPEG, GIF or WebP picture that we can read: open it in a picture program and save "
            "it as one of these."
        ) from None


def _encode(picture: Image.Image) -> Encoded:
    kind = (picture.format or "").lower().replace("mpo", "jpeg")
    count = getattr(picture, "n_frames", 1)
    pixels = picture.width * picture.height * count
    if pixels > MAX_PIXELS:
        raise BadPicture(
            f"The picture has {pixels / 1e6:,.0f} million pixels, and {MAX_PIXELS // 10**6} million is the most we "
            "take: make it smaller and upload it again."
        )
    out = BytesIO()
    if count > 1 and kind != "jpeg":
        size = _encode_frames(picture, kind, out)
    else:
        still = _still(picture, kind)
        still.save(out, kind.upper(), **_OPTIONS[kind])
        size = still.size
    return kind, out.getvalue(), size


_OPTIONS: dict[str, dict[str, object]] = {
    "png": {"optimize": True},
    "jpeg": {"quality": 85, "optimize": True, "progressive": True},
    "gif": {"optimize": True},
    "webp": {"quality": 85, "method": 4},
}


def _still(picture: Image.Image, kind: str) -> Image.Image:
    upright = ImageOps.exif_transpose(picture)
    has_alpha = upright.has_transparency_data and kind != "jpeg"
    plain = _bare(upright, "RGBA" if has_alpha else "RGB")
    if plain.width > MAX_WIDTH:
        height = max(1, round(plain.height * MAX_WIDTH / plain.width))
        plain = plain.resize((MAX_WIDTH, height), Image.Resampling.LANCZOS)
    return plain


def _encode_frames(picture: Image.Image, kind: str, out: BytesIO) -> tuple[int, int]:
    frames: list[Image.Image] = []
    lengths: list[int] = []
    for frame in ImageSequence.Iterator(picture):
        frames.append(_bare(frame, "RGBA"))
        lengths.append(int(frame.info.get("duration", 100)))
    frames[0].save(
        out,
        kind.upper(),
        save_all=True,
        append_images=frames[1:],
        duration=lengths,
        loop=int(picture.info.get("loop", 0)),
        **({"disposal": 2} if kind == "gif" else {}),
    )
    return frames[0].size


def _bare(picture: Image.Image, mode: str) -> Image.Image:
    """The pixels alone: whatever else the file said stays behind."""
    pixels = picture.convert(mode)
    bare = Image.new(mode, pixels.size)
    bare.paste(pixels)
    return bare


def _write(target: Path, data: bytes) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{secrets.token_hex(8)}")
    with aside.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(target)
