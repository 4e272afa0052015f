"""Every setting, declared once. Nothing else reads the environment.

Each is `NEWSLETTER_` and the name in capitals. Secrets may also come from a file named by the same variable
with `_FILE` behind it, as service managers and containers hand them over.
"""

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "NEWSLETTER_"
FILE = "_FILE"


class SettingsError(Exception):
    """A setting is missing or wrong. The text names each variable and says what was expected."""


class Settings(BaseSettings):
    """How this installation runs. The defaults are those of one machine with nothing else on it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(
        default=Path("var"), description="where the embedded database, keys, outbox and pictures live"
    )
    database_url: SecretStr = Field(
        default=SecretStr("embedded"), description="embedded, or postgresql://user:password@host/name"
    )
    broker_url: SecretStr = Field(
        default=SecretStr("embedded"),
        description="embedded, redis://host:6379/0, or amqp://user:password@host",
    )
    base_url: str = Field(default="", description="the address people reach, such as https://news.example.org")
    host: str = Field(default="127.0.0.1", description="address the web server listens on")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=8025, description="port the web server listens on")
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = Field(
        default=0, description="how many proxies stand in front and set X-Forwarded-For"
    )
    keys: SecretStr | None = Field(
        default=None,
        description="the key ring as `newsletter secret new` prints it; else it lies in the data folder",
    )
    sample: bool = Field(default=True, description="whether an empty installation gets the sample publication")
    senders: Annotated[int, Field(ge=1, le=64)] = Field(
        default=4, description="how many calls to the provider one worker has under way"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="how much is logged")

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value:
            return ""
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("a web address such as https://news.example.org")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url != "embedded" and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("embedded, sqlite:///FILE or postgresql://user:password@host/name")
        return value

    @field_validator("broker_url")
    @classmethod
    def _broker(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url != "embedded" and not url.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
            raise ValueError("embedded, redis://host:6379/0 or amqp://user:password@host")
        return value

    @property
    def database(self) -> str:
        """SQLAlchemy's address of the database."""
        url = self.database_url.get_secret_value()
        if url == "embedded":
            return f"sqlite:///{(self.data_dir / 'newsletter.db').resolve()}"
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def broker(self) -> str:
        """The broker's address, or "embedded"."""
        return self.broker_url.get_secret_value()

    @property
    def address(self) -> str:
        """The web address that links are built from; never taken from a request."""
        return self.base_url or f"http://{self.host}:{self.port}"


def load() -> Settings:
    """The settings of this process.

    Raises SettingsError that names every variable that is wrong, all at once.
    """
    secrets: dict[str, str] = {}
    wrong: list[str] = []
    for name in Settings.model_fields:
        variable = PREFIX + name.upper() + FILE
        if path := os.environ.get(variable):
            try:
                secrets[name] = Path(path).read_text().strip()
            except OSError as error:
                wrong.append(f"{variable}: {path} cannot be read ({error.strerror}).")
    try:
        settings = Settings(**secrets)  # type: ignore[arg-type]  # pydantic reads strings into the declared types
    except ValidationError as error:
        wrong += [_sentence(str(fault["loc"][0]), fault["msg"]) for fault in error.errors(include_url=False)]
        raise SettingsError("\n".join(wrong)) from None
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings


def _sentence(name: str, message: str) -> str:
    expected = message.removeprefix("Value error, ")
    meaning = Settings.model_fields[name].description
    return f"{PREFIX}{name.upper()} is not as expected: {expected[0].lower() + expected[1:]}. It is {meaning}."
