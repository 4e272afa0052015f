"""What holds for every provider. A new one is added to `conftest.OPENERS` and has to pass."""

import re
from email import message_from_string, policy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emails.filling import Place, Template, escape
from newsletter.providers.base import Accepted, Answered, Doubt, Refused, Result, Scope
from tests.providers.worlds import LETTER, World, batch, recipient

TWENTY = [recipient(number) for number in range(20)]
ODD_NAMES = [
    "{{x}}",
    "{{{ pm:unsubscribe }}}",
    "%recipient.y%",
    "*|NAME|*",
    "-name-",
    "${jndi:x}",
    'Ada "the" <ada@evil.example.com>, Bo',
    "<script>alert(1)</script>",
    "&amp; &lt;",
    "Zoë 🦔 Ñandú",
    "\\ \\n \\u0000 /",
    "=?utf-8?q?Not_decoded?=",
    "a" * 300,
]
NO_ADDRESSES = [
    " ",
    "nobody",
    "a@b@c.example.org",
    "a b@example.org",
    "a@example.org,b@example.org",
    "a@example.org\r\nBcc: c@example.org",
    "Ada <a@example.org>",
    "a@",
    "@b.example.org",
]


def test_everybody_gets_one_mail_with_their_own_values(world: World) -> None:
    answer = world.provider.send(batch(TWENTY))

    assert isinstance(answer, Answered)
    assert all(isinstance(result, Accepted) for result in answer.results)
    arrived = {mail.delivery_id: mail for mail in world.arrived()}
    assert len(world.arrived()) == len(arrived) == 20
    for number in range(20):
        mail = arrived[f"d-{number}"]
        assert mail.address == f"reader{number}@example.net"
        for words in (mail.html, mail.text):
            assert f"canary-{number}-name" in words
            assert f"/u/canary-{number}-token" in words
        assert mail.subject == f"News for canary-{number}-name"


def test_nobody_finds_a_word_or_an_address_of_somebody_else(world: World) -> None:
    world.provider.send(batch(TWENTY))

    for mail in world.arrived():
        whole = f"{mail.subject} {mail.html} {mail.text} {dict(mail.headers)}"
        number = mail.delivery_id.removeprefix("d-")
        assert set(re.findall(r"canary-(\d+)-", whole)) == {number}
        assert set(re.findall(r"reader(\d+)@", f"{whole} {mail.address}")) == {number}


def test_each_mail_has_the_one_click_pair_with_a_link_of_its_own(world: World) -> None:
    world.provider.send(batch(TWENTY))

    arrived = world.arrived()
    assert {mail.header("List-Unsubscribe-Post") for mail in arrived} == {"List-Unsubscribe=One-Click"}
    for mail in arrived:
        number = mail.delivery_id.removeprefix("d-")
        assert mail.header("List-Unsubscribe") == f"<https://news.example.org/u/canary-{number}-token>"
        assert mail.header("Message-ID") == f"<d-{number}@news.example.org>"
        assert mail.header("List-Id") == "Kerbstone <kerbstone.news.example.org>"
        assert mail.header("List-Post") == "NO"


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_name_stays_a_name(world: World, name: str) -> None:
    world.provider.send(batch([recipient(1, name)]))

    (mail,) = world.arrived()
    assert mail.subject == f"News for {name}"
    assert f"Hello {name}," in mail.text
    assert f"<p>Hello {escape(name, Place.HTML)}</p>" in mail.html


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x1c", "\x85", "\u2028", "\u2029", "\ud800"])
def test_signs_that_end_a_line_become_a_space(world: World, sign: str) -> None:
    """T-HDR-1: no header is added, whatever the reader's name holds."""
    name = f"Ada{sign}Bcc: bo@example.net"
    world.provider.send(batch([recipient(1, name), recipient(2)]))

    mails = {mail.delivery_id: mail for mail in world.arrived()}
    assert mails["d-1"].subject == "News for Ada Bcc: bo@example.net"
    assert set(mails["d-1"].headers) == set(mails["d-2"].headers)
    assert mails["d-1"].header("Bcc") == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_any_names_reach_only_their_owners(world: World, names: list[str]) -> None:
    world.empty()
    people = [recipient(number, name) for number, name in enumerate(names)]

    answer = world.provider.send(batch(people))

    assert isinstance(answer, Answered)
    assert [type(result) for result in answer.results] == [Accepted] * len(names)
    mails = {mail.delivery_id: mail for mail in world.arrived()}
    for number, name in enumerate(names):
        said = escape(name or f"canary-{number}-name", Place.HTML)
        assert f"<p>Hello {said}</p>" in mails[f"d-{number}"].html


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_could_name_two_people_or_none_is_refused_and_hurts_nobody_else(world: World, address: str) -> None:
    """T-HDR-3: an address never adds an address."""
    bad = recipient(2, address=address)

    answer = world.provider.send(batch([recipient(1), bad, recipient(3)]))

    assert isinstance(answer, Answered)
    assert isinstance(answer.results[0], Accepted)
    assert isinstance(answer.results[2], Accepted)
    refused = answer.results[1]
    assert isinstance(refused, Refused)
    assert (refused.scope, refused.reason) == (Scope.RECIPIENT, "invalid_address")
    assert "@" not in refused.words
    assert {mail.delivery_id for mail in world.arrived()} == {"d-1", "d-3"}


def test_a_batch_of_addresses_that_are_none_is_answered_without_a_call(world: World) -> None:
    answer = world.provider.send(batch([recipient(1, address="nobody")]))

    assert isinstance(answer, Answered)
    assert isinstance(answer.results[0], Refused)
    assert world.arrived() == []


def test_a_domain_beyond_ascii_travels_in_ascii(world: World) -> None:
    world.provider.send(batch([recipient(1, address="ada@bücher.example.net")]))

    (mail,) = world.arrived()
    assert mail.address == "ada@xn--bcher-kva.example.net"


def test_results_are_told_one_by_one_and_all_again(world: World) -> None:
    told: list[tuple[int, Result]] = []

    answer = world.provider.send(batch(TWENTY), lambda position, result: told.append((position, result)))

    assert isinstance(answer, Answered)
    assert told == list(enumerate(answer.results))


def test_equal_batches_have_equal_fingerprints_and_others_do_not(world: World) -> None:
    fingerprint = world.provider.digest(batch(TWENTY))

    assert world.provider.digest(batch([recipient(number) for number in range(20)])) == fingerprint
    assert world.provider.digest(batch(TWENTY[:19])) != fingerprint
    assert world.provider.digest(batch([*TWENTY[:19], recipient(19, "Ada")])) != fingerprint


def test_a_batch_as_large_as_declared_is_taken(world: World) -> None:
    facts = world.provider.facts
    people = [recipient(number) for number in range(facts.max_recipients)]
    whole = batch(people)
    assert world.provider.size(whole) <= facts.max_bytes

    answer = world.provider.send(whole)

    assert isinstance(answer, Answered)
    assert {type(result) for result in answer.results} == {Accepted}
    assert world.count() == facts.max_recipients


def test_a_provider_can_be_used_after_it_was_closed(world: World) -> None:
    world.provider.send(batch([recipient(1)]))
    world.provider.close()

    answer = world.provider.send(batch([recipient(2)]))

    assert isinstance(answer, Answered)
    assert len(world.arrived()) == 2


def test_a_check_finds_nothing_wrong_and_sends_nothing(world: World) -> None:
    assert list(world.provider.check()) == []
    assert world.arrived() == []


def test_a_look_up_tells_only_what_it_can_know(world: World) -> None:
    world.provider.send(batch([recipient(1)]))

    found = world.provider.find("d-1"), world.provider.find("d-2")

    expected = (None, None) if world.provider.facts.doubt is Doubt.PLAIN else (True, False)
    assert found == expected


def test_lines_and_dots_survive_the_way(world: World) -> None:
    """A line that is one dot ends a mail in SMTP, spaces at a line's end are often lost, long lines are cut."""
    text = "one \n.\n..two\n" + "x" * 5000 + "\n\tlast = 3D"
    odd = Template(subject=("Dots",), html=LETTER.html, text=(text,))

    world.provider.send(batch([recipient(1)], template=odd))

    (mail,) = world.arrived()
    assert mail.text.replace("\r\n", "\n").removesuffix("\n") == text


def test_the_sender_is_one_mailbox_whatever_the_name(world: World) -> None:
    world.provider.send(batch([recipient(1)]))

    (mail,) = world.arrived()
    raw = mail.header("From")
    if raw:
        parsed = message_from_string(f"From: {raw}\r\n\r\n", policy=policy.SMTP)
        (sender,) = parsed["From"].addresses
        assert sender.addr_spec == "news@example.org"
        assert sender.display_name == "Kérbstone, “News”"
