"""Letters: written with their cause, sent once, by a way that knows doubt; each says what its reader needs."""

import re
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select, update

from newsletter.accounts import editors, ways_in
from newsletter.accounts.models import Editor
from newsletter.accounts.rules import Role
from newsletter.delivery import launching, letters, machine, signups, sweep
from newsletter.delivery.models import ChunkState, Letter, LetterKind
from newsletter.issues.models import Issue
from newsletter.providers.outbox import Outbox, Stored
from newsletter.publications.models import ProviderAccount, Publication
from newsletter.subscribers import suppressions
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import Subscriber, SuppressionKind
from tests.delivery.newsroom import Newsroom

ADA = "ada@example.org"
SOURCE = Source(words="Yes, send me The Sheet.", page="/", network_key="k", form_version="1")


def sign_up(newsroom: Newsroom, address: str = ADA) -> None:
    with newsroom.database.write() as session:
        publication = session.get_one(Publication, newsroom.publication_id)
        typed = signups.Typed(address=address, topic_ids=frozenset(newsroom.topic_ids[:1]))
        signups.sign_up(session, newsroom.ring, publication, typed, SOURCE, newsroom.now)


def write(newsroom: Newsroom, kind: LetterKind, **to: object) -> int:
    with newsroom.database.write() as session:
        words = to.pop("words", {})
        return letters.write(
            session,
            kind=kind,
            publication_id=newsroom.publication_id,
            now=newsroom.now,
            words=words,  # type: ignore[arg-type]
            **to,  # type: ignore[arg-type]
        ).id


def mails(newsroom: Newsroom) -> list[Stored]:
    outbox = Outbox(newsroom.settings.data_dir / "outbox")
    found = [outbox.read(entry.delivery_id) for entry in outbox.list(100).entries]
    return [mail for mail in found if mail]


def letter(newsroom: Newsroom, letter_id: int) -> Letter:
    with newsroom.database.read() as session:
        return session.get_one(Letter, letter_id)


def test_a_sign_up_is_answered_with_one_letter_that_holds_the_way_to_confirm(newsroom: Newsroom) -> None:
    sign_up(newsroom)

    machine.letters(newsroom.runtime)
    machine.letters(newsroom.runtime)

    [mail] = mails(newsroom)
    assert mail.to == ADA
    assert re.search(r"https://news\.example\.org/c/[\w-]+", mail.text)
    assert re.search(r"https://news\.example\.org/n/[\w-]+", mail.text)
    headers = {name.lower(): value for name, value in mail.headers}
    assert headers["auto-submitted"] == "auto-generated"
    assert not any(name.startswith("list-") for name in headers)


@pytest.mark.parametrize("kind", [LetterKind.WELCOME, LetterKind.PREFERENCES])
def test_letters_to_a_reader_lead_to_their_own_pages(newsroom: Newsroom, kind: LetterKind) -> None:
    write(newsroom, kind, subscriber_id=newsroom.person("reader1@example.org"))

    machine.letters(newsroom.runtime)

    [mail] = mails(newsroom)
    assert mail.to == "reader1@example.org"
    assert "https://news.example.org/p/" in mail.text
    assert "https://news.example.org/u/" in mail.text


def test_a_sign_in_letter_makes_its_secret_as_it_leaves(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        owner = editors.make(session, address="owner@example.org", role=Role.OWNER, now=newsroom.now)
    write(newsroom, LetterKind.SIGN_IN, address="owner@example.org", words={"editor_id": owner.id, "lasts_s": 1800})

    machine.letters(newsroom.runtime)

    [mail] = mails(newsroom)
    found = re.search(r"/desk/way-in/([\w-]+)", mail.text)
    assert found
    with newsroom.database.read() as session:
        who = ways_in.look(session, found[1], newsroom.now + timedelta(minutes=29))
        assert who is not None
        assert who.id == owner.id
        assert ways_in.look(session, found[1], newsroom.now + timedelta(minutes=31)) is None


def test_a_test_copy_is_marked_and_its_links_change_nobody(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        issue = session.get_one(Issue, newsroom.issue())
        letters.test_copy(session, issue, ["night-sky"], "editor@example.org", newsroom.now)

    machine.letters(newsroom.runtime)

    [mail] = mails(newsroom)
    assert mail.subject.startswith("Test: First light")
    assert "A comet" in mail.text
    assert "Soundings" not in mail.text


def test_a_letter_waits_while_the_provider_account_is_held_and_loses_no_try(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        session.execute(update(ProviderAccount).values(held_words="The key is wrong."))
    letter_id = write(newsroom, LetterKind.WELCOME, subscriber_id=newsroom.person("reader1@example.org"))

    machine.letters(newsroom.runtime)
    waiting = letter(newsroom, letter_id)
    assert (waiting.state, waiting.attempt) == (ChunkState.PENDING, 0)

    with newsroom.database.write() as session:
        session.execute(update(ProviderAccount).values(held_words=None))
    newsroom.forward(minutes=1)
    machine.letters(newsroom.runtime)
    assert len(mails(newsroom)) == 1


@pytest.mark.parametrize(("kind", "times"), [(LetterKind.CONFIRM, 2), (LetterKind.WELCOME, 1)])
def test_a_letter_in_doubt_goes_once_more_only_where_somebody_waits_for_it(
    newsroom: Newsroom, kind: LetterKind, times: int
) -> None:
    with newsroom.postmark("reset,taken,times=5", doubt="plain") as arrivals:
        person = newsroom.person("reader1@example.org")
        letter_id = write(newsroom, kind, subscriber_id=person, words={"moment": int(newsroom.now.timestamp())})

        for _ in range(4):
            machine.letters(newsroom.runtime)
            newsroom.forward(hours=1)

        assert arrivals.addresses() == ["reader1@example.org"] * times
        assert letter(newsroom, letter_id).state is ChunkState.UNKNOWN


def test_a_letter_whose_worker_died_while_posting_is_unknown(newsroom: Newsroom) -> None:
    letter_id = write(newsroom, LetterKind.WELCOME, subscriber_id=newsroom.person("reader1@example.org"))
    with newsroom.database.write() as session:
        row = session.get_one(Letter, letter_id)
        for state in (ChunkState.CLAIMED, ChunkState.POSTING):
            row.state, row.owner, row.lease_until = state, "elsewhere|1|1", newsroom.now
            session.flush()
    newsroom.forward(minutes=5)

    with newsroom.database.write() as session:
        sweep.reap(session, newsroom.now)
    machine.letters(newsroom.runtime)

    assert letter(newsroom, letter_id).state is ChunkState.UNKNOWN
    assert mails(newsroom) == []


def test_who_asked_never_to_be_mailed_gets_no_welcome(newsroom: Newsroom) -> None:
    person = newsroom.person("reader1@example.org")
    letter_id = write(newsroom, LetterKind.WELCOME, subscriber_id=person)
    with newsroom.database.write() as session:
        key = session.get_one(Subscriber, person).address_key
        suppressions.suppress(session, key, SuppressionKind.NEVER, "asked", newsroom.now)

    machine.letters(newsroom.runtime)

    assert mails(newsroom) == []
    assert letter(newsroom, letter_id).state is ChunkState.FAILED


def test_an_erased_person_gets_no_letter_any_more(newsroom: Newsroom) -> None:
    person = newsroom.person("reader1@example.org")
    letter_id = write(newsroom, LetterKind.WELCOME, subscriber_id=person)
    with newsroom.database.write() as session:
        session.execute(update(Subscriber).where(Subscriber.id == person).values(address=None))

    machine.letters(newsroom.runtime)

    assert letter(newsroom, letter_id).reason == "The person has no address any more."


def test_an_issue_that_is_blocked_tells_every_owner_once(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        editors.make(session, address="owner@example.org", role=Role.OWNER, now=newsroom.now)
        editors.make(session, address="writer@example.org", role=Role.EDITOR, now=newsroom.now)
    with newsroom.postmark() as arrivals:
        arrivals.server.postmark.server.token = "another-token"
        newsroom.launch()
        newsroom.send()

    with newsroom.database.read() as session:
        [alarm] = session.scalars(select(Letter).where(Letter.kind == LetterKind.ALARM)).all()
        owner = session.scalars(select(Editor).where(Editor.role == Role.OWNER)).one()
    assert alarm.address == owner.address
    assert "First light" in alarm.words["title"]
    assert "token" in alarm.words["why"].lower()


def test_a_letter_goes_to_a_person_or_to_an_address_never_to_both_or_neither(newsroom: Newsroom) -> None:
    for to in ({}, {"subscriber_id": 1, "address": ADA}):
        with pytest.raises(ValueError, match="to a subscriber or to an address"):
            write(newsroom, LetterKind.WELCOME, **to)


def test_a_try_that_was_not_sent_uses_up_no_second_chance(newsroom: Newsroom) -> None:
    with newsroom.postmark("status=429,retry-after=1", "reset,taken", "reset,taken", doubt="plain") as arrivals:
        person = newsroom.person("reader1@example.org")
        words = {"moment": int(newsroom.now.timestamp())}
        letter_id = write(newsroom, LetterKind.CONFIRM, subscriber_id=person, words=words)

        for _ in range(5):
            machine.letters(newsroom.runtime)
            newsroom.forward(hours=1)

        assert len(arrivals.addresses()) == 2
        assert letter(newsroom, letter_id).state is ChunkState.UNKNOWN


def test_a_key_that_is_refused_holds_the_account_and_the_letter_and_tells_the_owner_once(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        editors.make(session, address="owner@example.org", role=Role.OWNER, now=newsroom.now)
    person = newsroom.person("reader1@example.org")
    with newsroom.postmark() as arrivals:
        right, arrivals.server.postmark.server.token = arrivals.server.postmark.server.token, "another-token"
        first = write(newsroom, LetterKind.WELCOME, subscriber_id=person)
        for _ in range(3):
            machine.letters(newsroom.runtime)
            newsroom.forward(minutes=1)

        assert newsroom.account().held_words
        assert letter(newsroom, first).state is ChunkState.PENDING
        with newsroom.database.read() as session:
            [alarm] = session.scalars(select(Letter).where(Letter.kind == LetterKind.ALARM))
        assert (alarm.address, alarm.words["title"]) == ("owner@example.org", "Postmark takes no mail any more")

        arrivals.server.postmark.server.token = right
        with newsroom.database.write() as session:
            session.execute(update(ProviderAccount).values(held_words=None))
        newsroom.forward(hours=1)
        machine.letters(newsroom.runtime)
        assert sorted(arrivals.addresses()) == ["owner@example.org", "reader1@example.org"]


def test_an_alarm_leads_to_the_page_where_it_can_be_mended(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        editors.make(session, address="owner@example.org", role=Role.OWNER, now=newsroom.now)
    issue_id = newsroom.issue()
    with newsroom.database.write() as session:
        issue = session.get_one(Issue, issue_id)
        launching.launch(session, issue, None, newsroom.settings.address, newsroom.now)
        session.get_one(Publication, newsroom.publication_id).postal_address = ""
        public_id = issue.public_id
    newsroom.forward(minutes=2)
    newsroom.tick()
    newsroom.tick()

    machine.letters(newsroom.runtime)

    [mail] = mails(newsroom)
    assert mail.to == "owner@example.org"
    assert f"https://news.example.org/desk/issues/{public_id}/sending" in mail.text
    assert "postal address" in mail.text


def test_a_letter_that_cannot_be_written_keeps_no_other_waiting(newsroom: Newsroom) -> None:
    words = {"issue_id": 4711, "topics": None, "text": "Gone."}
    broken = write(newsroom, LetterKind.TEST, address="editor@example.org", words=words)
    write(newsroom, LetterKind.WELCOME, subscriber_id=newsroom.person("reader1@example.org"))

    machine.letters(newsroom.runtime)

    assert [mail.to for mail in mails(newsroom)] == ["reader1@example.org"]
    assert letter(newsroom, broken).state is ChunkState.FAILED


def test_a_worker_that_is_asked_to_stop_gives_its_letters_back(newsroom: Newsroom) -> None:
    ids = [write(newsroom, LetterKind.WELCOME, subscriber_id=newsroom.person(f"reader{n}@example.org")) for n in (1, 2)]
    looks = count()

    def clock() -> datetime:
        if next(looks) == 3:
            newsroom.runtime.stop.set()
        return newsroom.now

    newsroom.runtime.now = clock
    machine.letters(newsroom.runtime)

    assert [letter(newsroom, letter_id).state for letter_id in ids] == [ChunkState.DONE, ChunkState.PENDING]
    assert len(mails(newsroom)) == 1


def test_a_letter_to_a_sample_person_stays_on_this_machine(newsroom: Newsroom) -> None:
    person = newsroom.person("reader1@example.org")
    with newsroom.postmark() as arrivals:
        with newsroom.database.write() as session:
            session.get_one(Subscriber, person).is_sample = True
        write(newsroom, LetterKind.WELCOME, subscriber_id=person)
        machine.letters(newsroom.runtime)

        assert arrivals.addresses() == []
        assert [mail.to for mail in mails(newsroom)] == ["reader1@example.org"]
