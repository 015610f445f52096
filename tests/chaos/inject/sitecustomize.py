"""Loaded by every Python process of a server under test: makes the Nth write, rename, sync or commit fail, or kill.

Counts operations on the data directory over all processes, from the moment the file ``FAULT_ARMED`` names exists.
"""

import fcntl
import os
import signal
import sqlite3
import sqlite3.dbapi2
import sys
from typing import Any

ROOT = os.environ.get("FAULT_ROOT", "")
KIND, _, NUMBER = os.environ.get("FAULT", "none:0").partition(":")
ARMED = os.environ.get("FAULT_ARMED", "")
COUNTER = os.environ.get("FAULT_COUNTER", "")
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def point(what: str) -> bool:
    """Count one operation; True when this one shall fail. Never returns when it shall kill."""
    if not ARMED or not os.path.exists(ARMED):
        return False
    descriptor = os.open(COUNTER, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, f"{what} {os.getpid()}\n".encode())
        with open(COUNTER, encoding="utf-8") as file:
            index = sum(1 for _ in file)
    finally:
        os.close(descriptor)
    if index != int(NUMBER):
        return False
    if KIND == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return KIND == "fail"


def audit(event: str, args: tuple[Any, ...]) -> None:
    """See file operations before they happen."""
    if event == "open":
        path, _mode, flags = args
        if isinstance(path, str) and path.startswith(ROOT) and flags & WRITE_FLAGS and point(f"write {path}"):
            raise OSError(5, "injected input/output error", path)
    elif event == "os.rename":
        target = os.fspath(args[1])
        if isinstance(target, str) and target.startswith(ROOT) and point(f"rename {target}"):
            raise OSError(5, "injected input/output error", target)


class CountingConnection(sqlite3.Connection):
    """A connection whose commits of real changes are fault points."""

    _seen = 0

    def commit(self) -> None:
        """Commit, unless this is the one to fail."""
        if self.in_transaction and self.total_changes != self._seen:
            self._seen = self.total_changes
            if point("commit"):
                raise sqlite3.OperationalError("injected disk I/O error")
        super().commit()


def connect(*args: Any, **options: Any) -> sqlite3.Connection:
    """Open a database with counted commits."""
    options.setdefault("factory", CountingConnection)
    return _connect(*args, **options)


def fsync(descriptor: int) -> None:
    """Sync, unless this is the one to fail."""
    if point("fsync"):
        raise OSError(5, "injected input/output error")
    _fsync(descriptor)


if ROOT:
    _connect, _fsync = sqlite3.connect, os.fsync
    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]
    os.fsync = fsync
    sys.addaudithook(audit)
