"""A publication for issues to belong to."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from newsletter.publications.models import Publication


@pytest.fixture
def publication(session: Session, now: datetime) -> Publication:
    publication = Publication(slug="kerbstone", name="Kerbstone", list_label="kerbstone", made_at=now)
    session.add(publication)
    session.flush()
    return publication
