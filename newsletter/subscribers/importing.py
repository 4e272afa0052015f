"""Bringing people from a file: its rows are stored, given a meaning, judged, and only then let in.

    begin, add_rows, read_to_end -> map_columns -> [judged] -> let_in -> [finished]

The two long parts are done slice by slice by `step`, which a worker calls until it says False; a slice and the
cursor behind it are one transaction, so a killed worker repeats nothing. Two workers at once take turns at the
row of the import. Whoever left, was erased or is suppressed stays out, whatever the file says: rows are judged
a second time in the transaction that lets them in.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from newsletter.keys import KeyRing
from newsletter.publications.models import Publication
from newsletter.subscribers import columns, coming_in, judging
from newsletter.subscribers.columns import Column, Verdict
from newsletter.subscribers.files import Reading, Row
from newsletter.subscribers.models import Import, ImportRow, ImportState

SLICE = 250  # rows a transaction: others wait a tenth of a second for their turn at most
KEPT = timedelta(days=7)  # a file that nobody went on with is thrown away
RUNNING = (ImportState.JUDGING, ImportState.IMPORTING)
ENDED = (ImportState.FINISHED, ImportState.STOPPED)
CAME_IN = "came in"  # beside the verdicts in `Import.counts`
WITHOUT_TOPIC = "without topic"


class CannotImport(ValueError):
    """The import cannot go on like this. The text says why and what to do."""


def begin(
    session: Session,
    publication: Publication,
    editor_id: int | None,
    file_name: str,
    size_bytes: int,
    reading: Reading,
    now: datetime,
) -> Import:
    """An import that is being read. Add its rows next."""
    made = Import(
        publication_id=publication.id,
        editor_id=editor_id,
        file_name=file_name[-200:],
        size_bytes=size_bytes,
        read_as=reading.read_as,
        columns=[name[:200] for name in reading.header],
        made_at=now,
    )
    session.add(made)
    session.flush()
    return made


def add_rows(session: Session, found: Import, rows: Iterable[Row]) -> None:
    """Store rows as they stand in the file; call it as often as there are slices of them."""
    values = [
        {
            "import_id": found.id,
            "number": row.number,
            "cells": row.cells,
            "address": "",
            "name": "",
            "topics": [],
            "why": "",
        }
        for row in rows
    ]
    if values:
        session.execute(insert(ImportRow), values)
        found.total += len(values)
        session.flush()


def read_to_end(session: Session, found: Import, has_header: bool) -> None:
    """All rows are there: guess what the columns are and wait for somebody to say. Raises CannotImport."""
    if not found.total:
        raise CannotImport("There is no row in this file but the names of its columns.")
    found.mapping = list(columns.guess(found.columns, has_header, [row.cells for row in sample(session, found, 50)]))
    found.state = ImportState.MAPPING
    session.flush()


def sample(session: Session, found: Import, rows: int = 3) -> Sequence[ImportRow]:
    """The first rows, to see what the columns are."""
    first = select(ImportRow).where(ImportRow.import_id == found.id).order_by(ImportRow.number).limit(rows)
    return session.scalars(first).all()


def map_columns(session: Session, found: Import, mapping: Sequence[Column], everybody: Sequence[str]) -> None:
    """Say what the columns are, and which topics (slugs) every row gets besides; the dry run begins anew.

    Raises CannotImport when the columns make no people, or when people are coming in already.
    """
    _take_turn(session, found)
    if found.state not in (ImportState.MAPPING, ImportState.JUDGING, ImportState.JUDGED):
        raise CannotImport("This file has been dealt with already. Bring it once more to change what its columns are.")
    if fault := columns.fault(mapping):
        raise CannotImport(fault)
    found.mapping, found.everybody = list(mapping), list(everybody)
    found.state, found.cursor, found.counts, found.strange_topics = ImportState.JUDGING, 0, {}, {}
    session.flush()


def back_to_columns(session: Session, found: Import) -> None:
    """Give up the dry run to say anew what the columns are. Raises CannotImport when people are coming in."""
    _take_turn(session, found)
    if found.state is not ImportState.JUDGED:
        raise CannotImport("The columns can be changed between the dry run and the import, not now.")
    found.state = ImportState.MAPPING
    session.flush()


def let_in(session: Session, found: Import, consent: dict[str, str] | None, now: datetime) -> None:
    """Begin to let the new people in. `consent`: where, when and with what words they agreed.

    Without it they come in unconfirmed: no letter goes to them by itself, and no issue. Raises CannotImport when
    the dry run is not done, or a part of the statement is missing.
    """
    _take_turn(session, found)
    if found.state is not ImportState.JUDGED:
        raise CannotImport("This file is not waiting to be let in: look at its page for where it stands.")
    if consent is not None and not all(consent.get(part, "").strip() for part in ("where", "when", "words")):
        raise CannotImport("Say where, when and with what words these people agreed; all three are kept as evidence.")
    found.consent = {part: text.strip() for part, text in (consent or {}).items()}
    found.state, found.cursor = ImportState.IMPORTING, 0
    session.flush()


def stop(session: Session, found: Import, now: datetime) -> bool:
    """End an import. Who came in already stays. False when it had ended."""
    _take_turn(session, found)
    if found.state in ENDED:
        return False
    found.state, found.ended_at = ImportState.STOPPED, now
    session.flush()
    return True


def by_public_id(session: Session, publication_id: int, public_id: str) -> Import | None:
    return session.scalar(select(Import).where(Import.publication_id == publication_id, Import.public_id == public_id))


def recent(session: Session, publication_id: int, limit: int = 10) -> Sequence[Import]:
    """The last imports, newest first."""
    return session.scalars(
        select(Import).where(Import.publication_id == publication_id).order_by(Import.id.desc()).limit(limit)
    ).all()


def rows(
    session: Session, found: Import, verdicts: Sequence[Verdict] = (), after: int = 0, limit: int = 50
) -> Sequence[ImportRow]:
    """Rows of a file in its order, from behind `after` on; of these verdicts, or all."""
    wanted = select(ImportRow).where(ImportRow.import_id == found.id, ImportRow.number > after)
    if verdicts:
        wanted = wanted.where(ImportRow.verdict.in_(verdicts))
    return session.scalars(wanted.order_by(ImportRow.number).limit(limit)).all()


def step(session: Session, ring: KeyRing, now: datetime) -> bool:
    """Do one slice of the oldest import under way, or clear up behind an ended one; False: nothing to do."""
    running = session.scalar(select(Import).where(Import.state.in_(RUNNING)).order_by(Import.id).limit(1))
    if running is not None:
        step_of(session, ring, running, now)
        return True
    return _throw_away_old(session, now) or _clear_rows(session)


def step_of(session: Session, ring: KeyRing, found: Import, now: datetime) -> bool:
    """Do one slice of this import; False when it is not under way."""
    _take_turn(session, found)
    if found.state is ImportState.JUDGING:
        _judge(session, ring, found)
    elif found.state is ImportState.IMPORTING:
        _let_slice_in(session, found, now)
    return found.state in RUNNING


def _judge(session: Session, ring: KeyRing, found: Import) -> None:
    taken = rows(session, found, after=found.cursor, limit=SLICE)
    if not taken:
        found.state = ImportState.JUDGED
    else:
        strange = judging.judge(session, ring, found, taken)
        found.counts = _sum(found.counts, _counted(taken))
        found.strange_topics = dict(list(_sum(found.strange_topics, strange).items())[:50])
        found.cursor = taken[-1].number
    session.flush()


def _let_slice_in(session: Session, found: Import, now: datetime) -> None:
    taken = rows(session, found, [Verdict.NEW], found.cursor, SLICE)
    if not taken:
        found.state, found.ended_at = ImportState.FINISHED, now
    else:
        before = _counted(taken)
        came = coming_in.let_in(session, found, taken, now)
        after = _counted(taken)
        changed = {verdict: after.get(verdict, 0) - before.get(verdict, 0) for verdict in {*before, *after}}
        found.counts = _sum(_sum(found.counts, changed), {CAME_IN: came})
        found.cursor = taken[-1].number
    session.flush()


def _counted(taken: Sequence[ImportRow]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in taken:
        key = str(row.verdict)
        counts[key] = counts.get(key, 0) + 1
        if row.verdict == Verdict.NEW and not row.topics:
            counts[WITHOUT_TOPIC] = counts.get(WITHOUT_TOPIC, 0) + 1
    return counts


def _sum(counts: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {
        key: counts.get(key, 0) + more.get(key, 0) for key in [*counts, *(key for key in more if key not in counts)]
    }


def _take_turn(session: Session, found: Import) -> None:
    """The import as it is now; nobody else works on it until the transaction ends."""
    session.execute(
        update(Import).where(Import.id == found.id).values(cursor=Import.cursor),
        execution_options={"synchronize_session": False},
    )
    session.refresh(found)


def _throw_away_old(session: Session, now: datetime) -> bool:
    waiting = (ImportState.READING, ImportState.MAPPING, ImportState.JUDGED)
    ended = session.execute(
        update(Import)
        .where(Import.state.in_(waiting), Import.made_at < now - KEPT)
        .values(state=ImportState.STOPPED, ended_at=now)
        .returning(Import.id)
    )
    return bool(ended.scalars().all())


def _clear_rows(session: Session) -> bool:
    """Addresses that came by a file lie here no longer than the file needs: delete a slice of an ended one."""
    import_id = session.scalar(
        select(Import.id).where(Import.state.in_(ENDED), exists().where(ImportRow.import_id == Import.id)).limit(1)
    )
    if import_id is None:
        return False
    numbers = select(ImportRow.number).where(ImportRow.import_id == import_id).order_by(ImportRow.number).limit(SLICE)
    last = session.scalar(select(func.max(numbers.subquery().c.number)))
    session.execute(delete(ImportRow).where(ImportRow.import_id == import_id, ImportRow.number <= (last or 0)))
    return True
