"""What an HTTP answer means when the provider's own words do not settle it, and words from outside made fit to show."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from newsletter.providers.base import Lost, NotSent, Rejected, Scope

LONGEST_WAIT_S = 6 * 3600.0


def meaning(
    status: int, headers: Mapping[str, str], words: str, *, says_503_when_not_taken: bool = False
) -> NotSent | Lost | Rejected:
    """What a status other than 2xx says about the whole call.

    A redirect is in doubt: it is never followed, and what stood behind it is not known. 503 means not taken only
    with a provider that says so (`says_503_when_not_taken`) and with a Retry-After.
    """
    match status:
        case 401 | 402 | 403:
            return Rejected(scope=Scope.ACCOUNT, reason="auth", words=words, status=status)
        case 413:
            return Rejected(scope=Scope.BATCH, reason="too_large", words=words, status=status)
        case 429:
            return NotSent(words=words, wait_s=retry_after(headers), status=status)
        case 503 if says_503_when_not_taken and "Retry-After" in headers:
            return NotSent(words=words, wait_s=retry_after(headers), status=status)
        case 400 | 422:
            return Rejected(scope=Scope.BATCH, reason="bad_request", words=words, status=status)
        case 404 | 405 | 406 | 410 | 411 | 415:
            return Rejected(scope=Scope.ACCOUNT, reason="bad_request", words=words, status=status)
        case _:
            return Lost(words=words, status=status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a provider asks us to wait, at most six hours; None when it does not say, or says nonsense.

    Source: RFC 9110, section 10.2.3: seconds, or a date (measured from the answer's own Date, whose clock it is).
    """
    asked = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,20}(\.\d{1,9})?", asked, re.ASCII):
        return min(float(asked), LONGEST_WAIT_S)
    until = _moment(asked)
    if until is None:
        return None
    since = _moment(headers.get("Date", "")) or time.time()
    return min(max(until - since, 0.0), LONGEST_WAIT_S)


def _moment(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


_PART = r"[^\s<>\"'(),;:@]"
_ADDRESS = re.compile(f"(?<!{_PART}){_PART}+@[^\\s<>\"'(),;:]+")  # begins where a word does, so that it stays quick
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def masked(words: str) -> str:
    """`words` from outside without mail addresses, in one line of at most 500 characters."""
    return _CONTROLS.sub(" ", _ADDRESS.sub("[address]", words[:5000])).strip()[:500]
