"""A database of its own for each test, and what is built on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from music_separator.store.database import Database
from music_separator.store.events import EventLog
from music_separator.store.jobs import JobStore


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rooms over one database file."""

    path: Path
    database: Database
    log: EventLog
    jobs: JobStore


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    path = tmp_path / "app.db"
    database = Database(path)
    log = EventLog(database)
    yield Rows(path=path, database=database, log=log, jobs=JobStore(database, log))
    database.close()
