"""How people stand, and what happened to them, in the words of the desk's pages."""

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.subscribers.models import Consent, ConsentKind, Status, Subscriber, Subscription, SuppressionKind

STATUSES: Mapping[Status, tuple[str, str]] = {
    Status.CONFIRMED: ("Active", "ok"),
    Status.PENDING: ("Not confirmed", "wait"),
    Status.PAUSED: ("Paused", "warn"),
    Status.LEFT: ("Left", ""),
}

HELD: Mapping[SuppressionKind, str] = {
    SuppressionKind.COMPLAINT: "Complained",
    SuppressionKind.NEVER: "Never again",
    SuppressionKind.HARD_BOUNCE: "Bounced for good",
    SuppressionKind.MANUAL: "Stopped by an editor",
    SuppressionKind.EVERYTHING: "Left everything",
}

HELD_WORDS: Mapping[SuppressionKind, str] = {
    SuppressionKind.COMPLAINT: "Reported a mail as spam. No issue and no confirmation letter goes there.",
    SuppressionKind.NEVER: "Asked never to be mailed again. No issue and no confirmation letter goes there.",
    SuppressionKind.HARD_BOUNCE: "The mailbox does not exist, its provider says. Confirming a letter lifts it.",
    SuppressionKind.MANUAL: "Somebody at this desk stopped all mail to this address.",
    SuppressionKind.EVERYTHING: "Left every newsletter here. A newly confirmed sign-up lifts it.",
}

CONSENTS: Mapping[ConsentKind, str] = {
    ConsentKind.SIGN_UP: "Signed up",
    ConsentKind.CONFIRM: "Confirmed",
    ConsentKind.CHANGE: "Changed their choice",
    ConsentKind.LEAVE: "Left",
    ConsentKind.RETURN: "Came back",
    ConsentKind.IMPORT: "Came by a file, with this consent",
    ConsentKind.ERASE: "Was erased",
}


def state(
    subscriber: Subscriber,
    subscription: Subscription | None,
    held: Collection[SuppressionKind],
    zone: ZoneInfo,
    now: datetime,
) -> tuple[str, str]:
    """The words and the look of somebody's state: what stops all mail comes first."""
    if subscriber.address is None:
        return "Erased", ""
    for kind, words in HELD.items():
        if kind in held:
            return words, "bad"
    if subscription is None:
        return "Not in this newsletter", ""
    words, look = STATUSES[subscription.status]
    if subscription.status is Status.LEFT and subscription.left_at:
        words = f"Left {day(subscription.left_at, zone, now)}"
    return words, look


def said(consent: Consent) -> str:
    """What somebody did, or what was done on their word."""
    if consent.kind is ConsentKind.IMPORT and not consent.evidence.get("file"):
        return "Added by hand, with this consent"
    return CONSENTS[consent.kind]


def origin(first: Consent | None) -> str:
    """Where somebody came from, in a few words."""
    if first is None:
        return ""
    if first.kind is ConsentKind.IMPORT:
        return str(first.evidence.get("file") or "by hand")
    return first.page.partition("://")[2].partition("/")[2] or first.page or "sign-up page"


def day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Today, or 3 Mar 2026."""
    there = at.astimezone(zone)
    return "today" if there.date() == now.astimezone(zone).date() else f"{there.day} {there:%b %Y}"


def long_day(at: datetime, zone: ZoneInfo) -> str:
    """Thursday 26 November 2026."""
    there = at.astimezone(zone)
    return f"{there:%A} {there.day} {there:%B %Y}"
