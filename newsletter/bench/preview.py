"""The desk's preview: what the browser asks for at every pause in typing."""

from newsletter.bench.browser import Browser, MakeApp, owner
from newsletter.bench.measuring import Bench, Figure, milliseconds
from newsletter.bench.room import Room


def measure(make_app: MakeApp, room: Room, *, items: int, people: int, count: int) -> Bench:
    """Type `count` words into an issue of `items` items, with a pause after each."""
    publication_id = room.fill(people)
    with room.database.write() as session:
        issue = room.issue(session, publication_id, items)
    path = f"/desk/issues/{issue.public_id}"
    browser = owner(make_app, room)
    opening = [milliseconds(lambda: browser.get(path))]
    first = _pause(browser, path, issue.text + "\nFirst of all.")
    pauses = [_pause(browser, path, f"{issue.text}\nAnd one more thing, number {number}.") for number in range(count)]
    again = [_pause(browser, path, issue.text) for _ in range(count + 1)][1:]
    return Bench(
        name="preview",
        what=f"the mail beside the source of an issue of {items} items, {people:,} people",
        figures=[
            Figure(name="a pause in typing", unit="ms", values=[sum(pause) for pause in pauses], target=150.0),
            Figure(name="of it, outline and findings", unit="ms", values=[facts for facts, _ in pauses]),
            Figure(name="of it, the mail", unit="ms", values=[mail for _, mail in pauses]),
            Figure(name="opening the issue, first after a start", unit="ms", values=opening),
            Figure(name="the first pause after that", unit="ms", values=[sum(first)]),
            Figure(name="the same text again", unit="ms", values=[sum(pause) for pause in again]),
        ],
        notes=[
            "A pause in typing is two requests with a text that was never seen before: what stands around the source "
            "(which composes the text) and the mail in its frame. Network and drawing are not in it."
        ],
    )


def _pause(browser: Browser, path: str, text: str) -> tuple[float, float]:
    """Milliseconds of the two requests."""
    form = {"text": text, "show": "all", "form": "light"}
    facts = milliseconds(lambda: browser.post(f"{path}/preview", form))
    return facts, milliseconds(lambda: browser.post(f"{path}/mail", form))
