"""The freeze: everybody who may get the issue is written down once, and everybody else with the reason."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from newsletter.delivery import audience, editions, launching, machine, reports
from newsletter.delivery.models import Chunk, Delivery, Outcome
from newsletter.issues.models import Issue, State
from newsletter.providers.outbox import Outbox
from newsletter.subscribers import leaving, people, suppressions
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import Status, Subscriber, SuppressionKind
from tests.delivery.newsroom import PEOPLE, TEXT, Newsroom


def test_each_person_gets_one_mail_with_their_sections(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()

    newsroom.send()

    assert Counter(newsroom.outbox()) == Counter(newsroom.everybody().values())
    found = newsroom.count(issue_id)
    assert found.state is State.FINISHED
    assert {tuple(each.topics): each.people for each in found.editions} == {
        ("harbour-charts", "night-sky"): 20,
        ("harbour-charts",): 20,
    }


def test_whoever_gets_nothing_is_counted_with_the_reason(newsroom: Newsroom) -> None:
    newsroom.subscribe("nothing@example.org", topics=())
    newsroom.subscribe("paused@example.org", status=Status.PAUSED)
    newsroom.subscribe("pending@example.org", status=Status.PENDING)
    newsroom.subscribe("left@example.org", status=Status.LEFT)
    newsroom.subscribe("never@example.org")
    with newsroom.database.write() as session:
        key = session.get_one(Subscriber, newsroom.person("never@example.org")).address_key
        suppressions.suppress(session, key, SuppressionKind.NEVER, "asked", newsroom.now)

    issue_id = newsroom.launch()
    newsroom.send()

    found = newsroom.count(issue_id)
    assert found.skipped == {"no_section": 1, "paused": 1, "suppressed": 1}
    assert found.handed_over == PEOPLE
    assert found.people == PEOPLE + 3


def test_a_section_without_a_topic_goes_to_everybody(newsroom: Newsroom) -> None:
    newsroom.subscribe("nothing@example.org", topics=())

    newsroom.launch(newsroom.issue(TEXT + "\n## Small print\n\nFor all of you.\n"))
    newsroom.send()

    assert "nothing@example.org" in newsroom.outbox()


@pytest.mark.parametrize("slice_", [1, 7, 1000])
def test_slices_of_any_size_lose_and_double_nobody(
    newsroom: Newsroom, slice_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "SLICE", slice_)
    monkeypatch.setattr(audience, "LANE", 10)
    monkeypatch.setattr(editions, "KEYED", 6)

    issue_id = newsroom.launch()
    newsroom.send()

    assert newsroom.count(issue_id).handed_over == PEOPLE
    with newsroom.database.read() as session:
        for chunk in session.scalars(select(Chunk).where(Chunk.issue_id == issue_id)):
            inside = session.scalars(select(Delivery.subscriber_id).where(Delivery.chunk_id == chunk.id)).all()
            assert len(inside) == chunk.n <= 6
            assert (min(inside), max(inside)) == (chunk.lo, chunk.hi)


def test_a_set_first_chosen_between_two_slices_loses_nobody(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "SLICE", 10)
    issue_id = newsroom.launch()
    work = begun(newsroom, issue_id)

    assert work.slice(newsroom.now)
    newsroom.subscribe("late@example.org", topics=(1,))  # a choice nobody had made when the freeze began
    while work.slice(newsroom.now):
        pass
    newsroom.send()

    assert "late@example.org" in newsroom.outbox()
    assert newsroom.count(issue_id).handed_over == PEOPLE + 1


def test_a_freeze_that_was_interrupted_goes_on_where_it_stood(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "SLICE", 9)
    issue_id = newsroom.launch()
    begun(newsroom, issue_id).slice(newsroom.now)  # and then its process is gone

    newsroom.send()

    assert Counter(newsroom.outbox()) == Counter(newsroom.everybody().values())
    assert newsroom.count(issue_id).state is State.FINISHED


def test_of_two_freezes_at_once_each_row_is_written_by_one(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "SLICE", 3)
    issue_id = newsroom.launch()
    first, second = begun(newsroom, issue_id), begun(newsroom, issue_id)
    threads = [threading.Thread(target=freeze_all, args=(newsroom, work)) for work in (first, second)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newsroom.send()

    assert newsroom.count(issue_id).handed_over == PEOPLE
    assert Counter(newsroom.outbox()).most_common(1)[0][1] == 1


def test_an_audience_that_does_not_add_up_is_not_sent(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()
    work = begun(newsroom, issue_id)
    work.slice(newsroom.now)
    with newsroom.database.write() as session:
        session.execute(update(Issue).where(Issue.id == issue_id).values(audience=Issue.audience + 1))

    work.slice(newsroom.now)
    newsroom.send()

    assert newsroom.count(issue_id).state is State.BLOCKED
    assert "does not add up" in newsroom.count(issue_id).words
    assert newsroom.outbox() == []


def test_a_pause_during_the_freeze_holds_when_it_is_over(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()
    with newsroom.database.write() as session:
        launching.pause(session, session.get_one(Issue, issue_id), newsroom.now)

    newsroom.send()
    assert newsroom.count(issue_id).state is State.PAUSED
    assert newsroom.outbox() == []

    with newsroom.database.write() as session:
        launching.resume(session, session.get_one(Issue, issue_id), newsroom.now)
    newsroom.send()
    assert len(newsroom.outbox()) == PEOPLE


def test_who_leaves_after_the_freeze_and_before_the_call_is_left_out(newsroom: Newsroom) -> None:
    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)
    leaver = newsroom.person("reader3@example.org")
    with newsroom.database.write() as session:
        found = people.subscription(session, newsroom.publication_id, leaver)
        assert found is not None
        leaving.leave_publication(session, found, Source(words="Unsubscribe"), newsroom.now)

    newsroom.send()

    assert "reader3@example.org" not in newsroom.outbox()
    assert len(newsroom.outbox()) == PEOPLE - 1
    with newsroom.database.read() as session:
        row = session.get_one(Delivery, (issue_id, leaver))
        assert row.outcome is Outcome.SKIPPED
        [line] = reports.deliveries_of(session, leaver)
        assert (line.status, line.reason) == ("skipped", row.reason)


def test_the_view_and_the_count_of_progress_agree(newsroom: Newsroom) -> None:
    newsroom.subscribe("paused@example.org", status=Status.PAUSED)
    issue_id = newsroom.launch()
    assert machine.freeze(newsroom.runtime, issue_id)

    for _ in range(2):
        found = newsroom.count(issue_id)
        with newsroom.database.read() as session:
            issue = session.get_one(Issue, issue_id)
            assert all(reports.count(session, issue, status) == n for status, n in found.counts.items())
        newsroom.send()
        newsroom.now += timedelta(seconds=1)


def begun(newsroom: Newsroom, issue_id: int) -> audience.Freeze:
    """A freeze that one process has begun."""
    with newsroom.database.write() as session:
        issue = session.get_one(Issue, issue_id)
        audience.begin(session, issue)
    facts = newsroom.runtime.facts(newsroom.account())
    assert facts is not None
    with newsroom.database.read() as session:
        known = editions.Editions.of_issue(session, session.get_one(Issue, issue_id), facts)
    return audience.Freeze(newsroom.database, issue_id, known, really=False)


def freeze_all(newsroom: Newsroom, work: audience.Freeze) -> None:
    while work.slice(newsroom.now):
        pass


def test_every_mail_has_exactly_the_sections_of_its_reader(newsroom: Newsroom) -> None:
    newsroom.subscribe("sky@example.org", topics=(1,))
    newsroom.launch(newsroom.issue(TEXT + "\n## Small print\n\nFor all of you.\n"))

    newsroom.send()

    outbox = Outbox(newsroom.settings.data_dir / "outbox")
    for entry in outbox.list(1000).entries:
        mail = outbox.read(entry.delivery_id)
        assert mail is not None
        name = mail.to.split("@")[0]
        charts = name != "sky"
        sky = name == "sky" or int(name.removeprefix("reader")) < PEOPLE // 2
        for part in (mail.html, mail.text):
            assert ("Soundings" in part, "A comet" in part, "For all of you" in part) == (charts, sky, True)
            assert name.title() in part
            assert mail.to in part
