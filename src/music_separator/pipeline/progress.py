"""From what a worker says to what is stored: never backwards, one event a percent, every milestone once per attempt."""

from dataclasses import replace

from music_separator.domain.job import Job
from music_separator.domain.progress import (
    FINISHED,
    READY,
    StageName,
    StageReport,
    StageStatus,
    working,
)
from music_separator.pipeline.eta import StageClock
from music_separator.store.events import Change, EventLog


class AttemptOver(Exception):
    """The attempt ended elsewhere (cancelled, deleted, begun again): whoever still works on it stops."""


class StageProgress:
    """Writes the events of one stage of one attempt. Begins where an earlier, interrupted run of it had come to."""

    def __init__(self, log: EventLog, job: Job, stage: StageName, clock: StageClock, later_s: float | None) -> None:
        self._log = log
        self._job = job
        self._stage = stage
        self._clock = clock
        self._later_s = later_s
        self._waits_for: str | None = None
        said = log.of_attempt(job.file_id, job.attempt, stage)
        self._last = max((event.progress for event in said), default=-1)

    @property
    def last(self) -> int:
        """The highest percent said so far; -1 before the first."""
        return self._last

    def wait(self, message: str, *, detail: str) -> None:
        """Say once that the stage waits for something; possible while it has not really started."""
        if self._waits_for == detail:
            return
        self._waits_for = detail
        step = min(self._last + 1, READY - 1)
        self._say(
            StageReport(stage=self._stage, progress=step, message=message, status=StageStatus.QUEUED, detail=detail)
        )

    def report(self, report: StageReport) -> None:
        """Say how far the stage is, unless that has been said."""
        if report.progress >= READY:
            if self._last < READY:
                self._say(working(self._stage, detail=report.detail))
            if not self._clock.has_begun:
                self._clock.begin(self._last)
        self._say(report)

    def finish(self, report: StageReport, change: Change) -> None:
        """Say the last word of the stage, unless it was said just before a crash."""
        if self._last == FINISHED:
            return
        if self._last < READY:
            self._say(working(self._stage, detail=report.detail))
        self._append(report, change)

    def _say(self, report: StageReport) -> None:
        is_tick = report.progress != READY
        if self._last < report.progress < FINISHED and not (is_tick and self._log.is_busy(self._job.file_id)):
            self._append(report, Change())

    def _append(self, report: StageReport, change: Change) -> None:
        left = 0.0 if report.progress == FINISHED else self._clock.left_s(report.progress)
        timed = replace(
            report,
            stage_eta_seconds=_rounded(left),
            eta_seconds=_rounded(None if left is None or self._later_s is None else left + self._later_s),
        )
        if self._log.append(self._job.file_id, timed, attempt=self._job.attempt, change=change) is None:
            raise AttemptOver
        self._last = max(self._last, report.progress)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
