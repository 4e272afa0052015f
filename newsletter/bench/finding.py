"""Finding people among very many: the desk's list, search and filter, and one person's page."""

from functools import partial
from itertools import cycle, islice

from sqlalchemy import select

from newsletter.bench.browser import Browser, MakeApp, owner
from newsletter.bench.measuring import Bench, Figure, milliseconds
from newsletter.bench.room import Room
from newsletter.subscribers.models import Subscriber

LONGEST_MS = 300.0


def measure(make_app: MakeApp, room: Room, *, people: int, count: int) -> Bench:
    """Ask each question `count` times among `people` people, for another person each time where it names one."""
    room.fill(people)
    browser = owner(make_app, room)
    some = _some(room, people)
    names = [(name.split() or ["Ada"])[0] for _, _, name in some]
    questions = {
        "list, first page": ["/desk/people"],
        "list, in the middle": [f"/desk/people?before={people // 2 + at}" for at in range(count)],
        "search, whole address": [f"/desk/people?q={address}" for address, _, _ in some],
        "search, start of an address": [f"/desk/people?q={address[:5]}" for address, _, _ in some],
        "search, start of a name": [f"/desk/people?q={name}" for name in names],
        "search, nobody": ["/desk/people?q=zzzz"],
        "filter by status": ["/desk/people?state=left", "/desk/people?state=pending"],
        "filter by topic": ["/desk/people?topic=kelp", "/desk/people?topic=weather"],
        "search within a topic": [f"/desk/people?topic=kelp&q={name}" for name in names],
        "one person": [f"/desk/people/{public_id}" for _, public_id, _ in some],
    }
    return Bench(
        name="people",
        what=f"the desk's list among {people:,} people",
        figures=[
            Figure(name=name, unit="ms", values=_ask(browser, paths, count), target=LONGEST_MS)
            for name, paths in questions.items()
        ],
        notes=["Whole pages, from the request to the last byte of HTML; network and drawing are not in it."],
    )


def _ask(browser: Browser, paths: list[str], count: int) -> list[float]:
    return [milliseconds(partial(browser.get, path)) for path in islice(cycle(paths), count)]


def _some(room: Room, people: int) -> list[tuple[str, str, str]]:
    """Address, public id and name of ten people from all over the list."""
    numbers = [1 + at * (people - 1) // 9 for at in range(10)]
    with room.database.read() as session:
        wanted = select(Subscriber.address, Subscriber.public_id, Subscriber.name).where(Subscriber.id.in_(numbers))
        return [(address or "", public_id, name) for address, public_id, name in session.execute(wanted)]
