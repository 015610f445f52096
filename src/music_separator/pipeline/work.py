"""The worker's desk: which function does which task, and what stays on it in between."""

import shutil
from dataclasses import asdict
from typing import Any

from music_separator.domain.job import StageResult
from music_separator.engines.machine import free_memory
from music_separator.pipeline.stages.context import StageContext
from music_separator.pipeline.stages.engine import EngineShelf
from music_separator.pipeline.stages.karaoke import make_karaoke
from music_separator.pipeline.stages.separation import separate
from music_separator.pipeline.stages.transcription import transcribe
from music_separator.pipeline.tasks import (
    KaraokeTask,
    SeparationTask,
    Task,
    TranscriptionTask,
    from_message,
    output_dir,
)
from music_separator.workers.child import Reporter

ROOM_BYTES = 2_000_000_000
"""Free memory below which no engine is kept through another stage."""


class Desk:
    """Does tasks one after another in one process; a separation engine stays warm for the next song."""

    def __init__(self) -> None:
        self._shelf = EngineShelf()

    def run_task(self, message: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
        """Do one task as it came over the pipe; gives what is to be published."""
        task = from_message(message)
        # What an interrupted run left there would be published along.
        shutil.rmtree(output_dir(task.work_dir))
        return asdict(self._run(task, StageContext(task.stage, reporter)))

    def prepare(self, message: dict[str, Any]) -> None:
        """Begin to load what a task will need, where that is an engine."""
        task = from_message(message)
        if isinstance(task, SeparationTask):
            self._shelf.begin(task)

    def _run(self, task: Task, context: StageContext) -> StageResult:
        match task:
            case SeparationTask():
                return separate(task, context, self._shelf)
            case TranscriptionTask():
                if task.vocals is not None:
                    # a transcriber looks at what is free before it is loaded, and may want all of it
                    self._shelf.clear()
                return transcribe(task, context)
            case KaraokeTask():
                self._make_room()
                return make_karaoke(task, context)

    def _make_room(self) -> None:
        """Let go of the warm engine where another stage may need its memory."""
        if free_memory() < ROOM_BYTES:
            self._shelf.clear()
