"""The edition mark: one cell a section of the issue in its order, filled where the edition has it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from newsletter.issues import document
from newsletter.issues.document.plain import plain
from newsletter.issues.document.resolving import resolve
from newsletter.issues.models import Issue, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The sections of one issue, by id and title."""

    ids: Sequence[str]
    titles: Sequence[str]

    @classmethod
    def of(cls, session: Session, issue: Issue) -> "Marks":
        """Of the text that is sent, or, before that, of the text that is written."""
        version = session.get(Version, issue.version_id) if issue.version_id else None
        return _of_text(version.text if version else issue.text)

    @classmethod
    def of_text(cls, text: str) -> "Marks":
        return _of_text(text)

    def cells(self, section_ids: Iterable[str]) -> list[bool]:
        wanted = set(section_ids)
        return [each in wanted for each in self.ids]

    def words(self, section_ids: Iterable[str]) -> str:
        """The sections by name; all of them, none of them."""
        cells = self.cells(section_ids)
        if all(cells):
            return "Every section" if len(cells) != 1 else self.titles[0]
        return ", ".join(title for title, is_in in zip(self.titles, cells, strict=True) if is_in) or "No section"


@lru_cache(maxsize=256)
def _of_text(text: str) -> Marks:
    """A section's id comes from its heading alone, so no topic is needed to know it."""
    sections = resolve(document.parse(text), []).sections
    return Marks(ids=[each.id for each in sections], titles=[plain(each.section.title) for each in sections])
