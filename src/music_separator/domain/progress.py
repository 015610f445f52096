"""What is told about a running job: stages, numbered events and the documented sentences.

Progress is whole percent of one stage of one attempt. 0-9 is getting ready, 10 the moment real work starts,
11-99 work measured, 100 results on disk.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum

READY = 10
"""Percent at which a stage's real work starts."""
FINISHED = 100
"""Percent at which a stage's results are on disk, or the stage has failed."""


class StageName(StrEnum):
    """The five stages, in their order."""

    UPLOAD = "upload"
    SEPARATION = "separation"
    TRANSCRIPTION = "transcription"
    KARAOKE = "karaoke"
    COMPLETE = "complete"


WORK_STAGES = (StageName.SEPARATION, StageName.TRANSCRIPTION, StageName.KARAOKE)
"""The stages that a worker runs, in their order."""


class StageStatus(StrEnum):
    """Where one stage is."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


CANCELLED_MESSAGE = "Cancelled"
UPLOADED_MESSAGE = "Upload complete, starting separation..."
ONLY_UPLOADED_MESSAGE = "Upload complete"
ALL_DONE_MESSAGE = "All processing complete!"

WORKING_MESSAGES = {
    StageName.SEPARATION: "Separating audio tracks...",
    StageName.TRANSCRIPTION: "Transcribing lyrics with AI...",
    StageName.KARAOKE: "Generating karaoke with synced lyrics...",
}
DONE_MESSAGES = {
    StageName.SEPARATION: "Audio separation complete",
    StageName.TRANSCRIPTION: "Transcription complete",
    StageName.KARAOKE: "Karaoke generation complete",
}


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """What happened in a stage, before it has a number: the part of an event that its author knows."""

    stage: StageName
    progress: int
    message: str
    status: StageStatus = StageStatus.RUNNING
    detail: str | None = None
    error: str | None = None
    code: str | None = None
    eta_seconds: float | None = None
    stage_eta_seconds: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.progress <= FINISHED:
            raise ValueError(f"progress {self.progress} is not within 0-100")
        if (self.error is not None) != (self.status is StageStatus.FAILED):
            raise ValueError("an error belongs to a failed stage, and only there")


@dataclass(frozen=True, kw_only=True)
class ProgressEvent:
    """A numbered fact about a job, as stored and as sent under the name ``processing_progress``."""

    file_id: str
    stage: StageName
    progress: int
    message: str
    error: str | None
    code: str | None
    seq: int
    status: StageStatus
    detail: str | None
    eta_seconds: float | None
    stage_eta_seconds: float | None
    attempt: int
    batch_id: str | None
    timestamp: str

    def payload(self) -> dict[str, object]:
        """Give the event as the JSON object of the wire."""
        return asdict(self)


def is_milestone(event: ProgressEvent) -> bool:
    """Whether the event is one of the documented eight, or a failure, or a cancel."""
    if event.status in (StageStatus.FAILED, StageStatus.CANCELLED):
        return True
    if event.progress == FINISHED:
        return True
    return event.stage in WORK_STAGES and event.progress == READY


def working(stage: StageName, progress: int = READY, *, detail: str | None = None) -> StageReport:
    """Report work in a stage; at 10 this is the documented start."""
    return StageReport(stage=stage, progress=progress, message=WORKING_MESSAGES[stage], detail=detail)


def preparing(stage: StageName, progress: int, message: str, *, detail: str | None = None) -> StageReport:
    """Report getting ready, 0-9 percent."""
    return StageReport(stage=stage, progress=min(progress, READY - 1), message=message, detail=detail)


def queued(stage: StageName, message: str, *, detail: str | None = None) -> StageReport:
    """Report waiting for a turn, or for space."""
    return StageReport(stage=stage, progress=0, message=message, status=StageStatus.QUEUED, detail=detail)


def done(stage: StageName, *, detail: str | None = None) -> StageReport:
    """Report that a stage's results are on disk."""
    return StageReport(
        stage=stage, progress=FINISHED, message=DONE_MESSAGES[stage], status=StageStatus.DONE, detail=detail
    )


def failed(stage: StageName, *, error: str, code: str) -> StageReport:
    """Report that a stage could not be done."""
    message = f"{stage.capitalize()} failed"
    return StageReport(
        stage=stage, progress=FINISHED, message=message, status=StageStatus.FAILED, error=error, code=code
    )


def cancelled(stage: StageName, progress: int) -> StageReport:
    """Report that somebody stopped the job, at the percent the stage had reached."""
    return StageReport(stage=stage, progress=progress, message=CANCELLED_MESSAGE, status=StageStatus.CANCELLED)


def uploaded(*, starting: bool) -> StageReport:
    """Report that the file is safe on disk."""
    message = UPLOADED_MESSAGE if starting else ONLY_UPLOADED_MESSAGE
    return StageReport(stage=StageName.UPLOAD, progress=FINISHED, message=message, status=StageStatus.DONE)


def all_done() -> StageReport:
    """Report that every stage has succeeded: the last event of an attempt."""
    return StageReport(stage=StageName.COMPLETE, progress=FINISHED, message=ALL_DONE_MESSAGE, status=StageStatus.DONE)
