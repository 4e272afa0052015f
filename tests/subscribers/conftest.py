from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.subscribers.reading_room import Room, open_room


@pytest.fixture
def room(session: Session, now: datetime) -> Room:
    """A publication with three topics and nobody in it."""
    return open_room(session, now)
