"""While it is sent, and afterwards: every number is the ledger's, and leads to the people it counts."""

from newsletter.issues.models import State
from tests.delivery.newsroom import TEXT
from tests.web.editor.newsdesk import Newsdesk

JSON = {"Accept": "application/json"}


def test_progress_is_told_to_a_page_and_to_its_script(newsdesk: Newsdesk) -> None:
    issue = newsdesk.issue(newsdesk.room.launch())
    path = f"/desk/issues/{issue.public_id}"

    before = newsdesk.editor.get(f"{path}/progress", headers=JSON).json
    newsdesk.room.send()
    after = newsdesk.editor.get(f"{path}/progress", headers=JSON).json
    page = newsdesk.editor.get(f"{path}/sending").text

    assert before is not None
    assert after is not None
    assert (before["state"], after["state"]) == ("launched", "finished")
    assert after["words"] == "40 of 40 handed over"
    assert after["html"] in page or "<b>40</b> of 40 handed over" in page
    assert "Harbour charts" in page
    assert "Read the mails in the outbox" in page


def test_pause_go_on_and_stop_do_what_they_say(newsdesk: Newsdesk) -> None:
    issue = newsdesk.issue(newsdesk.room.launch())
    path = f"/desk/issues/{issue.public_id}"

    newsdesk.editor.post(f"{path}/pause")
    newsdesk.editor.post(f"{path}/pause")
    newsdesk.room.send()
    assert newsdesk.issue(issue.id).state == State.PAUSED
    assert "Nothing leaves at the moment." in newsdesk.editor.get(f"{path}/sending").text
    newsdesk.editor.post(f"{path}/resume")
    assert newsdesk.issue(issue.id).state == State.SENDING
    newsdesk.editor.post(f"{path}/pause")
    asked = newsdesk.editor.get(f"{path}/stop").text
    stopped = newsdesk.editor.post(f"{path}/stop")

    assert "40 people will not get it." in asked
    assert newsdesk.issue(issue.id).state == State.CANCELLED
    assert "Not sent, because it was stopped" in newsdesk.editor.get(stopped.location).text
    newsdesk.room.send()
    assert newsdesk.room.outbox() == []


def test_a_button_pressed_too_late_changes_nothing(newsdesk: Newsdesk) -> None:
    issue = newsdesk.issue(newsdesk.room.launch())
    newsdesk.room.send()

    for act in ("pause", "resume", "stop"):
        answer = newsdesk.editor.post(f"/desk/issues/{issue.public_id}/{act}")
        assert answer.status_code == 303, act

    assert newsdesk.issue(issue.id).state == State.FINISHED


def test_what_is_unknown_is_named_with_its_list(newsdesk: Newsdesk) -> None:
    with newsdesk.room.postmark("cut") as arrivals:
        issue = newsdesk.issue(newsdesk.room.launch())
        newsdesk.room.send()
    path = f"/desk/issues/{issue.public_id}"

    page = newsdesk.editor.get(f"{path}/sending").text
    report = newsdesk.editor.get(f"{path}/report").text
    people = newsdesk.editor.get(f"{path}/people?status=unknown").text

    unknown = newsdesk.room.count(issue.id).counts["unknown"]
    assert unknown == 20
    assert "We do not know what became of 20 mails." in page
    assert "We will not send them twice." in page
    assert "<h2>What is unknown</h2>" in report
    assert "20 people." in people
    assert people.count("@example.org") == 20
    assert len(set(arrivals.addresses())) == len(arrivals.addresses())


def test_the_report_names_its_denominators(newsdesk: Newsdesk) -> None:
    newsdesk.room.subscribe("night@example.org", topics=(1,))
    issue = newsdesk.make_issue(TEXT.partition("## Night sky")[0])
    newsdesk.room.launch(issue.id)
    newsdesk.room.send()

    page = newsdesk.editor.get(f"/desk/issues/{issue.public_id}/report").text

    assert "<b>40</b> of 40 mails were handed over to Outbox." in page
    assert "how many people were handed it, of 40" in page
    assert "1 of 41 people counted" in page
    assert f"/desk/issues/{issue.public_id}/people?status=skipped&amp;reason=no_section" in page


def test_lists_come_in_pages_and_lead_to_each_person(newsdesk: Newsdesk) -> None:
    newsdesk.room.subscribe(*(f"more{number}@example.org" for number in range(20)))
    issue = newsdesk.issue(newsdesk.room.launch())
    newsdesk.room.send()
    path = f"/desk/issues/{issue.public_id}/people?status=accepted"

    first = newsdesk.editor.get(path).text
    rest = newsdesk.editor.get(_next(first)).text

    assert "60 people." in first
    assert first.count('class="mono"') == 50
    assert rest.count('class="mono"') == 10
    assert "/desk/people/" in rest


def _next(page: str) -> str:
    path = page.rpartition('<a href="')[2].partition('"')[0]
    return path.replace("&amp;", "&")


def test_a_list_of_a_status_that_is_none_is_not_there(newsdesk: Newsdesk) -> None:
    issue = newsdesk.issue(newsdesk.room.launch())

    assert newsdesk.editor.get(f"/desk/issues/{issue.public_id}/people?status=nonsense").status_code == 404
    assert "Nobody" in newsdesk.editor.get(f"/desk/issues/{issue.public_id}/people?status=rejected").text


def test_before_anybody_is_counted_there_is_no_report(newsdesk: Newsdesk) -> None:
    issue = newsdesk.issue(newsdesk.room.launch())
    path = f"/desk/issues/{issue.public_id}"

    assert newsdesk.editor.get(f"{path}/report").location == f"{path}/sending"
