"""SMTP: every stage of a mail, its line and its login, against the simulator."""

import time
from pathlib import Path

import pytest

from emails.filling import Template
from newsletter.providers.base import (
    Accepted,
    Answer,
    Answered,
    NotSent,
    Refused,
    Rejected,
    Result,
    Scope,
    Untouched,
)
from newsletter.providers.smtp import Limits, SmtpProvider
from newsletter.providers.smtp_line import Account, Security
from newsletter.providers.smtp_replies import Reply, Stage, judge, read
from newsletter.simulator.smtp_server import Options
from tests.providers import worlds
from tests.providers.worlds import SmtpWorld, batch, recipient

THREE = batch([recipient(1), recipient(2), recipient(3)])


def kinds(answer: Answer) -> list[str]:
    assert isinstance(answer, Answered)
    return [type(result).__name__ for result in answer.results]


# What happens to the second of three mails → what becomes of the three, and how many are on their way.
SECOND = [
    ("drop=mail", ["Accepted", "Untouched", "Untouched"], 1),
    ("drop=rcpt", ["Accepted", "Untouched", "Untouched"], 1),
    ("drop=data", ["Accepted", "Untouched", "Untouched"], 1),
    ("drop=dot", ["Accepted", "Unclear", "Untouched"], 1),
    ("drop=dot,taken", ["Accepted", "Unclear", "Untouched"], 2),
    ("slow=0.2", ["Accepted", "Accepted", "Accepted"], 3),
    ("mail=451 4.3.0 Later", ["Accepted", "Untouched", "Untouched"], 1),
    ("mail=421 4.3.0 Closing", ["Accepted", "Untouched", "Untouched"], 1),
    ("mail=550 5.7.1 Sender not allowed", ["Accepted", "Refused", "Untouched"], 1),
    ("mail=552 5.3.4 Too large", ["Accepted", "Refused", "Accepted"], 2),
    ("rcpt=450 4.2.0 Greylisted", ["Accepted", "Untouched", "Accepted"], 2),
    ("rcpt=550 5.1.1 Nobody here", ["Accepted", "Refused", "Accepted"], 2),
    ("rcpt=550 5.7.1 Relaying denied", ["Accepted", "Refused", "Untouched"], 1),
    ("data=451 4.3.0 Later", ["Accepted", "Untouched", "Untouched"], 1),
    ("data=554 5.6.0 No", ["Accepted", "Refused", "Accepted"], 2),
    ("dot=454 Throttling failure: Maximum sending rate exceeded", ["Accepted", "Untouched", "Untouched"], 1),
    ("dot=550 5.4.5 Daily quota", ["Accepted", "Refused", "Untouched"], 1),
    ("dot=554 5.6.0 Content", ["Accepted", "Refused", "Accepted"], 2),
    ("dot=250 2.0.0 Fine without a number", ["Accepted", "Accepted", "Accepted"], 2),
]


@pytest.mark.parametrize(("fault", "expected", "taken"), SECOND, ids=[row[0] for row in SECOND])
def test_a_fault_in_the_middle_leaves_the_others_where_they_are(
    smtp: SmtpWorld, fault: str, expected: list[str], taken: int
) -> None:
    smtp.script.add("none", fault)
    told: list[Result] = []

    answer = smtp.provider.send(THREE, lambda _, result: told.append(result))

    assert kinds(answer) == expected
    assert isinstance(answer, Answered)
    assert told == list(answer.results)
    assert smtp.count() == taken
    assert kinds(smtp.provider.send(batch([recipient(4)]))) == ["Accepted"]


@pytest.mark.parametrize("fault", ["drop=mail", "mail=451 4.3.0 Later", "rcpt=421 4.3.0 Closing", "drop=data"])
def test_when_nothing_was_begun_the_whole_batch_waits(smtp: SmtpWorld, fault: str) -> None:
    smtp.script.add(fault)

    answer = smtp.provider.send(THREE)

    assert isinstance(answer, NotSent)
    assert smtp.arrived() == []


def test_a_refused_sender_is_a_fault_of_the_account(smtp: SmtpWorld) -> None:
    smtp.script.add("mail=553 5.7.1 news@example.org is not yours")

    answer = smtp.provider.send(THREE)

    assert isinstance(answer, Rejected)
    assert (answer.scope, answer.reason) == (Scope.ACCOUNT, "sender")
    assert "news@" not in answer.words


def test_one_connection_serves_several_batches(smtp: SmtpWorld) -> None:
    smtp.provider.send(THREE)
    smtp.script.add("drop=mail")  # the open connection breaks at the next mail

    assert isinstance(smtp.provider.send(batch([recipient(4)])), NotSent)
    assert kinds(smtp.provider.send(batch([recipient(4)]))) == ["Accepted"]


def test_a_queue_number_is_kept(smtp: SmtpWorld) -> None:
    answer = smtp.provider.send(batch([recipient(1)]))

    assert isinstance(answer, Answered)
    assert answer.results == [Accepted(provider_id=smtp.mailroom.mails()[0].provider_id)]


def test_an_address_beyond_ascii_needs_a_server_that_can(tmp_path: Path) -> None:
    people = batch([recipient(1, address="zoë@bücher.example.net"), recipient(2)])
    with worlds.smtp(tmp_path, Options(utf8=True)) as able:
        assert kinds(able.provider.send(people)) == ["Accepted", "Accepted"]
        assert {mail.address for mail in able.arrived()} == {
            "zoë@xn--bcher-kva.example.net",
            "reader2@example.net",
        }
    with worlds.smtp(tmp_path, Options(utf8=False)) as unable:
        answer = unable.provider.send(people)
        assert kinds(answer) == ["Refused", "Accepted"]
        assert isinstance(answer, Answered)
        assert isinstance(answer.results[0], Refused)
        assert answer.results[0].reason == "unsupported_address"


def test_a_mail_that_is_too_large_is_not_even_begun(tmp_path: Path) -> None:
    large = Template(subject=("Large",), html=("x" * 20_000,), text=("x",))
    with worlds.smtp(tmp_path, Options(largest=10_000)) as world:
        answer = world.provider.send(batch([recipient(1)], large))

        assert isinstance(answer, Answered)
        assert isinstance(answer.results[0], Refused)
        assert answer.results[0].reason == "too_large"
        assert world.mailroom.requests == 0


LOGIN = ("editor", "a password")


def with_login(world: SmtpWorld, security: Security, ca_file: Path, password: str = LOGIN[1]) -> SmtpProvider:
    ca_file.write_text(world.server.certificate)
    account = Account(
        host="127.0.0.1",
        port=world.server.port,
        security=security,
        username=LOGIN[0],
        password=password,
        ca_file=str(ca_file),
    )
    return SmtpProvider(account)


@pytest.mark.parametrize(("offered", "security"), [("starttls", Security.STARTTLS), ("tls", Security.TLS)])
def test_tls_and_a_login(tmp_path: Path, offered: str, security: Security) -> None:
    with worlds.smtp(tmp_path, Options(tls=offered, login=LOGIN)) as world:
        good = with_login(world, security, tmp_path / "ca.pem")
        bad = with_login(world, security, tmp_path / "ca.pem", password="wrong")

        assert kinds(good.send(THREE)) == ["Accepted"] * 3
        assert list(good.check()) == []
        answer = bad.send(THREE)
        (problem,) = bad.check()
        good.close()

    assert isinstance(answer, Rejected)
    assert (answer.scope, answer.reason) == (Scope.ACCOUNT, "auth")
    assert "does not accept this user and password" in problem.what
    assert problem.mend == "Type user and password again."
    assert "wrong" not in problem.what


@pytest.mark.parametrize(("offered", "security"), [("starttls", Security.STARTTLS), ("tls", Security.TLS)])
def test_a_certificate_that_nobody_vouches_for(tmp_path: Path, offered: str, security: Security) -> None:
    with worlds.smtp(tmp_path, Options(tls=offered)) as world:
        account = Account(host="127.0.0.1", port=world.server.port, security=security)
        answer = SmtpProvider(account).send(THREE)

    assert isinstance(answer, Rejected)
    assert (answer.scope, answer.reason) == (Scope.ACCOUNT, "tls")


def test_a_server_without_starttls_gets_no_mail_and_no_password(smtp: SmtpWorld) -> None:
    account = Account(host="127.0.0.1", port=smtp.server.port, security=Security.STARTTLS, username="a", password="b")

    answer = SmtpProvider(account).send(THREE)

    assert isinstance(answer, Rejected)
    assert "does not offer STARTTLS" in answer.words
    assert smtp.arrived() == []


def test_a_server_that_is_not_there_got_nothing() -> None:
    provider = SmtpProvider(Account(host="127.0.0.1", port=1, security=Security.PLAIN))

    assert isinstance(provider.send(THREE), NotSent)
    (problem,) = provider.check()
    assert "could not be reached" in problem.what


def test_bounces_go_where_they_should(smtp: SmtpWorld) -> None:
    account = Account(host="127.0.0.1", port=smtp.server.port, security=Security.PLAIN)
    provider = SmtpProvider(account, bounce_address="bounces@example.org")

    assert kinds(provider.send(THREE)) == ["Accepted"] * 3
    assert smtp.server.last_sender == "bounces@example.org"
    provider.close()


@pytest.mark.parametrize(
    ("stage", "reply", "scope", "reason", "stop"),
    [
        (Stage.RCPT, "550 5.1.1 No such user", Scope.RECIPIENT, "invalid_address", False),
        (Stage.RCPT, "550 No such user", Scope.RECIPIENT, "invalid_address", False),
        (Stage.RCPT, "551 Gone away", Scope.RECIPIENT, "invalid_address", False),
        (Stage.RCPT, "553 5.1.3 Bad address", Scope.RECIPIENT, "invalid_address", False),
        (Stage.RCPT, "556 5.1.10 Null MX", Scope.RECIPIENT, "invalid_address", False),
        (Stage.RCPT, "550 5.2.1 Disabled", Scope.RECIPIENT, "invalid_address", False),
        (Stage.RCPT, "552 5.2.2 Full", Scope.RECIPIENT, "mailbox_full", False),
        (Stage.RCPT, "552 Full", Scope.RECIPIENT, "mailbox_full", False),
        (Stage.RCPT, "550 5.7.1 Blocked", Scope.MESSAGE, "policy", False),
        (Stage.RCPT, "554 5.7.1 Relay access denied", Scope.ACCOUNT, "relaying_denied", True),
        (Stage.RCPT, "530 5.7.0 Authentication required", Scope.ACCOUNT, "auth", True),
        (Stage.MAIL, "550 5.1.8 Bad sender", Scope.ACCOUNT, "sender", True),
        (Stage.DATA, "554 5.7.1 Spam", Scope.MESSAGE, "bad_content", False),
        (Stage.DATA, "550 5.1.1 Nobody", Scope.RECIPIENT, "invalid_address", False),
        (Stage.DATA, "552 5.3.4 Too large", Scope.MESSAGE, "too_large", False),
        (Stage.DATA, "550 5.4.5 Daily quota exceeded", Scope.ACCOUNT, "quota_day", True),
    ],
)
def test_a_refusal_says_whose_fault_it_is(stage: Stage, reply: str, scope: Scope, reason: str, stop: bool) -> None:
    verdict = judge(stage, read(int(reply[:3]), reply[4:].encode()))

    assert isinstance(verdict.result, Refused)
    assert (verdict.result.scope, verdict.result.reason, verdict.stop) == (scope, reason, stop)


def test_a_daily_quota_asks_for_an_hour() -> None:
    verdict = judge(Stage.DATA, Reply(454, "Throttling failure: Daily message quota exceeded."))

    assert verdict.result == Untouched(words="454 Throttling failure: Daily message quota exceeded.", wait_s=3600)


def with_limits(world: SmtpWorld, limits: Limits) -> SmtpProvider:
    return SmtpProvider(Account(host="127.0.0.1", port=world.server.port, security=Security.PLAIN), limits=limits)


def test_a_slow_server_is_left_after_a_while(smtp: SmtpWorld) -> None:
    provider = with_limits(smtp, Limits(last_start_s=0.05))
    smtp.script.add("slow=0.1")

    assert kinds(provider.send(THREE)) == ["Accepted", "Untouched", "Untouched"]
    provider.close()


def test_a_call_ends_even_when_the_server_says_nothing(smtp: SmtpWorld) -> None:
    provider = with_limits(smtp, Limits(total_s=0.5))
    smtp.script.add("slow=3")
    began = time.monotonic()

    assert kinds(provider.send(THREE)) == ["Unclear", "Untouched", "Untouched"]
    assert time.monotonic() - began < 2.5
