"""The providers there are, and the settings each of them wants: what the desk's form shows and a send opens."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.providers.base import Doubt, Facts, Provider
from newsletter.providers.mime import wire_address
from newsletter.providers.outbox import FACTS as OUTBOX
from newsletter.providers.outbox import OutboxProvider
from newsletter.providers.postmark import BASE_URL, PostmarkProvider
from newsletter.providers.postmark import FACTS as POSTMARK
from newsletter.providers.smtp import FACTS as SMTP
from newsletter.providers.smtp import SmtpProvider
from newsletter.providers.smtp_line import Account, Security


class Field(StrEnum):
    """What a form shows for a setting."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 -- the kind of field, not a secret; kept encrypted, never shown again
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value that somebody has to give. `hint` says where it is found or what it does."""

    name: str
    label: str
    hint: str = ""
    field: Field = Field.TEXT
    default: str = ""
    required: bool = False
    choices: Mapping[str, str] | None = None  # value -> its words
    advanced: bool = False  # shown only when asked for


Values = Mapping[str, str]  # every setting of a kind by name, defaults filled in, read and found good one by one


class BadSettings(ValueError):
    """Settings that no provider can be opened with. `faults` has a sentence for each setting by its name."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of provider. `open` may raise BadSettings for values that do not go together."""

    facts: Facts
    summary: str
    settings: tuple[Setting, ...]
    open: Callable[[Values, Path], Provider]

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def title(self) -> str:
        return self.facts.title


def _open_outbox(values: Values, data_dir: Path) -> Provider:
    return OutboxProvider(data_dir / "outbox")


def _open_postmark(values: Values, data_dir: Path) -> Provider:
    faults: dict[str, str] = {}
    if not _TOKEN.fullmatch(values["token"]):
        faults |= {"token": "Postmark, “Server token” is letters, digits and hyphens only: copy it again."}
    for name in ("stream", "letter_stream"):
        if not _STREAM.fullmatch(values[name]):
            faults[name] = f"“{values[name]}” cannot be the id of a Postmark stream: small letters, digits, hyphens."
    if values["base_url"] and not is_loopback(values["base_url"]):
        faults["base_url"] = "Postmark, “Simulator” must be an address of this machine, as in http://127.0.0.1:8026."
    if values["doubt"] and not values["base_url"]:
        faults["doubt"] = "Postmark, “Simulator’s memory” goes with a simulator only: leave it empty."
    if faults:
        raise BadSettings(faults)
    return PostmarkProvider(
        values["token"],
        values["stream"],
        values["letter_stream"],
        base_url=values["base_url"] or BASE_URL,
        doubt=Doubt(values["doubt"] or Doubt.SEARCHABLE),
    )


def _open_smtp(values: Values, data_dir: Path) -> Provider:
    faults: dict[str, str] = {}
    host, security = values["host"], Security(values["security"])
    if not _HOST.fullmatch(host):
        faults["host"] = f"SMTP, “Host” must be a name such as smtp.example.org, not “{host}”."
    if not 0 < int(values["port"]) < 65_536:
        faults["port"] = "SMTP, “Port” must be a number from 1 to 65535."
    if security is Security.PLAIN and not is_loopback(f"http://{host}") and host != "localhost":
        faults["security"] = "SMTP without encryption is for this machine only: choose STARTTLS or TLS."
    if not (values["username"] + values["password"]).isascii():
        faults["password"] = "SMTP, “User” and “Password” can only hold ASCII letters, digits and signs."  # noqa: S105
    if values["bounce_address"] and wire_address(values["bounce_address"]) is None:
        faults["bounce_address"] = "SMTP, “Bounces go to” must be a mail address."
    if faults:
        raise BadSettings(faults)
    account = Account(
        host=host,
        port=int(values["port"]),
        security=security,
        username=values["username"],
        password=values["password"],
        ca_file=values["ca_file"],
    )
    return SmtpProvider(account, values["bounce_address"])


_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[?[0-9a-fA-F:]{2,39}\]?")


def is_loopback(url: str) -> bool:
    """Whether `url` leads to this machine and no further."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and not parts.username and ip_address(host).is_loopback
    except ValueError:
        return False


_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,100}")
_STREAM = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")

_POSTMARK = Kind(
    facts=POSTMARK,
    summary="500 a call, reports",
    open=_open_postmark,
    settings=(
        Setting(
            name="token",
            label="Server token",
            hint="At Postmark on the server’s page, “API Tokens”.",
            field=Field.SECRET,
            required=True,
        ),
        Setting(
            name="stream",
            label="Stream for issues",
            hint="A broadcast stream.",
            default="broadcast",
            required=True,
        ),
        Setting(
            name="letter_stream",
            label="Stream for letters",
            hint="A transactional stream.",
            default="outbound",
            required=True,
        ),
        Setting(
            name="base_url",
            label="Simulator",
            hint="Only to try things out: the address of a simulator on this machine. It gets the token and all mails.",
            advanced=True,
        ),
        Setting(
            name="doubt",
            label="Simulator’s memory",
            hint="What can be learnt about a call whose answer was lost.",
            field=Field.CHOICE,
            choices={kind.value: kind.value for kind in Doubt},
            advanced=True,
        ),
    ),
)

_SMTP = Kind(
    facts=SMTP,
    summary="Any server, slower",
    open=_open_smtp,
    settings=(
        Setting(name="host", label="Host", hint="As in smtp.example.org.", required=True),
        Setting(name="port", label="Port", field=Field.NUMBER, default="587", required=True),
        Setting(
            name="security",
            label="Encryption",
            field=Field.CHOICE,
            default=Security.STARTTLS.value,
            required=True,
            choices={
                Security.STARTTLS.value: "STARTTLS, usually on port 587",
                Security.TLS.value: "TLS from the start, usually on port 465",
                Security.PLAIN.value: "None: a server on this machine",
                Security.EXPOSED.value: "None: everybody on the way can read the mails and the password",
            },
        ),
        Setting(name="username", label="User", hint="Empty: the server asks for no login."),
        Setting(name="password", label="Password", field=Field.SECRET),
        Setting(
            name="bounce_address",
            label="Bounces go to",
            hint="Empty: to the sender’s own address.",
            advanced=True,
        ),
        Setting(
            name="ca_file",
            label="Trusted certificates",
            hint="A file in PEM, for a server with a certificate of its own. Empty: those of this system.",
            advanced=True,
        ),
    ),
)

_OUTBOX = Kind(facts=OUTBOX, summary="Stays on this machine", settings=(), open=_open_outbox)

_KINDS = (_OUTBOX, _SMTP, _POSTMARK)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}


def open_provider(kind: str, settings: Mapping[str, object], secrets: Mapping[str, str], data_dir: Path) -> Provider:
    """The provider of this kind with these settings. It opens no connection yet.

    Raises BadSettings with a sentence for each setting that is missing, unknown or wrong.
    """
    chosen = KINDS.get(kind)
    if chosen is None:
        known = ", ".join(f"“{name}”" for name in KINDS)
        raise BadSettings({"kind": f"There is no provider “{kind}”: choose one of {known}."})
    return chosen.open(read(chosen, settings, secrets), data_dir)


def read(kind: Kind, settings: Mapping[str, object], secrets: Mapping[str, str]) -> dict[str, str]:
    """Every setting of `kind` by name, as text without outer spaces. Raises BadSettings."""
    known = {setting.name: setting for setting in kind.settings}
    faults = {
        name: f"{kind.title} has no setting “{name}”."
        for name in (*settings, *secrets)
        if name not in known or (name in secrets) != (known[name].field is Field.SECRET)
    }
    values: dict[str, str] = {}
    for setting in kind.settings:
        given = secrets if setting.field is Field.SECRET else settings
        value = str(given.get(setting.name, "")).strip() or setting.default
        fault = _fault(setting, value, kind.title)
        if fault:
            faults[setting.name] = fault
        values[setting.name] = value
    if faults:
        raise BadSettings(faults)
    return values


def _fault(setting: Setting, value: str, title: str) -> str | None:
    label = f"{title}, “{setting.label}”"
    if not value:
        return f"{label} is missing. {setting.hint}".strip() if setting.required else None
    if not value.isprintable():
        return f"{label} holds a sign that cannot be seen: type it again."
    if setting.field is Field.NUMBER and not (value.isdecimal() and value.isascii()):
        return f"{label} must be a number, not “{value}”."
    if setting.choices is not None and value and value not in setting.choices:
        return f"{label} must be one of {', '.join(setting.choices)}, not “{value}”."
    return None
