"""The pictures and the audit leave no page out, and say what they found in words."""

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.audit import Measured, complaints
from tests.pages import NOT_PAGES, Page, Whose, open_pages


@pytest.fixture(scope="module")
def pages() -> Iterator[list[Page]]:
    with open_pages() as pages:
        yield pages


def endpoint(app: Flask, path: str) -> str:
    found, _ = app.url_map.bind("127.0.0.1").match(path.partition("?")[0], method="GET")
    return str(found)


def test_every_page_of_the_program_is_in_the_list(pages: list[Page]) -> None:
    app = pages[0].room.app
    listed = set()
    for page in pages:
        try:
            listed.add(endpoint(page.room.app, page.path.removeprefix(page.room.address)))
        except HTTPException:
            assert page.whose is Whose.MAIL, f"{page.name} leads nowhere"
    there = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    assert there - listed - set(NOT_PAGES) == set(), "list these in tests/pages.py, or say why they are no pages"
    assert set(NOT_PAGES) <= there


def test_no_two_pages_share_a_name(pages: list[Page]) -> None:
    twice = [name for name, count in Counter(page.name for page in pages).items() if count > 1]

    assert twice == []


def test_what_is_below_the_mark_is_named() -> None:
    good = {"performance": 100, "accessibility": 98}
    rule = {"id": "label", "impact": "critical", "nodes": [{"target": "#address", "html": "", "why": ""}]}

    assert list(complaints(Measured("/", "light", [], good))) == []
    assert list(complaints(Measured("/", "dark", [rule], {"seo": 97}))) == [
        "/ (dark): label, critical: #address",
        "/: seo 97",
    ]
