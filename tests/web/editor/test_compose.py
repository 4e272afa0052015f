"""Writing at the desk, without a script and with one."""

import json

from sqlalchemy import select

from newsletter.issues.models import Issue, Version
from tests.delivery.newsroom import TEXT
from tests.web.editor.newsdesk import Newsdesk

JSON = {"Accept": "application/json"}


def versions(newsdesk: Newsdesk, issue: Issue) -> list[str]:
    with newsdesk.room.database.read() as session:
        return list(session.scalars(select(Version.text).where(Version.issue_id == issue.id).order_by(Version.number)))


def test_the_page_shows_the_text_and_who_gets_what(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()

    page = newsdesk.editor.get(f"/desk/issues/{issue.public_id}").text

    assert "**Rating:** 🧭🧭🧭" in page
    assert 'title="40 people get this section"' in page
    assert 'title="20 people get this section"' in page
    assert "2 of 2" in page  # every section is one of the two editions that somebody gets


def test_saving_works_without_a_script(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}"
    newsdesk.editor.get(path)

    answer = newsdesk.editor.post(f"{path}/save", {"text": "# New words\r\n", "revision": "1"})

    assert (answer.status_code, answer.location) == (303, path)
    assert newsdesk.issue(issue.id).text == "# New words\n"
    assert newsdesk.issue(issue.id).title == "New words"


def test_autosave_tells_its_script_the_next_revision(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()

    answer = newsdesk.editor.post(
        f"/desk/issues/{issue.public_id}/save", {"text": "# A\n", "revision": "1"}, headers=JSON
    )

    assert answer.json == {"revision": 2, "at": "09:00:00", "title": "A"}


def test_two_who_save_are_told_and_both_texts_are_kept(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    save = f"/desk/issues/{issue.public_id}/save"
    newsdesk.colleague.post(save, {"text": "Jonas wrote\n", "revision": "1"})

    page = newsdesk.editor.post(save, {"text": "Marta wrote\n", "revision": "1"})
    script = newsdesk.editor.post(save, {"text": "Marta typed on\n", "revision": "1"}, headers=JSON)

    assert (page.status_code, script.status_code) == (409, 409)
    assert "Jonas saved this issue while you were writing." in page.text
    assert "Marta wrote" in page.text  # her words stand in the field
    assert 'name="revision" value="2"' in page.text  # so that saving again puts them in the place of his
    assert script.json is not None
    assert script.json["revision"] == 2
    assert newsdesk.issue(issue.id).text == "Jonas wrote\n"
    assert {"Jonas wrote\n", "Marta wrote\n", "Marta typed on\n"} <= set(versions(newsdesk, issue))


def test_a_preview_stores_nothing(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    text = (
        TEXT.replace("A survey of the bay", "A survey nobody has saved") + "\n## Nobody knows this {topic=kelp}\n\nx\n"
    )

    told = newsdesk.editor.post(f"/desk/issues/{issue.public_id}/preview", {"text": text}, headers=JSON)
    mail = newsdesk.editor.post(f"/desk/issues/{issue.public_id}/mail", {"text": text})

    assert told.json is not None
    assert "Nobody knows this" in told.json["outline"]
    assert "1 to mend" in told.json["findings"]
    assert told.json["wrong"] == [text.split("\n").index("## Nobody knows this {topic=kelp}") + 1]
    assert [is_in for _, _, is_in in told.json["ranges"]] == [True, True, False]
    assert "A survey nobody has saved" in mail.text
    assert newsdesk.issue(issue.id).text == TEXT
    assert versions(newsdesk, issue) == []


def test_each_edition_can_be_looked_at(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    mail = f"/desk/issues/{issue.public_id}/mail"

    whole = newsdesk.editor.get(mail).text
    some = newsdesk.editor.get(f"{mail}?show=some&topics=night-sky&name=Lin+Okoro").text
    text = newsdesk.editor.get(f"{mail}?form=text").text
    dark = newsdesk.editor.get(f"{mail}?form=dark").text

    assert "Soundings" in whole
    assert "Soundings" not in some
    assert "A comet" in some
    assert "Good morning Lin." in some
    assert "<pre>" in text
    assert "@media all" in dark
    assert "@media (prefers-color-scheme:dark)" not in whole


def test_a_mail_is_framed_so_that_nothing_in_it_runs(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue("# T\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n")

    mail = newsdesk.editor.get(f"/desk/issues/{issue.public_id}/mail")
    page = newsdesk.editor.get(f"/desk/issues/{issue.public_id}").text

    policy = mail.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "<script" not in mail.text
    assert 'href="javascript' not in mail.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<script>alert(1)" not in page


def test_nobody_from_the_list_is_shown_in_a_preview(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()

    shown = newsdesk.editor.get(f"/desk/issues/{issue.public_id}/mail").text
    page = newsdesk.editor.get(f"/desk/issues/{issue.public_id}").text

    assert "Good morning Ines." in shown
    assert "reader1@example.org" not in shown + page


def test_moving_a_section_saves_it_for_a_page_and_only_answers_a_script(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    move = f"/desk/issues/{issue.public_id}/move"

    answered = newsdesk.editor.post(move, {"text": TEXT, "move": "1 -1"}, headers=JSON)
    assert newsdesk.issue(issue.id).text == TEXT
    newsdesk.editor.post(move, {"text": TEXT, "move": "1 -1", "revision": "1"})

    moved = newsdesk.issue(issue.id).text
    assert answered.json == {"text": moved}
    assert moved.index("## Night sky") < moved.index("## Harbour charts")
    assert sorted(moved.split()) == sorted(TEXT.split())


def test_a_section_that_is_not_there_cannot_be_moved(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()

    for move in ("7 1", "0 -1", "x", ""):
        answer = newsdesk.editor.post(
            f"/desk/issues/{issue.public_id}/move", {"text": TEXT, "move": move}, headers=JSON
        )
        assert answer.status_code == 400, move
        assert "There is no such section" in json.loads(answer.text)["detail"]


def test_a_text_that_no_mail_could_carry_is_refused_in_a_sentence(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()

    answer = newsdesk.editor.post(f"/desk/issues/{issue.public_id}/save", {"text": "x" * (2 << 20), "revision": "1"})

    assert answer.status_code == 413
    assert "more than 1 MB of text" in answer.text
    assert newsdesk.issue(issue.id).text == TEXT


def test_an_older_version_can_be_compared_and_restored(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}"
    newsdesk.room.forward(minutes=5)
    newsdesk.editor.post(f"{path}/save", {"text": "# Other words\n", "revision": "1"})

    listed = newsdesk.editor.get(f"{path}/versions").text
    shown = newsdesk.editor.get(f"{path}/versions/1").text
    answer = newsdesk.editor.post(f"{path}/versions/1")

    assert "Version 1" in listed
    assert '<p class="old"><span class="sr">Not here: </span># Other words</p>' in shown
    assert answer.status_code == 303
    assert newsdesk.issue(issue.id).text == TEXT
    assert "# Other words\n" in versions(newsdesk, issue)
    assert "Restored." in newsdesk.editor.get(answer.location).text


def test_what_was_sent_is_not_what_is_written_on(newsdesk: Newsdesk) -> None:
    issue_id = newsdesk.room.launch()

    page = newsdesk.editor.get(f"/desk/issues/{newsdesk.issue(issue_id).public_id}").text

    assert "What leaves is pinned." in page
