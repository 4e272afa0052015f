"""Adding one person by hand: on an editor's word, which is kept as the evidence."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from newsletter import addresses
from newsletter.keys import KeyRing
from newsletter.publications.models import Publication
from newsletter.subscribers import consents, judging, people, topic_sets
from newsletter.subscribers.columns import Verdict
from newsletter.subscribers.consents import Source
from newsletter.subscribers.models import ConsentKind, Status, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One person as an editor typed them in. `where`, `when`, `words`: how the person agreed."""

    address: str
    name: str = ""
    topic_ids: tuple[int, ...] = ()
    where: str = ""
    when: str = ""
    words: str = ""


class CannotAdd(ValueError):
    """This person does not come in. `field` is what to mend."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def add(
    session: Session, ring: KeyRing, publication: Publication, typed: Typed, editor_id: int | None, now: datetime
) -> Subscriber:
    """Subscribe one person, confirmed, with a consent of kind `import`.

    Raises CannotAdd for a bad address, a part of the consent that is missing, and whoever is here, left, was
    erased or is suppressed: only they themselves can come back.
    """
    try:
        address = addresses.read(typed.address)
    except addresses.BadAddress as error:
        raise CannotAdd("address", str(error)) from None
    for field, sentence in (
        ("words", "Say what the person agreed to: it is kept as evidence."),
        ("where", "Say where the person agreed: on paper, by mail, at which event."),
        ("when", "Say when the person agreed."),
    ):
        if not getattr(typed, field).strip():
            raise CannotAdd(field, sentence)
    _refuse_who_must_not(session, ring, publication.id, address)
    subscriber = people.make_subscriber(session, ring, address, typed.name, now)
    subscription, is_new = people.subscribe(session, publication, subscriber, typed.topic_ids, Status.CONFIRMED, now)
    if not is_new:  # from a file without consent, or somebody who signed up at this moment
        subscription.status, subscription.confirmed_at = Status.CONFIRMED, now
        subscription.topic_set_id = topic_sets.intern(session, publication.id, typed.topic_ids).id
    source = Source(words=typed.words.strip(), page=typed.where.strip())
    evidence = {"when": typed.when.strip(), "stated_by": editor_id}
    consents.record(session, subscription, ConsentKind.IMPORT, source, now, evidence=evidence)
    return subscriber


def _refuse_who_must_not(session: Session, ring: KeyRing, publication_id: int, address: str) -> None:
    key = addresses.key(address, ring.address_key)
    verdict, why = judging.stand(session, publication_id, [key])[key]
    if verdict is Verdict.HERE:
        raise CannotAdd("address", "This person is here already" + (f": {why}." if why else "."))
    if verdict is not Verdict.NEW:
        raise CannotAdd(
            "address", f"This person {why}. They can come back by signing up; nobody else can do it for them."
        )
