"""How workers come to be lost, in words for people and for counting."""

import threading
from collections import Counter
from dataclasses import dataclass


class WorkerLost(Exception):
    """A worker died, hung or could not write: ``cause`` says which, in words for a person; ``reason`` in one word."""

    def __init__(self, cause: str, *, reason: str = "", hung: bool = False, errno: int | None = None) -> None:
        self.cause, self.hung, self.errno = cause, hung, errno
        self.reason = reason or ("hung" if hung else "io_error" if errno is not None else "exit")
        super().__init__(cause)


@dataclass(frozen=True, kw_only=True)
class WorkerCounts:
    """How many workers were started since this process was, and how many were lost, by reason."""

    started: int
    lost: dict[str, int]


class Tally:
    """Counts, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = 0
        self._lost: Counter[str] = Counter()

    def started(self) -> None:
        """Count a worker that was started."""
        with self._lock:
            self._started += 1

    def lost(self, loss: WorkerLost) -> None:
        """Count a worker that was lost."""
        with self._lock:
            self._lost[loss.reason] += 1

    def counts(self) -> WorkerCounts:
        """Give the counts."""
        with self._lock:
            return WorkerCounts(started=self._started, lost=dict(self._lost))
