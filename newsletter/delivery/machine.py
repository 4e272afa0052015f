"""The worker's motions: tick (look for what is due), send (issues) and letters.

Tasks carry no arguments and may come late, twice or never: each motion looks in the database for what there is
to do, and a second one that comes while the first runs returns at once.
"""

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsletter import limits, wake
from newsletter.delivery import answers, audience, due, editions, launching, letter_post, replay, sweep
from newsletter.delivery.departures import Departures
from newsletter.delivery.messages import Messages
from newsletter.delivery.runtime import Runtime, account_mark, open_runtime
from newsletter.delivery.sending import LaneSender
from newsletter.issues.models import Issue, State
from newsletter.providers.base import Facts
from newsletter.publications import installation
from newsletter.publications.models import ProviderAccount
from newsletter.subscribers import importing, joining

log = logging.getLogger(__name__)

TURN_S = 30.0  # one send task works this long, then rings for the next
IMPORT_S = 4.0  # of each tick for bringing people in
PAUSE_S = 0.002  # between two slices of a freeze, so that others get their turn at the database
CANNOT_OPEN = "The provider account cannot be opened. Open it in the settings: what is missing or wrong is named there."
NO_ACCOUNT = "The provider account it was launched with is gone. Choose a provider in the settings, then resume."
BROKEN = "What was launched cannot be put together any more; the worker's log says what is missing. Nobody was dropped."
NAP_S = 0.5  # what a send waits for the pace before it looks again


@contextmanager
def alone(lock: Lock) -> Iterator[bool]:
    """Whether this is the only one of its kind in the process right now."""
    mine = lock.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            lock.release()


def may_work(runtime: Runtime) -> bool:
    """Whether this worker has the key ring the database was made with.

    With another it would mail people who asked never to be mailed, and its links would open nothing.
    """
    if not runtime.is_ours:
        try:
            with runtime.database.read() as session:
                installation.check(session, runtime.ring)
        except installation.OtherKeys as error:
            log.warning("Nothing is done: %s", error)
            return False
        runtime.is_ours = True
    return True


def tick(runtime: Runtime) -> None:
    """Look for everything that is due, and ring for what has to be done. Any worker, any time, twice at once."""
    if not may_work(runtime):
        return
    now = runtime.now()
    with runtime.database.write() as session:
        sweep.beat(session, now)
        moved = sweep.reap(session, now)
        finished = sweep.finish(session, runtime.facts, now)
        joining.expire_unconfirmed(session, now)
        limits.forget_old(session, now)
    _launch(runtime, now)
    if moved or finished:
        log.info("Swept: %s calls taken back, issues finished: %s", moved, finished)
    with runtime.database.read() as session:
        to_send = bool(due.issues_to_send(session, now) or _to_freeze(session) or replay.candidates(session, now))
        to_write = letter_post.any_due(session, now)
    _bring_people(runtime)
    if to_send:
        wake.wake(runtime.settings, "send")
    if to_write:
        wake.wake(runtime.settings, "letters")


def _launch(runtime: Runtime, now: datetime) -> None:
    """Launch what is due, each issue by itself."""
    with runtime.database.read() as session:
        scheduled = launching.scheduled(session, now)
    for issue_id in scheduled:
        with runtime.database.write() as session:
            for finding in launching.launch_due(session, issue_id, runtime.settings.address, now):
                log.warning("Issue %s was due and is blocked: %s", issue_id, finding.code)


def _bring_people(runtime: Runtime) -> None:
    """Go on with imports of people, a slice at a time, until the next tick."""
    until = time.monotonic() + IMPORT_S
    going_on = True
    while going_on and time.monotonic() < until and not runtime.stop.is_set():
        with runtime.database.write() as session:
            going_on = importing.step(session, runtime.ring, runtime.now())
        time.sleep(PAUSE_S)


def send(runtime: Runtime) -> bool:
    """Freeze what is launched and send what is due, for at most TURN_S. False: another does it already."""
    with alone(runtime.sending) as mine:
        if not mine or not may_work(runtime):
            return False
        runtime.until = time.monotonic() + TURN_S
        try:
            while not runtime.is_over and _turn(runtime):
                pass
        finally:
            with runtime.database.write() as session:
                due.give_back(session, runtime.owner)
        with runtime.database.write() as session:
            sweep.finish(session, runtime.facts, runtime.now())
        if time.monotonic() > runtime.until and not runtime.stop.is_set():
            wake.wake(runtime.settings, "send")
        runtime.until = math.inf
        return True


def _turn(runtime: Runtime) -> bool:
    """Do the next thing there is. False: there is nothing to do now."""
    now = runtime.now()
    with runtime.database.read() as session:
        freezing = _to_freeze(session)
        sending = due.issues_to_send(session, now)
        doubtful = replay.candidates(session, now)
    frozen = [_try(runtime, freeze, issue_id) for issue_id in freezing]
    sent = [_try(runtime, send_issue, issue_id) for issue_id in sending]
    asked = [_try(runtime, _ask_again, issue_id) for issue_id in doubtful]
    return any(frozen) or any(sent) or any(asked)


def _try(runtime: Runtime, act: Callable[[Runtime, int], bool], issue_id: int) -> bool:
    """Do this to the issue. One that is not what was launched is held, so that it keeps no other issue waiting."""
    try:
        return act(runtime, issue_id)
    except LookupError:
        log.exception("Issue %s cannot be sent as it was launched.", issue_id)
        with runtime.database.write() as session:
            answers.block(session, issue_id, BROKEN, runtime.now())
        return False


def _to_freeze(session: Session) -> list[int]:
    waiting = select(Issue.id).where(Issue.state.in_((State.LAUNCHED, State.FREEZING)))
    return list(session.scalars(waiting.order_by(Issue.launched_at)))


def _open(runtime: Runtime, issue_id: int) -> tuple[Issue, ProviderAccount, Facts] | None:
    """The issue with its account and what the provider declares. None, and the issue held: it cannot be opened."""
    with runtime.database.read() as session:
        issue = session.get_one(Issue, issue_id)
        account = session.get(ProviderAccount, issue.account_id) if issue.account_id else None
    declared = runtime.facts(account) if account else None
    if account is None or declared is None:
        with runtime.database.write() as session:
            if account is None:
                answers.block(session, issue_id, NO_ACCOUNT, runtime.now())
            else:
                answers.hold(session, account.id, issue_id, CANNOT_OPEN, runtime.now())
        return None
    return issue, account, declared


def freeze(runtime: Runtime, issue_id: int) -> bool:
    """Write down who gets the issue, or go on where a freeze was interrupted. False: another does it, or none can."""
    opened = _open(runtime, issue_id)
    if opened is None:
        return False
    issue, account, declared = opened
    with runtime.database.write() as session:
        audience.begin(session, issue)
    with runtime.database.read() as session:
        known = editions.Editions.of_issue(session, issue, declared)
    at_once = account.rate_per_s * due.BURST_S if account.rate_per_s else math.inf
    work = audience.Freeze(runtime.database, issue_id, known, really=declared.sends_really, at_once=at_once)
    while not runtime.is_over and work.slice(runtime.now()):
        time.sleep(PAUSE_S)
    return work.is_over


def send_issue(runtime: Runtime, issue_id: int) -> bool:
    """Send every lane of one issue that is due now. False: nothing was claimed, or the provider takes nothing."""
    opened = _open(runtime, issue_id)
    if opened is None:
        return False
    issue, account, declared = opened
    with runtime.database.read() as session:
        lanes = due.lanes(session, issue_id, runtime.now())
    sender = _sender(runtime, issue, account, declared)
    any_claimed = False
    for lane in lanes:
        if runtime.is_over or sender.halted:
            break
        with runtime.database.write() as session:
            claims = due.claim(session, issue, lane, runtime.owner, runtime.now())
        sender.run(claims)
        any_claimed = any_claimed or bool(claims)
    if lanes and not any_claimed and account.rate_per_s:
        runtime.stop.wait(NAP_S)  # the bucket is empty: look again when something has trickled in
        return True
    return any_claimed and not sender.halted


def _ask_again(runtime: Runtime, issue_id: int) -> bool:
    """Send the unknown chunks of one issue again under their keys, where the provider knows keys."""
    opened = _open(runtime, issue_id)
    if opened is None:
        return False
    issue, account, declared = opened
    with runtime.database.write() as session:
        claims = replay.claim(session, issue_id, declared, runtime.owner, runtime.now())
    if claims:
        _sender(runtime, issue, account, declared).ask_again(claims)
    return bool(claims)


def _sender(runtime: Runtime, issue: Issue, account: ProviderAccount, declared: Facts) -> LaneSender:
    with runtime.database.read() as session:
        mails = Messages.of_issue(session, issue, declared, runtime.ring, runtime.settings.address)
    return LaneSender(
        database=runtime.database,
        issue=issue,
        mails=mails,
        departures=Departures(issue),
        open_provider=lambda: runtime.provider(account),
        facts=declared,
        account_mark=account_mark(account),
        pool=runtime.pool,
        senders=runtime.settings.senders,
        owner=runtime.owner,
        clock=runtime.now,
        stopping=lambda: runtime.is_over,
    )


def letters(runtime: Runtime) -> bool:
    """Write every letter that is due. False: another does it already."""
    with alone(runtime.writing) as mine:
        if mine and may_work(runtime):
            letter_post.send_due(runtime)
        return mine


__all__ = ["Runtime", "letters", "open_runtime", "send", "tick"]
