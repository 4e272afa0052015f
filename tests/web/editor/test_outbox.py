"""The outbox: each mail as its reader sees it, and as any mail program opens it."""

import email
import re
from email import policy

from newsletter.providers.outbox import Outbox
from tests.web.editor.newsdesk import Newsdesk


def ids(newsdesk: Newsdesk) -> list[str]:
    return [entry.delivery_id for entry in Outbox(newsdesk.room.settings.data_dir / "outbox").list(100).entries]


def test_an_empty_outbox_says_what_will_stand_there(newsdesk: Newsdesk) -> None:
    assert "No mail yet" in newsdesk.editor.get("/desk/outbox").text


def test_every_mail_is_listed_with_its_editions_mark(newsdesk: Newsdesk) -> None:
    newsdesk.room.launch()
    newsdesk.room.send()

    page = newsdesk.editor.get("/desk/outbox").text

    assert "40 of 40 mails." in page
    assert 'aria-label="Every section"' in page
    assert 'aria-label="Harbour charts"' in page


def test_a_mail_has_four_parts(newsdesk: Newsdesk) -> None:
    newsdesk.room.launch()
    newsdesk.room.send()
    path = f"/desk/outbox/{ids(newsdesk)[0]}"

    frame = newsdesk.editor.get(f"{path}/frame")
    text = newsdesk.editor.get(f"{path}?part=text").text
    headers = newsdesk.editor.get(f"{path}?part=headers").text
    source = newsdesk.editor.get(f"{path}?part=source").text
    file = newsdesk.editor.get(f"{path}/file")

    assert "Soundings" in frame.text
    assert frame.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in frame.headers["Content-Security-Policy"]
    assert "Good morning Reader" in text
    assert "List-Unsubscribe-Post" in headers
    assert "Content-Transfer-Encoding" in source
    assert email.message_from_bytes(file.data, policy=policy.default)["Subject"] == "First light"
    assert file.headers["Content-Disposition"].startswith("attachment; ")


def test_a_search_finds_an_address(newsdesk: Newsdesk) -> None:
    newsdesk.room.launch()
    newsdesk.room.send()

    found = newsdesk.editor.get("/desk/outbox?q=READER17@").text
    none = newsdesk.editor.get("/desk/outbox?q=kelp").text

    assert len(re.findall(r'class="mono">reader17@example.org</span>', found)) == 1
    assert "No mail matches “kelp”" in none


def test_a_mail_that_is_not_there_is_said_so(newsdesk: Newsdesk) -> None:
    for path in ("/desk/outbox/nothing", "/desk/outbox/nothing/frame", "/desk/outbox/nothing/file"):
        answer = newsdesk.editor.get(path)
        assert answer.status_code == 404
        assert "not in the outbox any more" in answer.text


def test_emptying_asks_once_and_names_how_many(newsdesk: Newsdesk) -> None:
    newsdesk.room.launch()
    newsdesk.room.send()

    asked = newsdesk.editor.get("/desk/outbox/empty").text
    refused = newsdesk.colleague.post("/desk/outbox/empty")
    assert refused.status_code == 403
    assert len(ids(newsdesk)) == 40
    newsdesk.editor.post("/desk/outbox/empty")

    assert "Throw away 40 mails" in asked
    assert ids(newsdesk) == []
