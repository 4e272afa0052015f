import gzip
from pathlib import Path

import pytest
from flask import Flask

from newsletter.web import assets
from tests.web.visitors import Visitor

pytestmark = pytest.mark.sqlite  # what is tested here does not depend on the database


@pytest.fixture
def style(app: Flask) -> str:
    with app.test_request_context():
        return assets.asset("site.css")


def test_a_style_sheet_is_kept_for_a_year_under_the_hash_of_its_age(style: str, visitor: Visitor) -> None:
    answer = visitor.get(style)

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert "Set-Cookie" not in answer.headers


def test_an_older_page_gets_today_s_file_but_does_not_keep_it(visitor: Visitor) -> None:
    answer = visitor.get("/static/older/site.css")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_it_is_packed_for_whoever_can_unpack_it(style: str, visitor: Visitor) -> None:
    packed = visitor.get(style, headers={"Accept-Encoding": "br, gzip"})
    plain = visitor.get(style, headers={"Accept-Encoding": "gzip;q=0"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "nothing.css", "", "."])
def test_nothing_but_the_files_of_the_folder_is_served(name: str, visitor: Visitor) -> None:
    assert visitor.get(f"/static/x/{name}").status_code in (308, 404)


def test_the_age_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    before = assets.read(tmp_path)
    (tmp_path / "a.js").write_text("2")

    after = assets.read(tmp_path)

    assert before.age != after.age
    assert after.files["a.js"].kind == "text/javascript"


def test_what_is_missing_is_noticed_when_the_page_is_written(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(KeyError, match=r"nothing\.css"):
        assets.asset("nothing.css")


def test_the_first_load_of_a_reader_s_page_is_small(visitor: Visitor) -> None:
    names = ("site.css", "reader.css")

    assert sum(len(visitor.get(f"/static/x/{name}").data) for name in names) < 24_000
