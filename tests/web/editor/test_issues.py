"""The list of issues, new ones, and the way in for texts from outside."""

from io import BytesIO

import pytest
from sqlalchemy import select

from newsletter.issues.models import Issue
from newsletter.publications.models import Topic
from tests.web.editor.newsdesk import Newsdesk


def titles(newsdesk: Newsdesk) -> list[str]:
    with newsdesk.room.database.read() as session:
        return list(session.scalars(select(Issue.title).order_by(Issue.number)))


def test_an_empty_list_says_how_to_begin(newsdesk: Newsdesk) -> None:
    assert "No issue yet" in newsdesk.editor.get("/desk/issues").text


def test_each_row_names_its_next_step(newsdesk: Newsdesk) -> None:
    draft = newsdesk.make_issue()
    newsdesk.room.launch()
    newsdesk.room.send()

    page = newsdesk.editor.get("/desk/issues").text

    assert f'href="/desk/issues/{draft.public_id}/launch">Review and send' in page
    assert "40 handed over" in page
    assert "Harbour charts, Night sky" in page
    assert 'All<span class="n">2</span>' in page


def test_a_search_without_result_leads_back(newsdesk: Newsdesk) -> None:
    newsdesk.make_issue()

    assert "First light" in newsdesk.editor.get("/desk/issues?q=comet").text
    assert "No issue says “kelp”" in newsdesk.editor.get("/desk/issues?q=kelp").text


def test_a_new_issue_is_blank_or_in_the_shape_of_the_last(newsdesk: Newsdesk) -> None:
    newsdesk.make_issue()

    blank = newsdesk.editor.post("/desk/issues", {"from": "blank"})
    shaped = newsdesk.editor.post("/desk/issues", {"from": "last"})

    assert "Untitled" in newsdesk.editor.get(blank.location).text
    page = newsdesk.editor.get(shaped.location).text
    assert "## Night sky" in page
    assert "**What it is:**" in page
    assert "A smudge" not in page


def test_a_pasted_text_becomes_an_issue_with_its_topics(newsdesk: Newsdesk) -> None:
    pasted = "Trails\n\nHarbour charts\n\nSoundings\nWhat it is: a survey\n\nKelp\n\nA farm\nWhat it is: green\n"

    answer = newsdesk.editor.post("/desk/issues/import", {"text": pasted, "create_topics": "1"})

    page = newsdesk.editor.get(answer.location).text
    assert "Read in." in page
    assert "New topics, hidden until you offer them: Kelp." in page
    with newsdesk.room.database.read() as session:
        assert session.scalars(select(Topic.name).where(Topic.is_hidden)).all() == ["Kelp"]


def test_a_file_becomes_an_issue(newsdesk: Newsdesk) -> None:
    file = (BytesIO("---\ntitle: Ébauche\n---\n".encode("latin-1")), "draft.md")

    answer = newsdesk.editor.post("/desk/issues/import", {"file": file})

    assert answer.status_code == 303
    assert titles(newsdesk) == ["Ébauche"]


@pytest.mark.parametrize(
    ("brought", "sentence"),
    [
        ("  ", "Paste the text of an issue, or choose a file."),
        (b"", "The file is empty."),
        (b"%PDF-1.7", "The file is a PDF"),
        ("T\n\nKelp\n\nA farm\nWhat it is: green\n", "No topic is called “Kelp”"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_pasted_is_lost(
    newsdesk: Newsdesk, brought: str | bytes, sentence: str
) -> None:
    pasted = brought if isinstance(brought, str) else ""
    form = {"text": pasted} if isinstance(brought, str) else {"file": (BytesIO(brought), "issue.txt")}

    answer = newsdesk.editor.post("/desk/issues/import", form)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert pasted.strip() in answer.text
    assert titles(newsdesk) == []
