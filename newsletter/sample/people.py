"""Two hundred invented people and what they chose: the same ones every time."""

import random
from collections.abc import Iterator
from typing import NamedTuple

COUNT = 200
DOMAINS = ("example.org", "example.net", "example.com")
FIRST = [
    "Ada",
    "Ansgar",
    "Bilal",
    "Birgit",
    "Caspar",
    "Chiara",
    "Dagny",
    "Dov",
    "Edda",
    "Emeka",
    "Farah",
    "Fiete",
    "Gunvor",
    "Guy",
    "Hanna",
    "Hideo",
    "Ilse",
    "Imre",
    "Jorunn",
    "Juno",
    "Kalle",
    "Kerstin",
    "Lale",
    "Lorcan",
    "Mirja",
    "Moses",
    "Nadja",
    "Noor",
    "Olaf",
    "Ottilie",
    "Paola",
    "Piet",
    "Quirin",
    "Rasmus",
    "Rosa",
    "Selma",
    "Sigrun",
    "Tamsin",
    "Tore",
    "Ulla",
    "Urs",
    "Vera",
    "Volker",
    "Wanda",
    "Wilma",
    "Xenia",
    "Yara",
    "Yngve",
    "Zofia",
    "Zoltan",
]
LAST = [
    "Aalto",
    "Brandt",
    "Castel",
    "Dunmore",
    "Eklund",
    "Fjord",
    "Grieve",
    "Haller",
    "Ionescu",
    "Jansen",
    "Koch",
    "Lindqvist",
    "Moreau",
    "Nakata",
    "Okafor",
    "Petersen",
    "Quist",
    "Rask",
    "Solheim",
    "Tanaka",
    "Unger",
    "Varga",
    "Winter",
    "Ylonen",
    "Zeman",
]
WEIGHTS = (8, 5, 4, 6, 3, 2, 4)  # how often each topic of the sample is chosen


class Person(NamedTuple):
    """`topics` are positions in the sample's topics; `status` is one of confirmed, paused, left, pending."""

    name: str
    address: str
    topics: frozenset[int]
    status: str


def invented() -> Iterator[Person]:
    """The sample's people, in order. Some are paused, some have left, some chose nothing that appears."""
    chance = random.Random(7215)  # noqa: S311  # the same people every time; nothing is secret here
    pairs = [(first, last) for first in FIRST for last in LAST]
    for number, (first, last) in enumerate(chance.sample(pairs, COUNT)):
        domain = DOMAINS[number % len(DOMAINS)]
        yield Person(
            name=f"{first} {last}",
            address=f"{first}.{last}@{domain}".lower(),
            topics=_choice(chance),
            status=_status(number),
        )


def _choice(chance: random.Random) -> frozenset[int]:
    if chance.random() < 0.12:
        return frozenset(range(len(WEIGHTS)))
    wanted = chance.choice((1, 1, 2, 2, 2, 3, 3, 4))
    return frozenset(chance.choices(range(len(WEIGHTS)), WEIGHTS, k=wanted))


def _status(number: int) -> str:
    return {40: "paused", 90: "paused", 140: "paused", 60: "left", 120: "left", 180: "left", 199: "pending"}.get(
        number, "confirmed"
    )
