"""The Postmark simulator over HTTP, with faults on demand and a few addresses for tests under /simulator/."""

import json
import socket
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from newsletter.simulator.faults import HTTP, BadFault, Fault, Script
from newsletter.simulator.mailroom import Mailroom
from newsletter.simulator.postmark import Answer, Call, Postmark

_LONGEST_HANG_S = 300.0
_SENDS = ("/email", "/email/batch")


class PostmarkServer:
    """A simulator on 127.0.0.1. Use it as a context: it serves in threads of its own until the block ends."""

    def __init__(self, postmark: Postmark, script: Script | None = None, port: int = 0) -> None:
        self.postmark = postmark
        self.script = script or Script(HTTP)
        self.stopping = Event()
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.simulator = self
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def serve_postmark(
    port: int,
    witness: Path | None = None,
    *,
    profile: str = "searchable",
    faults: Sequence[str] = (),
    lag_s: float = 0.0,
    token: str | None = None,
    stop: Event | None = None,
) -> None:
    """Serve until `stop` is set (or for ever). Raises BadFault, and OSError when the port is taken."""
    postmark = Postmark(Mailroom(witness), profile=profile, lag_s=lag_s)
    if token:
        postmark.server.token = token
    with PostmarkServer(postmark, Script(HTTP, faults), port):
        (stop or Event()).wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    simulator: PostmarkServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break here on purpose, and nobody wants to read of that."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class calls it so
        """Say nothing: requests carry addresses."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path.startswith("/simulator/"):
            self._say(_look(self.server.simulator, parts.path, query))
            return
        self._say(self.server.simulator.postmark.get(parts.path, query, self._headers()))

    def do_POST(self) -> None:
        simulator = self.server.simulator
        path = urlsplit(self.path).path
        if path.startswith("/simulator/"):
            self._say(_command(simulator, path, self._body()))
        elif path not in _SENDS:
            self._body()
            self._say((404, {"ErrorCode": 0, "Message": "There is no such thing."}))
        else:
            self._send(path, simulator.script.next())

    def _send(self, path: str, fault: Fault) -> None:
        if fault.kind == "stall":
            self.server.simulator.stopping.wait(_LONGEST_HANG_S)
            self._reset()
            return
        if fault.kind == "reset-early":
            self.rfile.read(1000)
            self._reset()
            return
        if fault.kind == "early":
            self._write(int(fault.value), _bytes({"ErrorCode": 0, "Message": "Not even read."}))
            self.server.simulator.stopping.wait(0.2)  # or a reset would overtake the answer
            self.close_connection = True
            return
        call = Call(path, self._headers(), self._body())
        takes = fault.taken or fault.kind in ("none", "partial", "slow", "cut", "garbled", "fewer")
        refuse = [int(at) for at in fault.value.split("+")] if fault.kind == "partial" else []
        answer = self.server.simulator.postmark.send(call, takes=takes, refuse=refuse)
        self._answer(answer, fault)

    def _answer(self, answer: Answer, fault: Fault) -> None:
        whole = _bytes(answer[1])
        match fault.kind:
            case "reset":
                self._reset()
            case "hang":
                self._hang()
            case "cut":
                self._write(answer[0], whole[: len(whole) // 2], length=len(whole))
                self.close_connection = True
            case "slow":
                self._drip(whole)
            case "fewer":
                self._say((answer[0], answer[1][:-1]))
            case "garbled" | "redirect" | "status":
                self._say_something_else(fault)
            case _:
                self._say(answer)

    def _say_something_else(self, fault: Fault) -> None:
        if fault.kind == "garbled":
            self._write(200, b"<html>Everything is fine</html>")
        elif fault.kind == "redirect":
            self._write(307, b"", headers={"Location": self.server.simulator.url + "/elsewhere"})
        else:
            said = {"ErrorCode": 0, "Message": "As the script says."}
            headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            self._write(int(fault.value), _bytes(said), headers=headers)

    def _say(self, answer: Answer) -> None:
        self._write(answer[0], _bytes(answer[1]))

    def _write(
        self, status: int, body: bytes, *, length: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, body: bytes) -> None:
        self._write(200, b"", length=len(body))
        for at in range(len(body)):
            if self.server.simulator.stopping.wait(0.05):
                return
            with suppress(OSError):
                self.wfile.write(body[at : at + 1])

    def _hang(self) -> None:
        """Wait until the other end gives up."""
        self.connection.settimeout(0.05)
        ends = time.monotonic() + _LONGEST_HANG_S
        while time.monotonic() < ends and not self.server.simulator.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
        self.close_connection = True

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


def _look(simulator: PostmarkServer, path: str, query: dict[str, str]) -> Answer:
    mailroom = simulator.postmark.mailroom
    match path:
        case "/simulator/mails":
            limit = int(query.get("limit", "100"))
            return 200, [asdict(mail) for mail in mailroom.mails(query.get("address"), limit)]
        case "/simulator/counts":
            return 200, mailroom.counts()
        case "/simulator/duplicates":
            return 200, mailroom.duplicates()
        case _:
            return 404, {"Message": "Look at /simulator/mails, /simulator/counts or /simulator/duplicates."}


def _command(simulator: PostmarkServer, path: str, body: bytes) -> Answer:
    """POST a JSON list of texts: /faults (lines), /inactive (addresses); or nothing: /reset."""
    try:
        words = [str(word) for word in json.loads(body or b"[]")]
    except (ValueError, TypeError):
        return 400, {"Message": "The body must be a JSON list of texts."}
    match path:
        case "/simulator/faults":
            try:
                simulator.script.add(*words)
            except BadFault as error:
                return 400, {"Message": str(error)}
        case "/simulator/inactive":
            simulator.postmark.server.inactive |= {word.lower() for word in words}
        case "/simulator/reset":
            simulator.script.clear()
            simulator.postmark.mailroom.clear()
        case _:
            return 404, {"Message": "POST to /simulator/faults, /simulator/inactive or /simulator/reset."}
    return 200, {"Message": "Done."}


def _bytes(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()
