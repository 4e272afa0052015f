from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from newsletter import keys
from newsletter.keys import KeyRing
from newsletter.publications import publications
from newsletter.publications.models import Publication


@pytest.fixture
def ring() -> KeyRing:
    return keys.make()


@pytest.fixture
def publication(session: Session, now: datetime) -> Publication:
    return publications.create(session, "The Sheet", now)
