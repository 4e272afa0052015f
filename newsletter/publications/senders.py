"""Whom mail may say it is from. Pure: what can be told without asking the domain's DNS.

Sources: Google's "Email sender guidelines" (no gmail.com in From; display names that do not mislead) and the
same of Yahoo, read 2026-11-20.
"""

import re
import unicodedata

from newsletter import addresses
from newsletter.publications import naming

LONGEST_NAME = 60

# Providers of mailboxes that publish a strict DMARC policy: mail in their name from anywhere else is refused.
FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.co.jp ymail.com
    rocketmail.com aol.com aim.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr
    live.com live.co.uk msn.com icloud.com me.com mac.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de
    freenet.de mail.ru bk.ru list.ru inbox.ru yandex.ru yandex.com qq.com 163.com 126.com naver.com proton.me
    protonmail.com pm.me zoho.com fastmail.com hey.com tutanota.com tuta.io posteo.de mailbox.org orange.fr
    laposte.net free.fr libero.it seznam.cz wp.pl o2.pl comcast.net att.net verizon.net
    """.split()  # noqa: SIM905  # a list that is read and extended by people
)
_REPLY_MARK = re.compile(r"^\s*(re|fwd?|aw|wg|sv)\s*:", re.IGNORECASE)
_BADGES = frozenset("✓✔☑✅🗸√⚡🔒🔓🛡❗❕⚠🚨🔔📧✉📩📨⭐★🏅🥇💯🆕🔵🟢")


class BadSender(ValueError):
    """Mail may not say that it is from there. The text says why and what to do."""


def read_name(typed: str) -> str:
    """A display name that mailboxes will show as it is. Raises BadSender."""
    name = naming.clean(typed)
    if not name:
        raise BadSender("Readers see this name in their inbox, so there must be one: the newsletter’s, or a person’s.")
    if len(name) > LONGEST_NAME:
        raise BadSender(
            f"This name has {len(name)} characters; inboxes cut it, and {LONGEST_NAME} is the most we take."
        )
    if "@" in name or "://" in name:
        raise BadSender("A name that looks like an address is taken for forgery. Write the name alone.")
    if "{{" in name or "{%" in name:
        raise BadSender("The sender’s name is the same for everybody: a reader’s own name cannot stand in it.")
    if _REPLY_MARK.match(name):
        raise BadSender("“Re:” and “Fwd:” belong to subjects. In a sender’s name mailboxes take them for a trick.")
    if _BADGES & set(name) or any(map(_is_picture, name)):
        raise BadSender("A sign that looks like a badge or a picture misleads in a sender’s name. Leave it out.")
    return name


def read_address(typed: str) -> str:
    """An address mail may be from: one at a domain of your own. Raises BadSender."""
    try:
        address = addresses.read(typed)
    except addresses.BadAddress as error:
        raise BadSender(str(error)) from None
    domain = address.rpartition("@")[2]
    if domain in FREE_MAIL:
        raise BadSender(
            f"Mail from an address at {domain} is refused when it does not come from {domain}’s own servers. "
            f"Take one at a domain of your own; {addresses.mask(address)} can be the reply address."
        )
    return address


def _is_picture(sign: str) -> bool:
    return sign >= "\u2300" and unicodedata.category(sign) == "So"  # © and ® are below
