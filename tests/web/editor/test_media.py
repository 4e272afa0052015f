"""Pictures from an editor to every reader (T-UP-1, T-UP-2)."""

from io import BytesIO

import pytest
from PIL import Image

from tests.web.editor.newsdesk import Newsdesk

JSON = {"Accept": "application/json"}


def png() -> BytesIO:
    out = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(out, "PNG")
    out.seek(0)
    return out


def test_a_picture_is_taken_in_and_given_out_to_everybody(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}/pictures"

    told = newsdesk.editor.post(path, {"file": (png(), "a_bench [at] sea.png")}, headers=JSON).json

    assert told is not None
    assert told["markdown"].startswith("![a bench at sea](https://news.example.org/media/")
    address = told["markdown"].partition("(")[2].removesuffix(")").removeprefix("https://news.example.org")
    shown = newsdesk.stranger().get(address)
    assert shown.status_code == 200
    assert shown.mimetype == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "Set-Cookie" not in shown.headers
    assert Image.open(BytesIO(shown.data)).size == (30, 20)


def test_t_up_1_what_is_no_picture_is_refused_in_a_sentence(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}/pictures"

    for name, data in [("x.svg", b"<svg/>"), ("x.png", b"<html>"), ("../../x.gif", b"GIF89a"), ("", b"")]:
        script = newsdesk.editor.post(path, {"file": (BytesIO(data), name)}, headers=JSON)
        page = newsdesk.editor.post(path, {"file": (BytesIO(data), name)})
        assert (script.status_code, page.status_code) == (422, 422)
        assert "not a PNG, JPEG, GIF or WebP picture" in page.text
    assert not (newsdesk.room.settings.data_dir / "media").exists()


@pytest.mark.parametrize(
    "name", ["x", "x.png", "../keys.json", "%2e%2e%2fkeys.json", "0" * 64 + ".png", "0" * 64 + ".svg", "..%00.png"]
)
def test_t_up_1_no_name_leads_to_another_file(newsdesk: Newsdesk, name: str) -> None:
    answer = newsdesk.editor.get(f"/media/{name}")

    assert answer.status_code == 404
    assert "links" not in answer.text


def test_without_a_script_the_page_says_what_to_write(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}/pictures"
    newsdesk.editor.get(path)

    page = newsdesk.editor.post(path, {"file": (png(), "bench.png")}).text

    assert 'value="![bench](https://news.example.org/media/' in page
