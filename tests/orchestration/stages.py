"""Stages for tests of the job engines: they keep a journal on the disk, and hold, fail or end the attempt on demand."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.running import wait_for

STAGES = ("first", "second", "third")


class Stages:
    """What an engine runs. The journal has a line for every stage that begins and for every one that ends."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._gates: dict[str, threading.Event] = {}
        self.failures: list[Exception] = []
        """Raised by the stages that come next, one each."""
        self.last_stage: str | None = None
        """The stage with which the attempt is to end."""
        self.at_once = self.most_at_once = 0

    def run(self, file_id: str, attempt: int, stage: str) -> bool:
        """Run one stage, as an engine calls it."""
        self.begin(file_id, attempt, stage)
        with self._counted():
            if self.failures:
                raise self.failures.pop()
            if gate := self._gates.get(file_id):
                assert gate.wait(30)
        self._write("end", file_id, attempt, stage)
        return stage != self.last_stage

    def begin(self, file_id: str, attempt: int, stage: str) -> None:
        """Note that a stage began."""
        self._write("begin", file_id, attempt, stage)

    def hold(self, file_id: str) -> Callable[[], None]:
        """Keep the stages of a song from ending until the returned call."""
        self._gates[file_id] = threading.Event()
        return self._gates[file_id].set

    def said(self) -> list[str]:
        """Read the journal."""
        return self._journal.read_text(encoding="utf-8").splitlines() if self._journal.exists() else []

    def begun(self, file_id: str = "song") -> list[str]:
        """Name the stages of a song that were begun, in order."""
        return [line.split()[3] for line in self.said() if line.startswith(f"begin {file_id} ")]

    def wait_for(self, line: str) -> None:
        """Wait until the journal has a line."""
        wait_for(lambda: line in self.said(), timeout_s=30, what=line)

    def _write(self, what: str, file_id: str, attempt: int, stage: str) -> None:
        with self._lock, self._journal.open("a", encoding="utf-8") as journal:
            journal.write(f"{what} {file_id} {attempt} {stage}\n")

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield
        finally:
            with self._lock:
                self.at_once -= 1
