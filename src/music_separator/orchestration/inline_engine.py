"""The job engine of one command: runs an attempt at once, in the calling thread, and keeps nothing."""

from collections.abc import Sequence

from music_separator.orchestration.port import RunStage


class InlineEngine:
    """JobEngine without a queue and without a memory."""

    def __init__(self, *, stages: Sequence[str], run_stage: RunStage) -> None:
        self._stages = tuple(stages)
        self._run_stage = run_stage

    def launch(self) -> None:
        """Do nothing: there is nothing owed."""

    def ensure(self, file_id: str, attempt: int) -> None:
        """Run the attempt to its end."""
        for stage in self._stages:
            if not self._run_stage(file_id, attempt, stage):
                return

    def withdraw(self, file_id: str, attempt: int) -> None:
        """Do nothing: nothing waits."""

    def forget(self, file_id: str) -> None:
        """Do nothing: nothing is kept."""

    def close(self) -> None:
        """Do nothing."""
