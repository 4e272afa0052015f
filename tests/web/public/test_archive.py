"""The archive: what is in it, what is never in it, and that nobody's words become markup."""

from datetime import date, timedelta

import pytest

from newsletter.delivery import editions, web_links
from newsletter.delivery.models import Edition
from newsletter.issues.models import Issue, State, Version
from newsletter.publications.models import Publication
from tests.web.public.conftest import Reader

HOSTILE = """---
title: <script>alert(1)</script> & "more"
preheader: <b>bold</b>
---
Hello {{ first_name | fallback("<i>you</i>") }}.

## Harbour charts

### [Bad](javascript:alert(1))
**What it is:** <img src=x onerror=alert(1)> and [a link](javascript:alert(2))
**Rating:** ★★★☆☆

:::button href="javascript:alert(3)" label="Press"
:::

:::callout title="Mind"
A paragraph.
:::

> Quoted.
"""
MOVES = (State.LAUNCHED, State.FREEZING, State.SENDING)


def publish(reader: Reader, number: int, text: str, *moves: State, is_public: bool = True) -> Issue:
    now = reader.clock.now
    with reader.database.write() as session:
        about = session.get_one(Publication, reader.world.publication.id)
        issue = Issue(publication_id=about.id, number=number, text=text, is_public=is_public, made_at=now, saved_at=now)
        session.add(issue)
        session.flush()
        version = Version(issue_id=issue.id, number=1, text=text, saved_at=now)
        session.add(version)
        session.flush()
        composed = editions.compose(session, about, text, "https://news.example.org")
        editions.pin(session, issue, version, composed, now)
        issue.version_id, issue.launched_at = version.id, now
        for state in moves:
            session.flush()
            issue.state = state
        return issue


@pytest.mark.parametrize(
    ("moves", "is_public", "text"),
    [
        ((), True, "# Draft\n\n## Harbour charts\n\nHush.\n"),
        ((State.LAUNCHED,), True, "## Harbour charts\n\nHush.\n"),
        ((State.LAUNCHED, State.FREEZING, State.CANCELLED), True, "## Harbour charts\n\nHush.\n"),
        (MOVES, False, "## Harbour charts\n\nHush.\n"),
        (MOVES, True, "---\nvisibility: private\n---\n\n## Harbour charts\n\nHush.\n"),
    ],
    ids=["draft", "launched", "stopped", "kept out by the desk", "private by its text"],
)
def test_what_was_not_sent_to_everybody_is_in_no_list_and_behind_no_address(
    reader: Reader, moves: tuple[State, ...], is_public: bool, text: str
) -> None:
    issue = publish(reader, 2, text, *moves, is_public=is_public)

    assert "Nothing has been sent yet." in reader.visitor.get("/archive").text
    page = reader.visitor.get(f"/archive/{issue.public_id}")
    assert page.status_code == 404
    assert "Hush." not in page.text
    assert "Last:" not in reader.visitor.get("/").text


def test_what_an_editor_typed_never_becomes_markup(reader: Reader) -> None:
    """T-TPL."""
    issue = publish(reader, 2, HOSTILE, *MOVES)

    for path in ("/archive", f"/archive/{issue.public_id}", "/"):
        page = reader.visitor.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>bold" not in page
        assert "<i>you" not in page
        assert 'href="javascript:' not in page
    article = reader.visitor.get(f"/archive/{issue.public_id}").text
    assert 'aria-label="3 out of 5"' in article
    assert "Quoted." in article
    assert "A paragraph." in article


def test_a_long_archive_comes_in_pages_newest_first(reader: Reader) -> None:
    for number in range(2, 25):
        publish(reader, number, f"---\ntitle: No. {number}\n---\n\n## Harbour charts\n\nText.\n", *MOVES)

    first = reader.visitor.get("/archive").text
    assert first.index("No. 24") < first.index("No. 23")
    assert first.count("<h3>") == 20
    second = reader.visitor.get("/archive?before=5").text
    assert "before=5" in first
    assert second.count("<h3>") == 3
    assert "Older issues" not in second
    assert reader.visitor.get("/archive?before=x&topic=%00").status_code == 200


def test_an_issue_bears_its_own_date_or_that_of_its_launch(reader: Reader) -> None:
    dated = publish(reader, 2, "---\ntitle: A\ndate: 2026-11-20\n---\n\n## Harbour charts\n\nText.\n", *MOVES)
    plain = publish(reader, 3, "---\ntitle: B\n---\n\n## Harbour charts\n\nText.\n", *MOVES)

    assert date(2026, 11, 20).isoformat() in reader.visitor.get(f"/archive/{dated.public_id}").text
    page = reader.visitor.get(f"/archive/{plain.public_id}").text
    assert reader.clock.now.date().isoformat() in page
    assert f'href="/archive/{dated.public_id}">Before: A' in page


def test_a_link_to_an_edition_shows_that_edition_of_that_issue_only(reader: Reader) -> None:
    text = "---\ntitle: A\n---\n\n## Harbour charts\n\nCharts.\n\n## Ink\n\nBlack.\n"
    one, two = publish(reader, 2, text, *MOVES), publish(reader, 3, text, *MOVES)
    with reader.database.write() as session:
        edition = Edition(issue_id=one.id, key="ink", topics=["ink"], sections=[], size_bytes=1, digest="d")
        session.add(edition)
        session.flush()
    reader.clock.forward(timedelta(days=3000))

    page = reader.visitor.get(web_links.view("", reader.ring, one.id, edition.id))

    assert "Black." in page.text
    assert "Charts." not in page.text
    assert reader.visitor.get(web_links.view("", reader.ring, two.id, edition.id)).status_code == 404
    assert reader.visitor.get(web_links.view("", reader.ring, one.id, 10**6)).status_code == 404
