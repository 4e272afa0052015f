"""Numbers, sizes, moments and states as the desk's pages say them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.issues.models import Issue, State
from newsletter.publications.models import Publication
from newsletter.web.editor import blueprint

STATES = {
    State.DRAFT: ("Draft", ""),
    State.SCHEDULED: ("Scheduled", "wait"),
    State.LAUNCHED: ("Launched", "live"),
    State.FREEZING: ("Writing down who gets it", "live"),
    State.SENDING: ("Sending", "live"),
    State.PAUSED: ("Paused", "warn"),
    State.BLOCKED: ("Blocked", "bad"),
    State.CANCELLED: ("Stopped", "bad"),
    State.FINISHED: ("Finished", "ok"),
}

REASONS = {
    "no_section": "Chose only topics that are not in this issue",
    "no topics": "Chose no topic any more before their mail left",
    "paused": "Paused",
    "left": "Left before their mail left",
    "suppressed": "Must not be mailed: complained, bounced for good, or asked for nothing",
    "erased": "Erased before their mail left",
    "sample": "Sample people, whom only the outbox mails",
}

STATUSES = {
    "accepted": "Handed over",
    "rejected": "Refused",
    "failed": "Failed",
    "unknown": "Unknown",
    "posting": "Posting now",
    "pending": "Waiting",
    "cancelled": "Not sent, because it was stopped",
    "skipped": "Got nothing",
}


def state_of(issue: Issue) -> tuple[str, str]:
    """What the state mark says, and its look."""
    return STATES[issue.state]


def reason(word: str | None) -> str:
    """Why somebody got nothing. A reason that we have no words for stands as it is."""
    return REASONS.get(word or "", word or "No reason was noted")


@blueprint.app_template_filter("n")
def number(value: int) -> str:
    return f"{value:,}"


@blueprint.app_template_filter("size")
def size(size_bytes: int) -> str:
    """Bytes as people read them: 812 bytes, 24 KB, 3.1 MB (of 1,024)."""
    if size_bytes < 1024:
        return f"{size_bytes} bytes"
    if size_bytes < 1 << 20:
        return f"{size_bytes / 1024:.0f} KB"
    return f"{size_bytes / (1 << 20):.1f} MB"


def zone_of(publication: Publication | None) -> ZoneInfo:
    return ZoneInfo(publication.zone if publication else "UTC")


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Thu 26 Nov, 07:00 in the publication's own time; the year where it is another one."""
    there = at.astimezone(zone)
    year = "" if there.year == now.astimezone(zone).year else f" {there:%Y}"
    return f"{there:%a} {there.day} {there:%b}{year}, {there:%H:%M}"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"


def when(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The time alone today, day and time before."""
    same_day = at.astimezone(zone).date() == now.astimezone(zone).date()
    return clock_time(at, zone) if same_day else moment(at, zone, now)


def lasting(seconds: float) -> str:
    """A span as people say it: 20 s, 3 min 20 s, 2 h 10 min."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@blueprint.app_template_filter("counted")
def counted(value: int, one: str, many: str) -> str:
    """1 person, 2,410 people."""
    return f"{value:,} {one if value == 1 else many}"
