"""The drawer and the press: who gets what, what stops it, and how it is taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.accounts.models import LogEntry
from newsletter.delivery.models import Letter
from newsletter.issues.models import State
from tests.delivery.newsroom import START, TEXT
from tests.web.editor.newsdesk import Newsdesk


def test_the_drawer_says_who_gets_what_and_who_gets_nothing(newsdesk: Newsdesk) -> None:
    newsdesk.room.subscribe("night@example.org", topics=(1,))
    issue = newsdesk.make_issue(TEXT.partition("## Night sky")[0])

    page = newsdesk.editor.get(f"/desk/issues/{issue.public_id}/launch").text

    assert "Send to 40 people" in page
    assert "Chose only topics that are not in this issue" in page
    assert "You have 60 seconds to undo." in page


def test_what_has_to_be_mended_stops_the_press(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue(TEXT + "\n## Kelp {topic=kelp}\n\nGreen.\n")
    path = f"/desk/issues/{issue.public_id}/launch"

    page = newsdesk.editor.get(path).text
    answer = newsdesk.editor.post(path, {"when": "now"})

    assert "names the topic “kelp”, which nobody can choose" in page
    assert "1 thing has to be mended first." in page
    assert answer.status_code == 422
    assert "Not sent" in answer.text
    assert newsdesk.issue(issue.id).state == State.DRAFT


def test_a_press_leaves_a_minute_to_take_it_back(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}"

    answer = newsdesk.editor.post(f"{path}/launch", {"when": "now"})
    page = newsdesk.editor.get(answer.location).text
    back = newsdesk.editor.post(f"{path}/undo")

    assert answer.location == f"{path}/sending"
    assert 'data-leaves-in-ms="60000"' in page
    assert "Nothing has left yet." in page
    assert back.location == f"{path}?told=back"
    assert newsdesk.issue(issue.id).state == State.DRAFT
    newsdesk.room.forward(minutes=2)
    newsdesk.room.tick()
    newsdesk.room.send()
    assert newsdesk.room.outbox() == []
    with newsdesk.room.database.read() as session:
        assert session.scalars(select(LogEntry.act)).all() == ["issue.launch", "issue.undo"]


def test_after_the_minute_it_is_too_late_and_said_so(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}"
    newsdesk.editor.post(f"{path}/launch", {"when": "now"})
    newsdesk.room.forward(minutes=2)
    newsdesk.room.tick()

    answer = newsdesk.editor.post(f"{path}/undo")

    assert "It was too late to take it back." in newsdesk.editor.get(answer.location).text


def test_the_second_of_two_who_press_is_told_so(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}/launch"
    newsdesk.editor.post(path, {"when": "now"})

    again = newsdesk.editor.post(path, {"when": "now"})

    assert "This issue was sent off before you pressed." in newsdesk.editor.get(again.location).text
    newsdesk.room.forward(minutes=2)
    newsdesk.room.tick()
    newsdesk.room.send()
    assert len(newsdesk.room.outbox()) == 40


def test_a_time_is_read_in_the_publications_own_zone(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()

    newsdesk.editor.post(
        f"/desk/issues/{issue.public_id}/launch", {"when": "later", "day": "2026-11-26", "time": "07:00"}
    )

    due_at = newsdesk.issue(issue.id).due_at
    assert due_at == START.replace(day=26, hour=7)
    page = newsdesk.editor.get(f"/desk/issues/{issue.public_id}/sending").text
    assert "Leaves Thu 26 Nov, 07:00" in page
    assert "data-leaves-in-ms" not in page


@pytest.mark.parametrize(
    ("day", "time", "sentence"),
    [("2026-11-24", "07:00", "That time has passed."), ("", "", "Type a day"), ("26.11.", "7", "Type a day")],
)
def test_a_time_that_cannot_be_is_refused(newsdesk: Newsdesk, day: str, time: str, sentence: str) -> None:
    issue = newsdesk.make_issue()

    answer = newsdesk.editor.post(f"/desk/issues/{issue.public_id}/launch", {"when": "later", "day": day, "time": time})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert newsdesk.issue(issue.id).state == State.DRAFT


def test_a_test_copy_goes_to_any_address(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    path = f"/desk/issues/{issue.public_id}/test-copy"

    sent = newsdesk.editor.post(path, {"address": "friend@example.net", "edition": "night-sky"})
    refused = newsdesk.editor.post(path, {"address": "friend at example", "edition": "all"})

    assert "A copy is on its way to friend@example.net." in sent.text
    assert refused.status_code == 422
    assert "There is a space in this address." in refused.text
    with newsdesk.room.database.read() as session:
        letter = session.scalars(select(Letter)).one()
        assert (letter.kind, letter.address, letter.words["topics"]) == ("test", "friend@example.net", ["night-sky"])


def test_an_editor_writes_and_a_publisher_sends(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()

    answer = newsdesk.colleague.post(f"/desk/issues/{issue.public_id}/launch", {"when": "now"})

    assert answer.status_code == 403
    assert newsdesk.issue(issue.id).state == State.DRAFT


def test_a_draft_has_no_progress_and_a_sent_issue_no_drawer(newsdesk: Newsdesk) -> None:
    draft = newsdesk.make_issue()
    sent = newsdesk.issue(newsdesk.room.launch())

    to_the_text = newsdesk.editor.get(f"/desk/issues/{draft.public_id}/sending")
    to_the_progress = newsdesk.editor.get(f"/desk/issues/{sent.public_id}/launch")

    assert to_the_text.location == f"/desk/issues/{draft.public_id}"
    assert to_the_progress.location == f"/desk/issues/{sent.public_id}/sending"


def test_the_window_counts_down(newsdesk: Newsdesk) -> None:
    issue = newsdesk.make_issue()
    newsdesk.editor.post(f"/desk/issues/{issue.public_id}/launch", {"when": "now"})
    newsdesk.room.now += timedelta(seconds=13)

    page = newsdesk.editor.get(f"/desk/issues/{issue.public_id}").text

    assert 'data-leaves-in-ms="47000"' in page
