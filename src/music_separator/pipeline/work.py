"""The worker's table: which function does which task."""

import shutil
from dataclasses import asdict
from typing import Any

from music_separator.domain.job import StageResult
from music_separator.pipeline.stages.context import StageContext
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


def run_task(message: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Do one task as it came over the pipe; gives what is to be published."""
    task = from_message(message)
    # What an interrupted run left there would be published along.
    shutil.rmtree(output_dir(task.work_dir))
    return asdict(_run(task, StageContext(task.stage, reporter)))


def _run(task: Task, context: StageContext) -> StageResult:
    match task:
        case SeparationTask():
            return separate(task, context)
        case TranscriptionTask():
            return transcribe(task, context)
        case KaraokeTask():
            return make_karaoke(task, context)
