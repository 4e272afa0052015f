"""`newsletter people` and `newsletter delivery`: who gets the publication, and what each of them was sent."""

from itertools import islice
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from newsletter import addresses, clock
from newsletter.cli.context import Failed, House, answer, house, json_option, table, the_publication
from newsletter.delivery import reports
from newsletter.publications import topics
from newsletter.publications.models import Publication
from newsletter.subscribers import adding, consents, files, importing, people, suppressions, topic_sets
from newsletter.subscribers.columns import Column, Verdict
from newsletter.subscribers.models import Import, ImportState, Subscriber

AT_ONCE = 2_000  # rows stored in one transaction
publication_option = click.option("--publication", help="Slug of the publication, where there are several.")


@click.group("people")
def people_command() -> None:
    """People: bring in, add, look at one."""


@people_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen to each row.")
@click.option("--topics", "everybody", default="", help="Slugs with commas: topics that every row gets.")
@click.option("--where", default="", help="Where these people agreed.")
@click.option("--when", default="", help="When they agreed.")
@click.option("--words", default="", help="With what words they agreed.")
@publication_option
@json_option
def people_import(
    file: Path,
    dry_run: bool,
    everybody: str,
    where: str,
    when: str,
    words: str,
    publication: str | None,
    as_json: bool,
) -> None:
    """Bring people from a CSV file with a column of addresses.

    With --where, --when and --words, which are kept as evidence, they come in confirmed; without, unconfirmed, and
    get no mail. Whoever left before stays out.
    """
    stated = (where, when, words)
    if any(stated) and not all(stated):
        raise click.UsageError("--where, --when and --words belong together: all three are kept as evidence.")
    consent = {"where": where, "when": when, "words": words} if all(stated) else None
    slugs = [slug.strip() for slug in everybody.split(",") if slug.strip()]
    with house() as home:
        try:
            import_id = _store(home, file, publication)
            _judge(home, import_id, slugs)
            if not dry_run:
                _let_in(home, import_id, consent)
            found = _result(home, import_id, end=dry_run)
        except (files.BadFile, importing.CannotImport) as error:
            raise Failed(f"{file}: {error}") from None
        except OSError as error:
            raise Failed(f"{file} cannot be read ({error.strerror}).") from None
    lines = [f"{found['rows']} rows: " + ", ".join(f"{n} {verdict}" for verdict, n in found["verdicts"].items())]
    lines += [f"row {each['row']}: {each['verdict']}: {each['why'] or each['address']}" for each in found["not_in"]]
    answer(found, as_json, lambda: "\n".join(lines))


def _store(home: House, file: Path, publication: str | None) -> int:
    """The file's rows, stored in slices that are each committed."""
    with file.open("rb") as opened:
        reading = files.read(opened)
        with home.database.write() as session:
            owner = the_publication(session, publication)
            size = file.stat().st_size
            begun = importing.begin(session, owner, None, file.name, size, reading, clock.now())
        try:
            while rows := list(islice(reading.rows, AT_ONCE)):
                with home.database.write() as session:
                    importing.add_rows(session, session.get_one(Import, begun.id), rows)
            with home.database.write() as session:
                importing.read_to_end(session, session.get_one(Import, begun.id), reading.has_header)
        except (files.BadFile, importing.CannotImport):
            with home.database.write() as session:
                importing.stop(session, session.get_one(Import, begun.id), clock.now())
            raise
    return begun.id


def _judge(home: House, import_id: int, everybody: list[str]) -> None:
    with home.database.write() as session:
        found = session.get_one(Import, import_id)
        _need_topics(session, found.publication_id, everybody)
        importing.map_columns(session, found, [Column(column) for column in found.mapping], everybody)
    _finish(home, import_id)


def _need_topics(session: Session, publication_id: int, slugs: list[str]) -> None:
    known = {topic.slug for topic in topics.all_of(session, publication_id)}
    if unknown := sorted(set(slugs) - known):
        raise Failed(f"There is no topic “{unknown[0]}”. There are: {', '.join(sorted(known))}.")


def _let_in(home: House, import_id: int, consent: dict[str, str] | None) -> None:
    with home.database.write() as session:
        importing.let_in(session, session.get_one(Import, import_id), consent, clock.now())
    _finish(home, import_id)


def _finish(home: House, import_id: int) -> None:
    going_on = True
    while going_on:
        with home.database.write() as session:
            going_on = importing.step_of(session, home.ring, session.get_one(Import, import_id), clock.now())


def _result(home: House, import_id: int, *, end: bool) -> dict[str, Any]:
    with home.database.write() as session:
        found = session.get_one(Import, import_id)
        out = [verdict for verdict in Verdict if verdict not in (Verdict.NEW, Verdict.HERE)]
        not_in = importing.rows(session, found, out, limit=100)
        result = {
            "rows": found.total,
            "verdicts": {key: n for key, n in found.counts.items() if n},
            "came_in": found.counts.get(importing.CAME_IN, 0),
            "not_in": [
                {"row": row.number, "address": row.address, "verdict": Verdict(row.verdict).value, "why": row.why}
                for row in not_in
                if row.verdict
            ],
        }
        if end and found.state is not ImportState.FINISHED:
            importing.stop(session, found, clock.now())
        return result


@people_command.command("add")
@click.argument("address")
@click.option("--name", default="")
@click.option("--topics", "chosen", default="", help="Slugs with commas.")
@click.option("--where", required=True, help="Where this person agreed.")
@click.option("--when", required=True, help="When.")
@click.option("--words", required=True, help="With what words.")
@publication_option
@json_option
def people_add(
    address: str,
    name: str,
    chosen: str,
    where: str,
    when: str,
    words: str,
    publication: str | None,
    as_json: bool,
) -> None:
    """Add one person who agreed elsewhere. Only they themselves can come back after leaving."""
    slugs = [slug.strip() for slug in chosen.split(",") if slug.strip()]
    with house() as home, home.database.write() as session:
        owner = the_publication(session, publication)
        _need_topics(session, owner.id, slugs)
        ids = tuple(topic.id for topic in topics.all_of(session, owner.id) if topic.slug in slugs)
        typed = adding.Typed(address=address, name=name, topic_ids=ids, where=where, when=when, words=words)
        try:
            made = adding.add(session, home.ring, owner, typed, None, clock.now())
        except adding.CannotAdd as error:
            raise Failed(str(error)) from None
        found = _person(session, owner, made)
    answer(
        found, as_json, lambda: f"{found['address']} gets “{owner.name}”: {', '.join(found['topics']) or 'no topic'}."
    )


@people_command.command("show")
@click.argument("address")
@publication_option
@json_option
def people_show(address: str, publication: str | None, as_json: bool) -> None:
    """Show one person: topics, where they stand, and what they agreed to."""
    with house() as home, home.database.read() as session:
        owner = the_publication(session, publication)
        found = _person(session, owner, _the_person(session, home, address))
    lines = [f"{found['address']} ({found['name'] or 'no name'}): {found['status']}"]
    lines.append("topics: " + (", ".join(found["topics"]) or "none"))
    if found["suppressed"]:
        lines.append("must not be mailed: " + ", ".join(found["suppressed"]))
    lines += [f"{each['at']}  {each['kind']}  {each['words']}" for each in found["consents"]]
    answer(found, as_json, lambda: "\n".join(lines))


def _the_person(session: Session, home: House, address: str) -> Subscriber:
    try:
        found = people.by_address(session, home.ring, addresses.read(address))
    except addresses.BadAddress as error:
        raise Failed(str(error)) from None
    if found is None:
        raise Failed(f"Nobody with the address {address} is or was here.")
    return found


def _person(session: Session, owner: Publication, person: Subscriber) -> dict[str, Any]:
    current = people.subscription(session, owner.id, person.id)
    chosen = topic_sets.topics(session, current.topic_set_id) if current else []
    return {
        "address": person.address,
        "name": person.name,
        "status": current.status.value if current else "none",
        "topics": [topic.slug for topic in chosen],
        "suppressed": sorted(kind.value for kind in suppressions.active(session, person.address_key)),
        "consents": [
            {"at": each.at.isoformat(timespec="seconds"), "kind": each.kind.value, "words": each.words}
            for each in consents.history(session, person.id)
        ],
    }


@click.group("delivery")
def delivery_command() -> None:
    """Deliveries: what became of each mail."""


@delivery_command.command("show")
@click.argument("address")
@json_option
def delivery_show(address: str, as_json: bool) -> None:
    """Show everything one person was sent, or not sent and why, newest first."""
    with house() as home, home.database.read() as session:
        lines = reports.deliveries_of(session, _the_person(session, home, address).id)
    found: list[dict[str, Any]] = [
        {
            "issue": line.issue.public_id,
            "title": line.issue.title,
            "status": line.status,
            "reason": line.reason,
            "topics": list(line.topics),
            "at": line.at.isoformat(timespec="seconds") if line.at else None,
        }
        for line in lines
    ]
    rows = [(each["at"] or "", each["status"], each["reason"] or "", each["title"]) for each in found]
    answer(found, as_json, lambda: table(rows, ("when", "status", "why", "issue")) if rows else "Nothing yet.")
