"""An office where lists are imported."""

from datetime import datetime

import pytest

from foundation.database import Database
from people import Role, add_official


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def office(database: Database, now: datetime) -> Database:
    """Lan writes, Tung only answers."""
    with database.write() as session:
        add_official(session, "lan", Role.EDITOR, None, now, "test")
        add_official(session, "tung", Role.HANDLER, None, now, "test")
    return database
