"""The links that stand in mails, and the paths behind which `newsletter.web.public` answers them."""

from datetime import datetime

from newsletter import links
from newsletter.keys import KeyRing
from newsletter.links import Purpose

ONE_CLICK = "1"  # a path of its own: a POST to it acts at once (RFC 8058), a GET shows the page below
UNSUBSCRIBE = "u"
PREFERENCES = "p"
CONFIRM = "c"
NEVER = "n"
VIEW = "v"


def one_click(base: str, ring: KeyRing, publication_id: int, subscriber_id: int, issue_id: int = 0) -> str:
    """For the header List-Unsubscribe: leaves the publication. `base` is `Settings.address`."""
    return f"{base}/{ONE_CLICK}/{links.make(ring, Purpose.UNSUBSCRIBE, publication_id, subscriber_id, issue_id)}"


def unsubscribe(base: str, ring: KeyRing, publication_id: int, subscriber_id: int, issue_id: int = 0) -> str:
    """For the footer: a page that offers this issue's topics, the publication, and everything."""
    return f"{base}/{UNSUBSCRIBE}/{links.make(ring, Purpose.UNSUBSCRIBE, publication_id, subscriber_id, issue_id)}"


def preferences(base: str, ring: KeyRing, publication_id: int, subscriber_id: int, at: datetime) -> str:
    """To topics and name; `at` is when the mail was made. It never ends."""
    token = links.make(ring, Purpose.PREFERENCES, publication_id, subscriber_id, int(at.timestamp()))
    return f"{base}/{PREFERENCES}/{token}"


def confirm(base: str, ring: KeyRing, publication_id: int, subscriber_id: int, at: datetime) -> str:
    """To the page with the one button that confirms a sign-up; good for 7 days from `at`."""
    token = links.make(ring, Purpose.CONFIRM, publication_id, subscriber_id, int(at.timestamp()))
    return f"{base}/{CONFIRM}/{token}"


def never(base: str, ring: KeyRing, subscriber_id: int) -> str:
    """To the page with the button "never mail me again"."""
    return f"{base}/{NEVER}/{links.make(ring, Purpose.NEVER, subscriber_id)}"


def view(base: str, ring: KeyRing, issue_id: int, edition_id: int) -> str:
    """To an edition in the browser, without personal words."""
    return f"{base}/{VIEW}/{links.make(ring, Purpose.VIEW, issue_id, edition_id)}"


def way_in(base: str, secret: str) -> str:
    """To the desk, good once."""
    return f"{base}/desk/way-in/{secret}"


def sign_in(base: str) -> str:
    """To the desk, with a password."""
    return f"{base}/desk/sign-in"
