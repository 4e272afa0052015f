"""Commands about the program itself: start it, bring its database up to date, make keys, load the sample."""

import socket
from contextlib import closing
from pathlib import Path

import click
from alembic import command as alembic
from sqlalchemy.orm import Session

from newsletter import clock, keys, logs, schema
from newsletter.accounts import editors, ways_in
from newsletter.cli.context import Failed, answer, house, json_option, said_plainly, settings
from newsletter.config import Settings, SettingsError
from newsletter.db import open_database
from newsletter.delivery import web_links
from newsletter.publications import installation
from newsletter.sample import loading


def prepare(found: Settings) -> str | None:
    """Make an installation ready to run: folder, keys, tables, sample. The way in, if nobody has a password."""
    now = clock.now()
    try:
        found.data_dir.mkdir(parents=True, exist_ok=True)
        probe = found.data_dir / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Failed(
            f"The data folder {found.data_dir.resolve()} cannot be written ({error.strerror}). Make it writable for "
            "this user, or name another one with NEWSLETTER_DATA_DIR."
        ) from None
    try:
        ring = keys.load(found)
    except SettingsError as error:
        raise Failed(str(error)) from None
    with said_plainly():
        schema.upgrade(found.database, now)
        with closing(open_database(found.database)) as database, database.write() as session:
            _ensure(session, ring)
            if found.sample:
                loading.load(session, ring, now)
            return ways_in.first(session, now)


def _ensure(session: Session, ring: keys.KeyRing) -> None:
    try:
        installation.ensure(session, ring, clock.now())
    except installation.OtherKeys as error:
        raise Failed(str(error)) from None


@click.command("run")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web pages. NEWSLETTER_PORT does the same.")
def run_command(port: int | None) -> None:
    """Start web pages, worker and clock together; Ctrl-C stops them in order."""
    from newsletter import supervisor  # here, so that no other command has to load it

    found = settings()
    if port is not None:
        found = found.model_copy(update={"port": port})
    _need_free(found.host, found.port)
    secret = prepare(found)
    lines = [f"Your newsletter is at {found.address}"]
    if secret:
        lines.append(f"Your way in, good once and for a day: {web_links.way_in(found.address, secret)}")
    else:
        lines.append(f"Sign in at {web_links.sign_in(found.address)}")
    raise SystemExit(supervisor.run(found, found.port, lines))


def _need_free(host: str, port: int) -> None:
    """Raise Failed when something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Failed(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop what listens there, or start with "
                f"another one: newsletter run --port {port + 1 if port < 65535 else 8025}"
            ) from None


@click.command("web")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on. NEWSLETTER_PORT does the same.")
def web_command(port: int | None) -> None:
    """Serve the web pages alone, where workers run by themselves."""
    import waitress

    from newsletter.app import create_app

    found = settings()
    logs.setup(found.log_level)
    if port is not None:
        found = found.model_copy(update={"port": port})
    try:
        app = create_app(found)
    except SettingsError as error:
        raise Failed(str(error)) from None
    waitress.serve(app, host=found.host, port=found.port, threads=8, ident="", clear_untrusted_proxy_headers=False)


@click.group("db")
def db_command() -> None:
    """The database's shape."""


@db_command.command("upgrade")
@json_option
def db_upgrade(as_json: bool) -> None:
    """Make the tables, or bring them to what this version expects. An SQLite file is copied first."""
    found = settings()
    with said_plainly():
        changed = schema.upgrade(found.database, clock.now())
        with closing(open_database(found.database)) as database, database.write() as session:
            _ensure(session, keys.load(found))
    words = "The database is up to date now." if changed else "The database was up to date."
    answer({"changed": changed, "at": schema.head()}, as_json, lambda: words)


@db_command.command("check")
@json_option
def db_check(as_json: bool) -> None:
    """Say whether the tables are what this version of the program expects."""
    from alembic.util import CommandError

    found = settings()
    with said_plainly(), closing(open_database(found.database)) as database:
        at = schema.current(database)
    if at != schema.head():
        raise Failed(
            f"The database stands at “{at or 'nothing'}”, not at “{schema.head()}”. Run `newsletter db upgrade`."
        )
    try:
        alembic.check(schema.config(found.database))
    except CommandError as error:
        raise Failed(f"The tables are not what this version expects: {error}") from None
    answer({"at": at, "ok": True}, as_json, lambda: f"The database is right ({at}).")


@click.group("sample")
def sample_command() -> None:
    """The sample publication: invented topics, people and one issue, to try things with."""


@sample_command.command("load")
@json_option
def sample_load(as_json: bool) -> None:
    """Put the sample in, unless there is a publication already."""
    with house() as home, home.database.write() as session:
        _ensure(session, home.ring)
        made = loading.load(session, home.ring, clock.now())
    words = f"“{made.name}” is there." if made else "There is a publication already; nothing was changed."
    answer({"loaded": made is not None}, as_json, lambda: words)


@sample_command.command("remove")
@json_option
def sample_remove(as_json: bool) -> None:
    """Take the sample out with its topics, people and issues. What is not the sample's stays."""
    with house() as home, home.database.write() as session:
        gone = loading.remove(session)
    answer({"people": gone}, as_json, lambda: f"The sample is gone, and its {gone} invented people with it.")


@click.group("secret")
def secret_command() -> None:
    """The key ring."""


@secret_command.command("new")
@click.option("--links", is_flag=True, help="Add a link key to the ring in the data folder, and keep all others.")
def secret_new(links: bool) -> None:
    """Print a new key ring for NEWSLETTER_KEYS; it goes to every machine, and into every backup.

    A new ring is for a new installation: with another one, stored provider keys cannot be read, and people who
    asked never to be mailed are not known any more.
    """
    if not links:
        click.echo(keys.make().text())
        return
    found = settings()
    path = Path(found.data_dir) / keys.FILE
    try:
        keys.replace(path, keys.load(found).with_new_link_key())
    except (SettingsError, OSError) as error:
        raise Failed(str(error)) from None
    click.echo("Links are signed with a new key from the next start on; the old ones stay good.")


@click.command("way-in")
@json_option
def way_in_command(as_json: bool) -> None:
    """Print a new link to the desk for the owner, good once and for a day: for whoever is locked out."""
    with house() as home, home.database.write() as session:
        owner = editors.first_owner(session)
        if owner is None:
            raise Failed("There is no owner yet. Start `newsletter run`: it makes one and prints the way in.")
        secret = ways_in.make(session, owner.id, ways_in.FIRST, clock.now())
        link = web_links.way_in(home.settings.address, secret)
    answer({"link": link}, as_json, lambda: link)
