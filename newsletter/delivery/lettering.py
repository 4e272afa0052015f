"""What a letter says: made when it leaves, from its row and what the database knows then.

Links and one-time secrets are made here and stand in the mail alone, never in the letter's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from emails import letters
from emails.filling import Template
from emails.theme import Theme
from emails.values import Publication as Words
from newsletter.accounts import ways_in
from newsletter.delivery import composing, editions, web_links
from newsletter.delivery.messages import Envelope, Person
from newsletter.delivery.models import Letter, LetterKind
from newsletter.issues.models import Issue
from newsletter.keys import KeyRing
from newsletter.publications.models import Publication, Topic
from newsletter.subscribers import people, rules, topic_sets
from newsletter.subscribers.models import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every letter is written with."""

    session: Session
    ring: KeyRing
    base: str
    publication: Publication
    words: Words
    theme: Theme

    @property
    def site(self) -> str:
        return urlsplit(self.base).netloc

    def local(self, at: datetime) -> datetime:
        """A moment in the publication's own zone."""
        return at.astimezone(ZoneInfo(self.publication.zone))


def way_in(session: Session, letter: Letter) -> str:
    """A fresh secret for a sign-in letter; it stands in the mail alone, its hash in the database."""
    lasts = timedelta(seconds=letter.words["lasts_s"])
    return ways_in.make(session, letter.words["editor_id"], lasts, letter.made_at)


def template(
    session: Session,
    ring: KeyRing,
    base: str,
    letter: Letter,
    publication: Publication,
    subscriber: Subscriber | None,
    secret: str | None = None,
) -> Template:
    """The finished letter; only a test copy keeps gaps for personal words. `secret` is what `way_in` gave."""
    desk = Desk(
        session=session,
        ring=ring,
        base=base,
        publication=publication,
        words=composing.words_of(publication, base + "/"),
        theme=composing.theme_of(publication),
    )
    if letter.kind is LetterKind.TEST:
        return _test_copy(desk, letter)
    said = _about_person(desk, letter, subscriber) if subscriber else _to_address(desk, letter, secret)
    return letters.render_letter(said, desk.words, theme=desk.theme)


def _about_person(desk: Desk, letter: Letter, subscriber: Subscriber) -> letters.Letter:
    match letter.kind:
        case LetterKind.CONFIRM:
            return _confirm(desk, letter, subscriber)
        case LetterKind.WELCOME:
            return _welcome(desk, letter, subscriber)
        case LetterKind.PREFERENCES:
            publication = desk.publication
            return letters.Preferences(
                link=web_links.preferences(desk.base, desk.ring, publication.id, subscriber.id, letter.made_at),
                unsubscribe_link=web_links.unsubscribe(desk.base, desk.ring, publication.id, subscriber.id),
                site=desk.site,
                asked_at=desk.local(letter.made_at),
            )
        case _:
            raise LookupError(f"letter {letter.id}: {letter.kind} does not go to a subscriber")


def _confirm(desk: Desk, letter: Letter, subscriber: Subscriber) -> letters.Confirm:
    asked = datetime.fromtimestamp(letter.words["moment"], UTC)
    return letters.Confirm(
        link=web_links.confirm(desk.base, desk.ring, desk.publication.id, subscriber.id, asked),
        never_link=web_links.never(desk.base, desk.ring, subscriber.id),
        site=desk.site,
        asked_at=desk.local(asked),
        until=desk.local(asked + rules.CONFIRM_WITHIN),
        topics=tuple(topic.name for topic in _chosen(desk, subscriber)),
    )


def _welcome(desk: Desk, letter: Letter, subscriber: Subscriber) -> letters.Welcome:
    publication = desk.publication
    return letters.Welcome(
        preferences_link=web_links.preferences(desk.base, desk.ring, publication.id, subscriber.id, letter.made_at),
        unsubscribe_link=web_links.unsubscribe(desk.base, desk.ring, publication.id, subscriber.id),
        sender=publication.sender_address,
        confirmed_at=desk.local(letter.made_at),
        topics=tuple(
            letters.ChosenTopic(name=topic.name, text=topic.description) for topic in _chosen(desk, subscriber)
        ),
    )


def _chosen(desk: Desk, subscriber: Subscriber) -> Sequence[Topic]:
    current = people.subscription(desk.session, desk.publication.id, subscriber.id)
    return topic_sets.topics(desk.session, current.topic_set_id) if current else ()


def _to_address(desk: Desk, letter: Letter, secret: str | None) -> letters.Letter:
    match letter.kind:
        case LetterKind.SIGN_IN:
            lasts = timedelta(seconds=letter.words["lasts_s"])
            return letters.SignIn(
                link=f"{desk.base}{ways_in.PATH}{secret}",
                site=desk.site,
                until=desk.local(letter.made_at + lasts),
                is_invitation=lasts >= ways_in.INVITED,
            )
        case LetterKind.ALARM:
            return letters.Alarm(
                title=letter.words["title"],
                why=letter.words["why"],
                mend=letter.words["mend"],
                link=desk.base + letter.words["path"],
                button=letter.words.get("button", ""),
                at=desk.local(letter.made_at),
            )
        case _:
            raise LookupError(f"letter {letter.id}: {letter.kind} does not go to a plain address")


def _test_copy(desk: Desk, letter: Letter) -> Template:
    """An edition of the text as it was when the copy was asked for."""
    issue = desk.session.get_one(Issue, letter.words["issue_id"])
    composed = editions.compose(
        desk.session, desk.publication, letter.words["text"], desk.words.home, number=str(issue.number)
    )
    wanted = letter.words["topics"]
    key = composed.whole if wanted is None else composed.key_of(frozenset(wanted)) or ""
    return letters.as_test_copy(composed.template(key))


def test_words(session: Session, ring: KeyRing, base: str, letter: Letter, address: str) -> dict[str, str]:
    """Personal words of a test copy: nobody's. Its links lead to pages that change nothing."""
    issue = session.get_one(Issue, letter.words["issue_id"])
    envelope = Envelope.of_issue(session, issue, ring, base)
    nobody = Person(id=0, address=address, name="")
    return envelope.words(nobody, f"{base}/")
