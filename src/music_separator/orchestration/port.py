"""What the product asks of a durable job engine. Two implementations: DBOS, and one in memory for tests."""

from collections.abc import Callable
from typing import Protocol

RunStage = Callable[[str, int, str], bool]
"""Called as (file_id, attempt, stage); False ends the attempt there. Must be safe to call again after a crash."""


class JobEngine(Protocol):
    """Runs the stages of accepted attempts to their end, whatever happens to this process."""

    def launch(self) -> None:
        """Begin to run what is owed, also what an earlier process began."""
        ...

    def ensure(self, file_id: str, attempt: int) -> None:
        """Make certain that this attempt is queued or running, exactly once; when this returns it is durable."""
        ...

    def withdraw(self, file_id: str, attempt: int) -> None:
        """Take an attempt out of the queue; one that runs stops at the next stage edge."""
        ...

    def forget(self, file_id: str) -> None:
        """Delete the engine's history of a track."""
        ...

    def close(self) -> None:
        """Stop taking work; what runs is left for the next launch."""
        ...
