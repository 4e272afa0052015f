"""What Postmark's own codes mean. They look like HTTP statuses and are not: they stand in the answer's body."""

from collections.abc import Callable, Mapping
from typing import Any

from newsletter.providers.base import Accepted, Refused, Rejected, Result, Scope, Unclear, Untouched

_ACCOUNT = {
    10: "auth",
    400: "sender_unverified",
    401: "sender_unverified",
    405: "credits",
    412: "account_pending",
    413: "sending_paused",
    1235: "stream",
    1236: "stream",
}
_TRANSIENT = {100, 429}
_BAD_RECIPIENT = ("Invalid 'To'", "Error parsing 'To'")

Mask = Callable[[str], str]


def result(item: Any, mask: Mask) -> Result:
    """What one element of a batch's answer says.

    An acceptance that is delayed may come without a code, but it names a message id.
    """
    if not isinstance(item, dict):
        return Unclear(words="Postmark’s answer for this mail cannot be read.")
    code, provider_id = item.get("ErrorCode"), item.get("MessageID")
    if code == 0 or (code is None and provider_id):
        return Accepted(provider_id=str(provider_id) if provider_id else None)
    if not isinstance(code, int):
        return Unclear(words="Postmark’s answer for this mail cannot be read.")
    if code in _TRANSIENT:
        return Untouched(words=words(item, mask))
    return _refused(code, item, mask)


def rejected(answer: Any, mask: Mask, status: int) -> Rejected:
    """What a 422 says: the whole call was refused, for a reason that its body names.

    A fault of one message is one of the batch here, because nobody says whose it is.
    """
    item: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    code = item.get("ErrorCode")
    said = words(item, mask)
    if code == 410:
        return Rejected(scope=Scope.BATCH, reason="too_large", words=said, status=status)
    refused = _refused(code if isinstance(code, int) else 0, item, mask)
    scope = Scope.ACCOUNT if refused.scope is Scope.ACCOUNT else Scope.BATCH
    return Rejected(scope=scope, reason=refused.reason, words=said, status=status)


def words(item: Any, mask: Mask) -> str:
    """Postmark’s words with its code, without addresses."""
    if not isinstance(item, dict) or "Message" not in item:
        return "Postmark gave no reason."
    return mask(f"Postmark {item.get('ErrorCode')}: {item['Message']}")


def _refused(code: int, item: Mapping[str, Any], mask: Mask) -> Refused:
    said = words(item, mask)
    if code in _ACCOUNT:
        return Refused(scope=Scope.ACCOUNT, reason=_ACCOUNT[code], words=said)
    if code == 406:
        return Refused(scope=Scope.RECIPIENT, reason="suppressed_other", words=said)
    if code == 300 and str(item.get("Message", "")).startswith(_BAD_RECIPIENT):
        return Refused(scope=Scope.RECIPIENT, reason="invalid_address", words=said)
    return Refused(scope=Scope.MESSAGE, reason="bad_content" if code == 300 else "bad_request", words=said)
