"""What every mail provider is asked, and what it may answer.

An adapter only translates: our words to the provider's and back. It opens no database, decides no retry and
waits for nobody. What an answer means for the ledger is decided in `newsletter.delivery`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from emails.filling import Template


class Doubt(StrEnum):
    """What can be learnt about a call whose answer was lost (the ledger's classes A, B and C)."""

    KEYED = "keyed"  # the same key and the same bytes may be sent again: the provider drops the repeat
    SEARCHABLE = "searchable"  # the provider can be asked whether it has our delivery id
    PLAIN = "plain"  # neither: stays unknown, by name


class Shape(StrEnum):
    """How the mails of one call travel."""

    FULL = "full"  # a whole message for each person
    VARIABLES = "variables"  # one template and each person's values
    SINGLE = "single"  # one message a call or transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an adapter declares of its provider. Byte counts are those of a whole request."""

    name: str  # as in settings: "postmark"
    title: str  # as people write it: "Postmark"
    doubt: Doubt
    shape: Shape
    max_recipients: int
    max_bytes: int
    key_lifetime_s: int = 0  # how long a KEYED provider remembers a key
    sends_really: bool = True  # False: mails stay on this machine, so sample people may be mailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who the mail is from. Names are plain words, addresses are checked already."""

    name: str
    address: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person's part of a batch."""

    delivery_id: str  # <= 64 characters of [A-Za-z0-9_-]; travels as metadata and comes back in events
    address: str
    headers: Mapping[str, str]  # headers that differ: Message-ID, List-Unsubscribe
    values: Mapping[str, str]  # the template's slots by key, escaped for where they stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Mails that go to the provider in one call: one template, several people."""

    key: str  # idempotency key, <= 64 characters of [A-Za-z0-9_-]
    sender: Sender
    headers: Mapping[str, str]  # headers that are the same for all: List-Id, List-Post, Date, …
    template: Template
    recipients: Sequence[Recipient]
    tag: str = ""  # names the issue or the kind of letter at the provider; never a person
    letter: bool = False  # a letter, not an issue: providers with streams carry it on another one


class Scope(StrEnum):
    """What a refusal is about, which decides who has to act."""

    RECIPIENT = "recipient"  # this address; final for this delivery
    MESSAGE = "message"  # this mail's content; it would fail for everybody
    BATCH = "batch"  # the call as a whole: a smaller one may do
    ACCOUNT = "account"  # key, sender, credits: nothing leaves until somebody acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider took this mail."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The provider certainly did not take this mail. `words` are for the operator, without addresses.

    Final for a RECIPIENT or a MESSAGE. With scope ACCOUNT the mail is not at fault: it stays pending until
    somebody has acted.
    """

    scope: Scope
    reason: str  # one word: invalid_address, suppressed, bad_content, too_large, auth, sender, …
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """This mail may or may not have been taken: the request was complete and no answer names it."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouched:
    """This mail was provably not taken, and not for its recipient's or its content's sake: it stays pending.

    The call got as far as others of its batch (SMTP: the line broke before this one was begun; a mailbox asks
    to come again later). `wait_s` is what was asked for; None leaves it to the caller's back-off.
    """

    words: str
    wait_s: float | None = None


Result = Accepted | Refused | Unclear | Untouched  # for one recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The provider answered; one result for each recipient, in the order of the batch."""

    results: Sequence[Result]
    status: int | None = None  # HTTP status or SMTP code
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Provably not taken, and not the recipients' fault: wait and send the same again.

    `wait_s` is what the provider asked for; None leaves it to the caller's back-off.
    """

    words: str
    wait_s: float | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The request may have arrived and its answer is not known: the whole batch is in doubt."""

    words: str
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The call as a whole was refused and nothing of it was taken (scope BATCH, MESSAGE or ACCOUNT)."""

    scope: Scope
    reason: str
    words: str
    status: int | None = None


Answer = Answered | NotSent | Lost | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a check of the account found: what is wrong, and what to do."""

    what: str
    mend: str


OnResult = Callable[[int, Result], None]  # called with the recipient's position as soon as it is known


class Provider(Protocol):
    """One mail provider, with one account's settings. Not shared between threads."""

    @property
    def facts(self) -> Facts: ...

    def size(self, batch: Batch) -> int:
        """Bytes the request for `batch` would have (an upper bound will do)."""
        ...

    def digest(self, batch: Batch) -> str:
        """Fingerprint of the request's bytes: equal for equal batches, on any machine and at any time."""
        ...

    def send(self, batch: Batch, on_result: OnResult | None = None) -> Answer:
        """Hand over a batch: one try, no retry, no redirect, bounded in time (90 s; SMTP 300 s).

        Never raises for what a provider or a network can do: that is an Answer. `on_result` is called where
        answers come one by one (SMTP), so that each can be recorded at once; the Answer holds them all again.
        """
        ...

    def find(self, delivery_id: str) -> bool | None:
        """Whether the provider has this delivery (SEARCHABLE only): None when it cannot be told now."""
        ...

    def check(self) -> Sequence[Problem]:
        """Ask the provider whether key, sender and stream are right. Empty: all is well. Sends nothing."""
        ...

    def close(self) -> None:
        """Let go of connections. The provider may be used again afterwards."""
        ...
