"""Runs one stage of one attempt to its end: skip what is there, wait for space, follow the worker, publish, say so.

Safe to call again after any crash: what is published is found by its digest, what was said is found in the log.
"""

import errno
import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import (
    Cancelled,
    MusicSeparatorError,
    NotEnoughSpace,
    StorageError,
    UnknownTrack,
    WorkerCrashed,
    WorkerHung,
)
from music_separator.domain.job import Artifact, Job, JobStatus, StageResult, Track
from music_separator.domain.progress import (
    WORK_STAGES,
    StageName,
    StageReport,
    all_done,
    done,
    failed,
    preparing,
)
from music_separator.pipeline.eta import Expectation, StageClock
from music_separator.pipeline.plan import Planner, StagePlan
from music_separator.pipeline.progress import AttemptOver, StageProgress
from music_separator.pipeline.tasks import KaraokeTask, SeparationTask, TranscriptionTask, output_dir, to_message
from music_separator.pipeline.winner import winner_of
from music_separator.store.events import Change, EventLog
from music_separator.store.files import FileStore
from music_separator.store.jobs import JobStore
from music_separator.store.rates import Rates
from music_separator.words import Words
from music_separator.workers.lost import WorkerLost

_log = logging.getLogger(__name__)

MAX_DEATHS = 3
"""Deaths of workers at one chunk, in one life of the server, before the stage is given up."""
LOG_LINES = {
    StageName.SEPARATION: "Auto-processing %s with %s model",
    StageName.TRANSCRIPTION: "Auto-transcribing %s with %s",
    StageName.KARAOKE: "Auto-generating karaoke for %s",
}
SPACE_POLL_S = 2.0
STORAGE_PAUSES_S = (0.2, 1.0, 5.0)
"""Between tries of a stage whose events or results could not be written; after that the job engine's own retry."""


class Workers(Protocol):
    """Whatever runs a task: the supervisor, or a stand-in in tests."""

    def run(self, key: str, task: dict[str, Any], on_progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Run one task to its result. Raises Cancelled, StageFailed or WorkerLost."""
        ...


@dataclass(frozen=True, kw_only=True)
class StageRunner:
    """What the job engine calls for every stage."""

    jobs: JobStore
    log: EventLog
    files: FileStore
    words: Words
    rates: Rates
    planner: Planner
    workers: Workers
    space_poll_s: float = SPACE_POLL_S

    def run_stage(self, file_id: str, attempt: int, stage_name: str) -> bool:
        """Run a stage; False when the attempt ends with it. Waits out short trouble with the disk, then raises it."""
        for pause_s in STORAGE_PAUSES_S:
            try:
                return self._run_once(file_id, attempt, StageName(stage_name))
            except (StorageError, OSError) as error:
                _log.warning("%s of %s: %s", stage_name, file_id, error, extra={"action": "storage_trouble"})
            threading.Event().wait(pause_s)
        return self._run_once(file_id, attempt, StageName(stage_name))

    def _run_once(self, file_id: str, attempt: int, stage: StageName) -> bool:
        try:
            job = self._due_job(file_id, attempt)
            if stage is StageName.COMPLETE:
                self._end(job)
                return False
            if stage in job.due:
                self._run(job, stage)
            return True
        except (AttemptOver, UnknownTrack):
            return False
        except Cancelled:
            return self._end_cancelled(file_id)

    def _end(self, job: Job) -> None:
        if job.is_complete:
            self._append(job, all_done(), Change(status=JobStatus.DONE))
        else:
            self.jobs.end_partial(job.file_id, job.attempt)

    def _end_cancelled(self, file_id: str) -> bool:
        try:
            if not self.jobs.get(file_id).cancel_requested:
                raise Cancelled  # the server is going down; the next start goes on
            self.jobs.end_cancelled(file_id)
        except UnknownTrack:
            _log.info("%s was deleted while it ran", file_id, extra={"action": "deleted_while_running"})
        return False

    def _due_job(self, file_id: str, attempt: int) -> Job:
        job = self.jobs.get(file_id)
        if job.attempt != attempt or not job.status.is_active:
            raise AttemptOver
        if job.cancel_requested:
            raise Cancelled
        return job

    def _run(self, job: Job, stage: StageName) -> None:
        track = self.jobs.track(job.file_id)
        try:
            plan = self.planner.plan(stage, track, job)
            clock = StageClock(self._expect(stage, plan.engine, track))
            progress = StageProgress(self.log, job, stage, clock, self._later_s(stage, track, job))
            _log.info(LOG_LINES[stage], *_log_values(job, plan), extra={"action": f"{stage}_start"})
            if not self._finish(plan, progress, self._make(job, track, plan, progress)):
                self._run(self._due_job(job.file_id, job.attempt), stage)
                return
        except (AttemptOver, Cancelled, StorageError):
            raise
        except MusicSeparatorError as error:
            self._fail(job, stage, error)
            raise AttemptOver from error
        pace = clock.pace()
        if pace is not None:
            self.rates.learn(stage, plan.engine, pace)

    def _finish(self, plan: StagePlan, progress: StageProgress, detail: str | None) -> bool:
        """Say that the result is there; False where it went meanwhile, with a deleted song."""
        with self.files.references:
            if not self.files.is_published(plan.digest):
                return False
            progress.finish(done(plan.task.stage, detail=detail), Change(result=plan.digest))
            return True

    def _make(self, job: Job, track: Track, plan: StagePlan, progress: StageProgress) -> str | None:
        """Have the plan's result published; returns the detail of the last event."""
        stage = plan.task.stage
        if plan.warning:
            self._warn(job, progress, stage, Caution(code=CautionCode.FALLBACK, message=plan.warning))
        if not self.files.is_published(plan.digest):
            self._wait_for_space(job, plan, progress)
            message = self._run_worker(job, plan, progress)
            self._due_job(job.file_id, job.attempt)
            self.files.publish(output_dir(plan.task.work_dir), plan.digest, _result(message))
        result = self.files.result(plan.digest)
        for warning in result.warnings:
            self._warn(job, progress, stage, warning)
        self.files.drop_stage_work(job.file_id, stage)
        if stage is StageName.TRANSCRIPTION:
            return self._keep_words(job, plan.digest, result)
        return "fallback" if plan.warning or result.facts.get("fallback") else None

    def _keep_words(self, job: Job, digest: str, result: StageResult) -> str:
        """Keep the words that were decided on; gives the detail that says where they come from."""
        won = winner_of(result.facts)
        text = self.files.artifact_path(digest, "lyrics").read_text(encoding="utf-8")
        self.words.found(job.file_id, text, won.source, won.made_by)
        return won.detail

    def _run_worker(self, job: Job, plan: StagePlan, progress: StageProgress) -> dict[str, Any]:
        stage = plan.task.stage
        deaths: Counter[int | None] = Counter()
        chunk: int | None = None

        def hear(message: dict[str, Any]) -> None:
            nonlocal chunk
            chunk = message.pop("chunk", chunk)
            progress.report(StageReport(stage=stage, **message))

        progress.report(preparing(stage, 1, "Getting ready"))
        while True:
            try:
                return self.workers.run(job.file_id, to_message(plan.task), hear)
            except WorkerLost as lost:
                _log.warning("Worker for %s lost: %s", job.file_id, lost.cause, extra={"action": "worker_lost"})
                if lost.errno == errno.ENOSPC:
                    # First a pause: the disk may be full in another way than by bytes, and is not asked in a hot loop.
                    threading.Event().wait(self.space_poll_s)
                    self._due_job(job.file_id, job.attempt)
                    self._wait_for_space(job, plan, progress)
                    continue
                deaths[chunk] += 1
                if deaths[chunk] >= MAX_DEATHS:
                    raise (WorkerHung(chunk) if lost.hung else WorkerCrashed(lost.cause, chunk)) from lost

    def _wait_for_space(self, job: Job, plan: StagePlan, progress: StageProgress) -> None:
        waiting = threading.Event()
        while True:
            try:
                self.files.require_space(plan.needed_bytes)
                return
            except NotEnoughSpace as error:
                progress.wait(str(error), detail="waiting_for_space")
            waiting.wait(self.space_poll_s)
            self._due_job(job.file_id, job.attempt)

    def _warn(self, job: Job, progress: StageProgress, stage: StageName, warning: Caution) -> None:
        if self.jobs.add_warning(job.file_id, warning, stage=stage):
            progress.report(preparing(stage, 1, warning.message, detail="fallback"))

    def _fail(self, job: Job, stage: StageName, error: MusicSeparatorError) -> None:
        _log.warning("%s of %s failed: %s", stage, job.file_id, error, extra={"action": f"{stage}_failed"})
        report = failed(stage, error=str(error), code=error.code)
        self._append(job, report, Change(status=JobStatus.FAILED))

    def _append(self, job: Job, report: StageReport, change: Change) -> None:
        if self.log.append(job.file_id, report, attempt=job.attempt, change=change) is None:
            raise AttemptOver

    def _expect(self, stage: StageName, engine: str, track: Track) -> Expectation:
        return Expectation(audio_s=track.duration_s, rate=self.rates.get(stage, engine))

    def _later_s(self, stage: StageName, track: Track, job: Job) -> float | None:
        """Expect this much time after the stage; None when a later stage was never timed here."""
        later = WORK_STAGES[WORK_STAGES.index(stage) + 1 :]
        totals = [self._expect(name, self.planner.engine(name, track, job), track).total_s() for name in later]
        known = [total for total in totals if total is not None]
        return sum(known) if len(known) == len(totals) else None


def _result(message: dict[str, Any]) -> StageResult:
    return StageResult(
        artifacts=tuple(Artifact(**item) for item in message["artifacts"]),
        facts=message["facts"],
        warnings=tuple(map(Caution.stored, message["warnings"])),
    )


def _log_values(job: Job, plan: StagePlan) -> tuple[str, ...]:
    match plan.task:
        case SeparationTask(engine=engine):
            return job.file_id, engine
        case TranscriptionTask():
            return job.file_id, plan.engine
        case KaraokeTask():
            return (job.file_id,)
