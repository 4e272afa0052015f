"""The one place where a provider is called over HTTP: one try, bounded in time, and an honest word on how it ended.

What counts is whether the provider may have taken the mails. It cannot have when it was never reached or when it
never got the whole request, and that is known exactly: a body is handed to the kernel piece by piece, and the next
piece is asked for only when the one before it is gone. Once the whole request is out, anything but a readable
answer is `Lost`.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection as PlainConnection
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from newsletter.providers.base import Lost, NotSent
from newsletter.providers.statuses import masked

_PIECE = 1 << 16  # bytes handed to the kernel at once
_LARGEST_ANSWER = 4 << 20
_IDLE_S = 10.0  # older connections are often closed at the other end, which could not be told from a lost answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds a call may take. Shorter than a chunk's lease, so that nobody sends for a chunk he has lost."""

    connect_s: float = 5.0  # for each address of the host
    reach_s: float = 15.0  # until connected, all addresses together
    write_s: float = 20.0
    first_byte_s: float = 60.0
    total_s: float = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer. `whole_request` is False when it came before all of our request was out."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    whole_request: bool = True


class Client:
    """Calls one provider at one address. Keeps a connection; not shared between threads.

    `headers` go with every call; values named in `hide` never appear in words.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        hide: Sequence[str] = (),
        limits: Limits = Limits(),
    ) -> None:
        self._base = base_url.rstrip("/")
        self._host = urlsplit(base_url).hostname or base_url
        self._hide = tuple(secret for secret in hide if secret)
        self._limits = limits
        self._call = _Call(limits)
        self._used = 0.0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers = requests.structures.CaseInsensitiveDict(headers)
        adapter = _Adapter(self._call)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def post(self, path: str, pieces: Sequence[bytes], headers: Mapping[str, str]) -> Reply | NotSent | Lost:
        """Send a body, given in pieces that are joined on the way."""
        return self._exchange("POST", path, _Body(pieces, self._call), {}, headers)

    def get(self, path: str, params: Mapping[str, str]) -> Reply | NotSent | Lost:
        return self._exchange("GET", path, None, params, {})

    def close(self) -> None:
        self._session.close()

    def mask(self, words: str) -> str:
        """`words` of the provider, fit for a log: no address, no secret, one line, at most 500 characters."""
        for secret in self._hide:
            words = words.replace(secret, "[secret]")
        return masked(words)

    def _exchange(
        self, method: str, path: str, body: "_Body | None", params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Reply | NotSent | Lost:
        if time.monotonic() - self._used > _IDLE_S:
            self._session.close()
        call = self._call
        call.begin()
        watch = threading.Timer(self._limits.total_s, call.end)
        watch.daemon = True
        watch.start()
        try:
            with self._session.request(
                method,
                self._base + path,
                data=body,
                params=params,
                headers=headers,
                timeout=(self._limits.connect_s, self._limits.first_byte_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _content(response)
            if call.ended:
                return self._failed("was too slow", request_is_out=body is None or body.is_out)
            return Reply(
                status=response.status_code,
                headers=response.headers,
                body=content,
                whole_request=body is None or body.is_out,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self._session.close()
            what = self._call.late or _said(error, self._limits)
            return self._failed(what, request_is_out=body is None or body.is_out)
        finally:
            watch.cancel()
            self._used = time.monotonic()

    def _failed(self, what: str, *, request_is_out: bool) -> NotSent | Lost:
        if self._call.ended:
            what = f"gave no whole answer within {self._limits.total_s:.0f} seconds"
        if not (self._call.reached and request_is_out):
            return NotSent(words=f"Nothing was handed over: {self._host} {what}.")
        return Lost(words=f"{self._host} {what}.")


class _Call:
    """The call that is going on: how far it came, and the means to end it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sock: socket | None = None
        self._began = 0.0
        self.reached = False
        self.ended = False
        self.late = ""  # what took too long, in words

    def begin(self) -> None:
        """Forget the call before."""
        self._began = time.monotonic()
        self._sock = None
        self.reached = False
        self.ended = False
        self.late = ""

    def connected(self, sock: socket) -> None:
        """Called before the first byte. Raises TimeoutError when reaching the provider took too long."""
        if time.monotonic() - self._began > self._limits.reach_s:
            self.late = "took too long to be reached"
            raise TimeoutError(self.late)
        self._sock = sock
        self.reached = True

    def end(self) -> None:
        """End the call from another thread: every wait on its connection returns at once."""
        self.ended = True
        if self._sock is not None:
            with suppress(OSError):
                socket.shutdown(self._sock, SHUT_RDWR)  # beneath TLS, whose own shutdown would wait

    def check_writing(self, began: float) -> None:
        if self.ended or time.monotonic() - began > self._limits.write_s:
            self.late = f"did not take the whole request within {self._limits.write_s:.0f} seconds"
            raise TimeoutError(self.late)

    @property
    def write_s(self) -> float:
        return self._limits.write_s


class _Body:
    """A request's body that knows when all of it is out. requests takes its length from `len`."""

    def __init__(self, pieces: Sequence[bytes], call: _Call) -> None:
        self._pieces = pieces
        self._length = sum(map(len, pieces))
        self._call = call
        self.is_out = False

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        began = time.monotonic()
        for piece in self._pieces:
            for start in range(0, len(piece), _PIECE):
                self._call.check_writing(began)
                yield piece[start : start + _PIECE]
        self.is_out = True


class _Watched(PlainConnection):
    """Tells the call of its socket, and gives writing a time of its own (urllib3 would use that of connecting)."""

    call: _Call

    def request(self, *args: Any, **named: Any) -> None:
        if self.sock is None:
            self.connect()
        self.call.connected(self.sock)
        self.timeout = self.call.write_s
        super().request(*args, **named)


class _Adapter(HTTPAdapter):
    """Connections of our kind, one at a time, never a retry."""

    def __init__(self, call: _Call) -> None:
        self._call = call
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        super().init_poolmanager(*args, **named)
        kinds = {"call": self._call}
        plain = type("_Plain", (_Watched, HTTPConnection), kinds)
        secure = type("_Secure", (_Watched, HTTPSConnection), kinds)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


class _TooLarge(OSError):
    """An answer beyond all measure."""


def _content(response: requests.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_content(_PIECE):
        content += piece
        if len(content) > _LARGEST_ANSWER:
            raise _TooLarge
    return bytes(content)


def _said(error: Exception, limits: Limits) -> str:
    match error:
        case requests.exceptions.SSLError():
            return "could not be trusted: its certificate or its encryption is not right"
        case requests.exceptions.ConnectTimeout():
            return f"did not answer within {limits.connect_s:.0f} seconds"
        case requests.exceptions.ReadTimeout():
            return f"sent no answer for {limits.first_byte_s:.0f} seconds"
        case _TooLarge():
            return f"sent an answer of more than {_LARGEST_ANSWER >> 20} MB"
        case _ if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
            return "could not be reached"
        case _:
            return "broke the connection off"
