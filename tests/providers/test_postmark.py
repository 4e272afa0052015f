"""Postmark: what is sent, and what each of its answers means, against the simulator."""

import json
from pathlib import Path
from typing import Any

import pytest

from emails.filling import Template
from newsletter.providers import postmark_codes
from newsletter.providers.base import (
    Accepted,
    Answered,
    Batch,
    Doubt,
    Lost,
    NotSent,
    Refused,
    Rejected,
    Result,
    Scope,
    Unclear,
    Untouched,
)
from newsletter.providers.http import Limits, Reply
from newsletter.providers.postmark import PostmarkProvider, build, read
from newsletter.providers.statuses import masked
from tests.providers import worlds
from tests.providers.worlds import PostmarkWorld, batch, recipient

GOLDEN = Path(__file__).with_name("postmark_batch.json")
QUICK = Limits(connect_s=1, reach_s=1, write_s=0.3, first_byte_s=0.2, total_s=0.5)
TWO = batch([recipient(1), recipient(2)])
LARGE = Template(subject=("Large",), html=("x" * 16_000_000,), text=("x",))


def body_of(whole: Batch) -> Any:
    return json.loads(b"".join(build(whole, "broadcast").pieces))


def test_the_body_is_the_one_in_the_golden_file() -> None:
    """A change of what is sent to Postmark is a change of this file, seen in review."""
    assert body_of(TWO) == json.loads(GOLDEN.read_text("utf-8"))


def test_letters_go_over_the_stream_for_letters(postmark: PostmarkWorld) -> None:
    letter = Batch(
        key="letter-1",
        sender=TWO.sender,
        headers={"Auto-Submitted": "auto-generated"},
        template=TWO.template,
        recipients=[recipient(1)],
        letter=True,
    )

    postmark.provider.send(TWO)
    postmark.provider.send(letter)

    assert [mail.stream for mail in postmark.mailroom.mails()] == ["outbound", "broadcast", "broadcast"]


# What the simulator does → what we make of it, and how many mails are on their way all the same.
FAULTS = [
    ("stall", LARGE, NotSent, 0),
    ("reset-early", LARGE, NotSent, 0),
    ("early=503", LARGE, NotSent, 0),
    ("early=413", LARGE, Rejected, 0),
    ("reset", None, Lost, 0),
    ("reset,taken", None, Lost, 2),
    ("hang", None, Lost, 0),
    ("hang,taken", None, Lost, 2),
    ("cut", None, Lost, 2),
    ("garbled", None, Lost, 2),
    ("slow", None, Lost, 2),
    ("redirect", None, Lost, 0),
    ("redirect,taken", None, Lost, 2),
    ("status=500", None, Lost, 0),
    ("status=500,taken", None, Lost, 2),
    ("status=502", None, Lost, 0),
    ("status=504,taken", None, Lost, 2),
    ("status=503", None, Lost, 0),
    ("status=503,retry-after=30", None, NotSent, 0),
    ("status=429", None, NotSent, 0),
    ("status=401", None, Rejected, 0),
    ("status=403", None, Rejected, 0),
    ("status=404", None, Rejected, 0),
    ("status=413", None, Rejected, 0),
    ("status=422", None, Rejected, 0),
    ("status=400", None, Rejected, 0),
]


@pytest.mark.parametrize(("fault", "template", "kind", "taken"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_is_called_by_its_name(
    tmp_path: Path, fault: str, template: Template | None, kind: type[object], taken: int
) -> None:
    with worlds.postmark(tmp_path, QUICK) as world:
        world.script.add(fault)

        answer = world.provider.send(batch([recipient(1), recipient(2)], template or worlds.LETTER))

        assert type(answer) is kind
        assert world.count() == taken
        again = world.provider.send(batch([recipient(3)]))
        assert isinstance(again, Answered)


def test_a_server_that_is_not_there_got_nothing() -> None:
    provider = PostmarkProvider("token", base_url="http://127.0.0.1:1")

    answer = provider.send(TWO)

    assert isinstance(answer, NotSent)
    assert "could not be reached" in answer.words
    assert provider.find("d-1") is None


@pytest.mark.parametrize(
    ("asked", "wait_s"), [("30", 30), ("1e6", None), ("1000000", 21_600), ("-5", None), ("soon", None), ("0", 0)]
)
def test_a_wait_is_taken_over_unless_it_is_odd(postmark: PostmarkWorld, asked: str, wait_s: float | None) -> None:
    postmark.script.add(f"status=429,retry-after={asked}")

    answer = postmark.provider.send(TWO)

    assert isinstance(answer, NotSent)
    assert answer.wait_s == wait_s


def test_mails_that_the_answer_does_not_name_are_in_doubt(postmark: PostmarkWorld) -> None:
    postmark.script.add("fewer")

    answer = postmark.provider.send(TWO)

    assert isinstance(answer, Answered)
    assert isinstance(answer.results[0], Accepted)
    assert isinstance(answer.results[1], Unclear)


def test_answers_are_told_apart_by_position(postmark: PostmarkWorld) -> None:
    postmark.settings.inactive.add("reader3@example.net")
    postmark.script.add("partial=0+3")
    people = [recipient(1), recipient(2, address="nobody"), recipient(3), recipient(4), recipient(5)]

    answer = postmark.provider.send(batch(people))

    assert isinstance(answer, Answered)
    reasons = [result.reason if isinstance(result, Refused) else "" for result in answer.results]
    assert reasons == ["invalid_address", "invalid_address", "suppressed_other", "", "invalid_address"]
    assert [mail.address for mail in postmark.mailroom.mails()] == ["reader4@example.net"]


def test_words_of_the_provider_name_no_address(postmark: PostmarkWorld) -> None:
    postmark.settings.inactive.add("reader1@example.net")

    answer = postmark.provider.send(TWO)

    assert isinstance(answer, Answered)
    assert "reader1" not in repr(answer)
    assert "[address]" in repr(answer)


def test_a_fault_of_the_account_that_all_mails_met_is_said_once(postmark: PostmarkWorld) -> None:
    postmark.settings.sender_domains = {"example.com"}

    answer = postmark.provider.send(TWO)

    assert isinstance(answer, Rejected)
    assert (answer.scope, answer.reason) == (Scope.ACCOUNT, "sender_unverified")


def test_an_address_beyond_ascii_is_refused_by_name(postmark: PostmarkWorld) -> None:
    answer = postmark.provider.send(batch([recipient(1), recipient(2, address="zoë@example.net")]))

    assert isinstance(answer, Answered)
    assert isinstance(answer.results[1], Refused)
    assert answer.results[1].reason == "unsupported_address"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"ErrorCode": 0, "MessageID": "m-1"}, Accepted(provider_id="m-1")),
        ({"Message": "OK, but delivery may be delayed", "MessageID": "m-2"}, Accepted(provider_id="m-2")),
        ({"ErrorCode": 0}, Accepted(provider_id=None)),
        ({}, Unclear),
        ("text", Unclear),
        (None, Unclear),
        ({"ErrorCode": "0"}, Unclear),
        ({"ErrorCode": 100, "Message": "Maintenance"}, Untouched),
        ({"ErrorCode": 406, "Message": "inactive"}, (Scope.RECIPIENT, "suppressed_other")),
        ({"ErrorCode": 300, "Message": "Invalid 'To' address: 'x'."}, (Scope.RECIPIENT, "invalid_address")),
        ({"ErrorCode": 300, "Message": "Error parsing 'To': x"}, (Scope.RECIPIENT, "invalid_address")),
        ({"ErrorCode": 300, "Message": "Invalid 'From' address."}, (Scope.MESSAGE, "bad_content")),
        ({"ErrorCode": 402, "Message": "Invalid JSON"}, (Scope.MESSAGE, "bad_request")),
        ({"ErrorCode": 10, "Message": "Bad token"}, (Scope.ACCOUNT, "auth")),
        ({"ErrorCode": 405, "Message": "Not allowed to send"}, (Scope.ACCOUNT, "credits")),
        ({"ErrorCode": 412, "Message": "pending"}, (Scope.ACCOUNT, "account_pending")),
        ({"ErrorCode": 1235, "Message": "no stream"}, (Scope.ACCOUNT, "stream")),
        ({"ErrorCode": 99999, "Message": "new"}, (Scope.MESSAGE, "bad_request")),
    ],
)
def test_each_code_has_its_meaning(item: Any, expected: Any) -> None:
    result: Result = postmark_codes.result(item, masked)

    match expected:
        case (scope, reason):
            assert isinstance(result, Refused)
            assert (result.scope, result.reason) == (scope, reason)
        case type():
            assert isinstance(result, expected)
        case _:
            assert result == expected


@pytest.mark.parametrize(
    ("code", "scope"),
    [(10, Scope.ACCOUNT), (405, Scope.ACCOUNT), (410, Scope.BATCH), (300, Scope.BATCH), (402, Scope.BATCH)],
)
def test_a_refused_call_says_who_has_to_act(code: int, scope: Scope) -> None:
    answer = postmark_codes.rejected({"ErrorCode": code, "Message": "No."}, masked, 422)

    assert answer.scope is scope


def test_more_answers_than_mails_are_none() -> None:
    """Then positions mean nothing."""
    body = json.dumps([{"ErrorCode": 0}] * 3).encode()

    assert isinstance(read(Reply(status=200, headers={}, body=body), 2, masked), Lost)


def test_a_keyed_profile_drops_a_repeat(tmp_path: Path) -> None:
    with worlds.postmark(tmp_path, profile="keyed") as world:
        provider = PostmarkProvider(world.settings.token, base_url=world.server.url, doubt=Doubt.KEYED)
        world.script.add("reset,taken")

        first, second = provider.send(TWO), provider.send(TWO)

        assert isinstance(first, Lost)
        assert isinstance(second, Answered)
        assert world.mailroom.counts()["mails"] == 2
        assert world.mailroom.duplicates() == []


def test_a_look_up_is_blind_while_the_search_lags(postmark: PostmarkWorld) -> None:
    postmark.server.postmark.lag_s = 60
    postmark.provider.send(TWO)

    assert postmark.provider.find("d-1") is False


def test_the_trial_token_is_taken_and_nothing_is_sent(postmark: PostmarkWorld) -> None:
    provider = PostmarkProvider("POSTMARK_API_TEST", base_url=postmark.server.url)

    answer = provider.send(TWO)

    assert isinstance(answer, Answered)
    assert [type(result) for result in answer.results] == [Accepted, Accepted]
    assert postmark.arrived() == []
