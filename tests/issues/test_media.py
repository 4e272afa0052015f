"""Pictures that editors upload (T-UP-1, T-UP-2)."""

import struct
import zlib
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageSequence
from sqlalchemy.orm import Session

from newsletter.issues import media
from newsletter.publications.models import Publication


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "teal").save(out, kind, **options)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_four_kinds_come_out_as_they_came_in(kind: str) -> None:
    found, encoded, size = media.encode(picture(kind))

    assert found == kind.lower()
    assert size == (40, 30)
    assert Image.open(BytesIO(encoded)).format == kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>",
        b"<!doctype html><script>x()</script>",
        b"%PDF-1.7\n",
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        picture("PNG")[:60],
        picture("BMP"),
        picture("TIFF"),
        b"../../etc/passwd\0",
    ],
    ids=["nothing", "cut gif", "svg", "html", "pdf", "cut jpeg", "cut png", "bmp", "tiff", "text"],
)
def test_t_up_1_anything_else_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(media.BadPicture, match=r"not a PNG, JPEG, GIF or WebP"):
        media.encode(data)


def test_t_up_1_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(media.BadPicture, match=r"10,000 million pixels"):
        media.encode(png_that_claims(100_000, 100_000))


def test_t_up_1_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(media.BadPicture, match=r"13 MB"):
        media.encode(b"\x89PNG" + b"\0" * (13 << 20))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_t_up_1_nothing_hides_behind_the_picture(kind: str) -> None:
    polyglot = picture(kind) + b"<script>alert(1)</script>PK\x03\x04"

    _, encoded, _ = media.encode(polyglot)

    assert b"<script>" not in encoded
    assert b"PK\x03\x04" not in encoded


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_t_up_2_where_it_was_taken_does_not_survive(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>steal()</script>"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 12.5)

    _, encoded, _ = media.encode(picture(kind, exif=exif.tobytes()))

    assert not Image.open(BytesIO(encoded)).getexif()
    assert b"script" not in encoded


def test_t_up_2_comments_and_profiles_do_not_survive() -> None:
    _, jpeg, _ = media.encode(picture("JPEG", comment=b"secret words", icc_profile=b"secret profile"))
    _, gif, _ = media.encode(picture("GIF", comment=b"secret words"))

    assert b"secret" not in jpeg + gif


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side

    _, _, size = media.encode(picture("JPEG", exif=exif.tobytes()))

    assert size == (30, 40)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_t_up_2_animation_survives(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0)

    _, encoded, _ = media.encode(out.getvalue())

    again = Image.open(BytesIO(encoded))
    shown = [frame.convert("RGB").getpixel((10, 10)) for frame in ImageSequence.Iterator(again)]
    assert len(shown) == 3
    assert len(set(shown)) == 3


def test_a_picture_wider_than_a_mail_is_made_smaller() -> None:
    _, _, size = media.encode(picture("PNG", (4000, 1000)))

    assert size == (1600, 400)


def test_see_through_stays_see_through() -> None:
    _, encoded, _ = media.encode(picture("PNG", mode="RGBA"))

    assert Image.open(BytesIO(encoded)).mode == "RGBA"


def test_a_second_upload_finds_the_first(
    session: Session, publication: Publication, tmp_path: Path, now: datetime
) -> None:
    folder = tmp_path / "media"

    first = media.store(session, folder, publication.id, media.encode(picture("PNG")), now)
    second = media.store(session, folder, publication.id, media.encode(picture("PNG")), now)

    assert first.id == second.id
    assert media.find(session, first.digest) is first
    assert media.path(folder, first.digest, "png").read_bytes() == media.encode(picture("PNG"))[1]
    assert [file.name for file in folder.rglob("*") if file.is_file()] == [f"{first.digest}.png"]
