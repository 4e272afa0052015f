"""`newsletter issue`: bring an issue in, look at it, send it, watch it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter import clock, wake
from newsletter.cli.context import (
    Failed,
    House,
    answer,
    house,
    json_option,
    said_findings,
    table,
    the_issue,
    the_publication,
)
from newsletter.delivery import composing, editions, launching, previewing
from newsletter.delivery import progress as counting
from newsletter.issues import bringing
from newsletter.issues.models import Issue
from newsletter.issues.reading import Unreadable
from newsletter.publications.models import Publication

publication_option = click.option("--publication", help="Slug of the publication, where there are several.")


@click.group("issue")
def issue_command() -> None:
    """Issues: bring in, look at, send."""


@issue_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--no-create-topics", is_flag=True, help="Refuse a section whose topic does not exist.")
@publication_option
@json_option
def issue_import(file: Path, no_create_topics: bool, publication: str | None, as_json: bool) -> None:
    """Make an issue of a text: Markdown with sections, or plain text as it was typed."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Failed(f"{file} cannot be read ({error.strerror}).") from None
    with house() as home, home.database.write() as session:
        owner = the_publication(session, publication)
        try:
            brought = bringing.bring(
                session, owner, raw, file.name, create_topics=not no_create_topics, now=clock.now()
            )
        except (Unreadable, bringing.CannotBring) as error:
            raise Failed(f"{file}: {error}") from None
        found = {"id": brought.issue.public_id, **brought.outline}
        number, title = brought.issue.number, brought.issue.title
    items = sum(len(section["items"]) for section in found["sections"])
    words = f"Issue {number}, “{title}”: {len(found['sections'])} sections, {items} items. Its id is {found['id']}."
    answer(found, as_json, lambda: "\n".join([words, *said_findings(brought.findings)]))


@issue_command.command("list")
@publication_option
@json_option
def issue_list(publication: str | None, as_json: bool) -> None:
    """Show the issues, newest first."""
    with house() as home, home.database.read() as session:
        owner = the_publication(session, publication)
        found = session.scalars(
            select(Issue).where(Issue.publication_id == owner.id).order_by(Issue.number.desc())
        ).all()
        rows = [(each.public_id, str(each.number), each.state.value, each.title) for each in found]
    values = [dict(zip(("id", "number", "state", "title"), row, strict=True)) for row in rows]
    answer(values, as_json, lambda: table(rows, ("id", "no.", "state", "title")))


@issue_command.command("check")
@click.argument("public_id", metavar="ID")
@json_option
def issue_check(public_id: str, as_json: bool) -> None:
    """Say what stands in the way of sending, and what is worth a look. Exit code 1 when something blocks."""
    with house() as home, home.database.read() as session:
        found = launching.preflight(session, the_issue(session, public_id), home.settings.address)
    values = [_finding(each) for each in found.findings]
    words = said_findings(found.findings) or ["Nothing to mend."]
    answer({"blocking": len(found.blocking), "findings": values}, as_json, lambda: "\n".join(words))
    raise SystemExit(1 if found.blocking else 0)


def _finding(each: Any) -> dict[str, Any]:
    return {
        "code": each.code,
        "blocking": each.blocking,
        "message": each.message,
        "mend": each.mend,
        "line": each.line,
    }


@issue_command.command("editions")
@click.argument("public_id", metavar="ID")
@json_option
def issue_editions(public_id: str, as_json: bool) -> None:
    """Show which editions there are now, and how many people get each."""
    with house() as home, home.database.read() as session:
        found = launching.preflight(session, the_issue(session, public_id), home.settings.address)
    values = [
        {"topics": list(each.topics), "sections": list(each.sections), "people": each.people, "bytes": each.size_bytes}
        for each in found.editions
    ]
    rows = [(str(each.people), f"{each.size_bytes:,}", ", ".join(each.topics) or "(none)") for each in found.editions]
    skipped = [f"{n} get nothing: {reason}" for reason, n in found.skipped.items()]
    answer(
        {"people": found.people, "editions": values, "skipped": found.skipped},
        as_json,
        lambda: "\n".join([table(rows, ("people", "bytes", "topics")), *skipped]),
    )


@issue_command.command("render")
@click.argument("public_id", metavar="ID")
@click.option("--topics", help="Slugs with commas: whose edition. Without it, every section.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write into.")
def issue_render(public_id: str, topics: str | None, out: Path) -> None:
    """Write edition.html, edition.txt and edition.mjml: what somebody with these topics would get."""
    with house() as home, home.database.read() as session:
        issue = the_issue(session, public_id)
        publication = session.get_one(Publication, issue.publication_id)
        composed = editions.compose(session, publication, issue.text, home.settings.address, number=str(issue.number))
        key = _key(composed, topics)
        filled = previewing.mail(composed, frozenset(composed.topics(key)), "", home.settings.address)
        mjml = composing.mjml(
            composed.resolved,
            frozenset(composed.topics(key)),
            composing.words_of(publication, home.settings.address),
            composing.theme_of(publication),
            number=str(issue.number),
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in (("html", filled.html), ("txt", filled.text), ("mjml", mjml)):
            (out / f"edition.{name}").write_text(content)
    except OSError as error:
        raise Failed(f"{out} cannot be written ({error.strerror}). Name another folder with --out.") from None
    click.echo(f"Wrote edition.html, edition.txt and edition.mjml to {out}; the subject is “{filled.subject}”.")


def _key(composed: editions.Composed, topics: str | None) -> str:
    if topics is None:
        return composed.whole
    chosen = frozenset(slug.strip() for slug in topics.split(",") if slug.strip())
    unknown = sorted(chosen - set(composed.slugs.values()))
    if unknown:
        known = ", ".join(sorted(composed.slugs.values()))
        raise Failed(f"There is no topic “{unknown[0]}”. There are: {known}.")
    key = composed.key_of(chosen)
    if key is None:
        raise Failed("Nobody with these topics would get this issue: it has no section for them.")
    return key


def _act(public_id: str, act: Callable[[Session, Issue, House], str], as_json: bool) -> None:
    """Do one thing to an issue, commit, and ring the worker."""
    with house() as home:
        try:
            with home.database.write() as session:
                issue = the_issue(session, public_id)
                words = act(session, issue, home)
                found = {"id": issue.public_id, "state": issue.state.value, "words": words}
        except launching.CannotLaunch as error:
            raise Failed("\n".join(said_findings(error.findings))) from None
        except (launching.AlreadyLaunched, launching.NotNow) as error:
            raise Failed(str(error)) from None
        wake.wake(home.settings, "send")
    answer(found, as_json, lambda: words)


@issue_command.command("launch")
@click.argument("public_id", metavar="ID")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]), help="When, in UTC. Else now.")
@json_option
def issue_launch(public_id: str, at: Any, as_json: bool) -> None:
    """Send an issue. It leaves at once: the minute to take it back is the desk's."""

    def act(session: Session, issue: Issue, home: House) -> str:
        now = clock.now()
        due = at.replace(tzinfo=now.tzinfo) if at else now
        if due < now:
            raise Failed(f"{due:%Y-%m-%d %H:%M} UTC has passed. Choose a later time, or leave out --at to send now.")
        leaves = launching.launch(session, issue, None, home.settings.address, now, due_at=due)
        if at is None:
            launching.launch_due(session, issue.id, home.settings.address, now)
            return "It is launched; a running worker sends it now. `newsletter issue status` shows how far it is."
        return f"It leaves at {leaves:%Y-%m-%d %H:%M} UTC."

    _act(public_id, act, as_json)


@issue_command.command("pause")
@click.argument("public_id", metavar="ID")
@json_option
def issue_pause(public_id: str, as_json: bool) -> None:
    """Begin no further call to the provider."""

    def act(session: Session, issue: Issue, home: House) -> str:
        under_way = launching.pause(session, issue, clock.now())
        return f"Paused. {under_way} mails are in calls that had begun and may still leave."

    _act(public_id, act, as_json)


@issue_command.command("resume")
@click.argument("public_id", metavar="ID")
@json_option
def issue_resume(public_id: str, as_json: bool) -> None:
    """Go on after a pause, or after what blocked it is mended."""

    def act(session: Session, issue: Issue, home: House) -> str:
        launching.resume(session, issue, clock.now())
        return f"It is {issue.state.value} again."

    _act(public_id, act, as_json)


@issue_command.command("stop")
@click.argument("public_id", metavar="ID")
@json_option
def issue_stop(public_id: str, as_json: bool) -> None:
    """End a send for good: whoever has not got the issue will not."""

    def act(session: Session, issue: Issue, home: House) -> str:
        under_way = launching.stop(session, issue, clock.now())
        return f"Stopped. {under_way} mails are in calls that had begun and may still leave."

    _act(public_id, act, as_json)


@issue_command.command("status")
@click.argument("public_id", metavar="ID")
@json_option
def issue_status(public_id: str, as_json: bool) -> None:
    """Show what became of everybody so far."""
    with house() as home, home.database.read() as session:
        issue = the_issue(session, public_id)
        found = counting.progress(session, issue, clock.now())
    counts = {status: n for status, n in found.counts.items() if n}
    values = {
        "id": public_id,
        "state": found.state.value,
        "words": found.words,
        "people": found.people,
        "counts": counts,
        "skipped": dict(found.skipped),
        "rate_per_s": found.rate_per_s,
        "remaining_s": found.remaining_s,
    }
    lines = [f"{found.state.value}: {found.people} people. {found.words}".strip()]
    lines += [f"  {n:>9,}  {status}" for status, n in counts.items()]
    answer(values, as_json, lambda: "\n".join(lines))
