"""The one door to app.db: opens it, brings its tables up to date, hands out transactions. SQLite in WAL mode."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.exc import OperationalError

from music_separator.domain.errors import StorageUnavailable, WrongVersion
from music_separator.store.schema import SCHEMA_VERSION, metadata, schema_version

BUSY_TIMEOUT_MS = 30_000


class Database:
    """A pool of connections and a lock: many readers, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._engine = _sqlite_engine(path)
        self._write_lock = threading.RLock()
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection for a consistent look."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that commits, on disk, when the block ends well. Raises StorageUnavailable."""
        try:
            with self._write_lock, self._engine.connect() as connection:
                connection.execution_options(writing=True)
                with connection.begin():
                    yield connection
        except OperationalError as error:
            raise StorageUnavailable from error

    @property
    def write_lock(self) -> threading.RLock:
        """Hold it over a commit and what must follow in the same order."""
        return self._write_lock

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _migrate(self) -> None:
        with self.write() as connection:
            if not inspect(connection).has_table(schema_version.name):
                metadata.create_all(connection)
                connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
                return
            found = connection.execute(select(schema_version.c.version)).scalar_one()
            if found > SCHEMA_VERSION:
                raise WrongVersion(found, SCHEMA_VERSION)
            metadata.create_all(connection)  # version 2 added owners, version 3 lyrics
            if "album" not in {column["name"] for column in inspect(connection).get_columns("tracks")}:
                connection.exec_driver_sql("ALTER TABLE tracks ADD COLUMN album TEXT")
            connection.execute(update(schema_version).values(version=SCHEMA_VERSION))


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not open transactions by itself: the begin below chooses the kind.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: upgrading a reader later can fail as busy.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
