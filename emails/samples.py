"""The sample words that lie beside each kind of mail: for previews, tests and pictures."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emails import letters, values

_FOLDER = Path(__file__).parent
_PARTS: dict[str, Any] = {
    part.kind: part
    for part in (
        *(values.Prose, values.Field, values.Subheading, values.Image, values.Button, values.Callout),
        *(values.Sponsor, values.Columns, values.Contents, values.Item),
    )
}

_LETTERS: dict[str, Any] = {
    letter.kind: letter
    for letter in (letters.Confirm, letters.Welcome, letters.Preferences, letters.SignIn, letters.Alarm)
}
LETTERS = tuple(_LETTERS)  # the kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleIssue:
    publication: values.Publication
    issue: values.Issue
    edition: values.Edition
    person: Mapping[str, str]


def sample(kind: str) -> dict[str, Any]:
    """What `sample.toml` of a kind of mail holds."""
    return tomllib.loads((_FOLDER / kind / "sample.toml").read_text("utf-8"))


def sample_issue() -> SampleIssue:
    kept = sample("issue")
    sections = tuple(_section(section) for section in kept["sections"])
    return SampleIssue(
        publication=values.Publication(**kept["publication"]),
        issue=values.Issue(head=values.IssueHead(**kept["head"]), opening=_parts(kept["opening"]), sections=sections),
        edition=values.Edition(
            keys=tuple(section.key for section in sections),
            topics=tuple(kept["edition"]["topics"]),
            also=tuple(kept["edition"]["also"]),
        ),
        person=kept["person"],
    )


def sample_letter(kind: str) -> letters.Letter:
    """A letter of each kind, with made-up words."""
    kept = sample(kind)
    if kind == "welcome":
        kept["topics"] = tuple(letters.ChosenTopic(**topic) for topic in kept["topics"])
    elif "topics" in kept:
        kept["topics"] = tuple(kept["topics"])
    letter: letters.Letter = _LETTERS[kind](**kept)
    return letter


def _section(kept: dict[str, Any]) -> values.Section:
    return values.Section(**{**kept, "parts": _parts(kept["parts"])})


def _parts(kept: list[dict[str, Any]]) -> tuple[values.Part, ...]:
    return tuple(_part(dict(part)) for part in kept)


def _part(kept: dict[str, Any]) -> values.Part:
    made = _PARTS[kept.pop("kind")]
    if "parts" in kept:
        kept["parts"] = _parts(kept["parts"])
    if "columns" in kept:
        kept["columns"] = tuple(_parts(column) for column in kept["columns"])
    if "ratings" in kept:
        kept["ratings"] = tuple(values.Rating(**rating) for rating in kept["ratings"])
    part: values.Part = made(**kept)
    return part
