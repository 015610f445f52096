import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from music_separator.domain.errors import WrongVersion
from music_separator.domain.job import JobOptions
from music_separator.store.database import Database
from music_separator.store.events import EventLog
from music_separator.store.jobs import JobStore
from music_separator.store.owners import OwnerStore
from music_separator.store.schema import SCHEMA_VERSION, rates, schema_version
from tests.store.conftest import Rows
from tests.tracks import track


def version_in(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT version FROM schema_version").fetchone()[0])
    finally:
        connection.close()


def set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("UPDATE schema_version SET version = ?", (version,))
        connection.commit()
    finally:
        connection.close()


def test_a_new_database_has_the_known_version(rows: Rows) -> None:
    assert version_in(rows.path) == SCHEMA_VERSION


def test_a_database_is_opened_again_as_it_was(rows: Rows) -> None:
    with rows.database.write() as connection:
        connection.execute(insert(rates).values(stage="karaoke", engine="writers", seconds_per_second=0.5))
    again = Database(rows.path)
    with again.read() as connection:
        assert connection.execute(select(rates.c.seconds_per_second)).scalars().all() == [0.5]
        assert connection.execute(select(schema_version.c.version)).scalars().all() == [SCHEMA_VERSION]
    again.close()


def test_data_of_a_newer_program_is_refused_and_left_alone(rows: Rows) -> None:
    set_version(rows.path, SCHEMA_VERSION + 1)
    with pytest.raises(WrongVersion, match=f"version {SCHEMA_VERSION + 1}, this program knows {SCHEMA_VERSION}"):
        Database(rows.path)
    assert version_in(rows.path) == SCHEMA_VERSION + 1


def test_a_block_that_fails_writes_nothing(rows: Rows) -> None:
    rate = {"stage": "karaoke", "engine": "writers", "seconds_per_second": 0.5}
    with pytest.raises(IntegrityError), rows.database.write() as connection:
        connection.execute(insert(rates), [rate, rate])
    with rows.database.read() as connection:
        assert connection.execute(select(rates)).all() == []


def test_a_reader_sees_the_last_commit_while_a_writer_is_at_work(rows: Rows) -> None:
    with rows.database.write() as writer:
        writer.execute(insert(rates).values(stage="karaoke", engine="writers", seconds_per_second=0.5))
        with rows.database.read() as reader:
            assert reader.execute(select(rates)).all() == []


def test_data_of_the_first_version_gets_owners_and_keeps_its_songs(rows: Rows) -> None:
    rows.jobs.add(track("song-1"), JobOptions(), request="request", start=False)
    connection = sqlite3.connect(rows.path)
    connection.execute("DROP TABLE owners")
    connection.commit()
    connection.close()
    set_version(rows.path, 1)
    again = Database(rows.path)
    try:
        assert version_in(rows.path) == SCHEMA_VERSION
        first = OwnerStore(again).add("ana", "1" * 64)
        assert JobStore(again, EventLog(again)).track("song-1", owner=first.owner_id) == track("song-1")
    finally:
        again.close()
