"""A server for those who write front ends: every job replays a recorded log of events, and nothing is made or kept.

Only the engine is replaced: numbers, snapshots, Socket.IO, upload, cancel and retry are the real ones.
"""

import hashlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import numpy as np

from music_separator.audio.encode import AudioFormat, open_writer
from music_separator.audio.waveform import CHANNELS, SAMPLE_RATE
from music_separator.bootstrap import Store, make_service, open_store
from music_separator.config import Settings
from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.job import JobOptions, JobStatus, Track
from music_separator.domain.owner import FIRST_OWNER
from music_separator.domain.progress import WORK_STAGES, StageName, StageReport, StageStatus
from music_separator.server.schemas import ProgressEventBody
from music_separator.service import Service, new_file_id
from music_separator.store.clock import now_iso
from music_separator.store.events import Change
from music_separator.workers.lost import WorkerCounts

RECORDINGS = files("music_separator") / "web" / "demo"
COMPLETE = "complete"
"""The recording that an uploaded song and a retry are given."""
SHOWN = {
    "cancelled": "Demo: cancelled half way",
    "failed-then-retried": "Demo: failed for want of lyrics, then retried",
    COMPLETE: "Demo: a song with lyrics",
}
"""Each recording and the title it is shown under; the last one stands first."""
WARNING = Caution(
    code=CautionCode.DEMO,
    message="This is a demo: a recorded run is replayed, and there is nothing to listen to or to download.",
)
_ENDS = {StageStatus.FAILED: JobStatus.FAILED, StageStatus.CANCELLED: JobStatus.CANCELLED}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One recorded event: what it said, in which attempt, and how long after the one before it."""

    after_s: float
    attempt: int
    report: StageReport


@contextmanager
def demo_service(settings: Settings, *, speed: float) -> Iterator[Service]:
    """Run the service of the demo while the block runs; ``speed`` is how much faster than recorded it goes."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        store = stack.enter_context(open_store(settings.model_copy(update={"data_dir": Path(folder)})))
        engine = ReplayEngine(store, speed=speed)
        stack.callback(engine.close)
        engine.launch()
        yield make_service(store, settings, engine, engine)


def steps_of(name: str) -> list[Step]:
    """Read a recording of the package."""
    lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    events = [ProgressEventBody.model_validate_json(line) for line in lines]
    times = [datetime.fromisoformat(event.timestamp) for event in events]
    told = set(StageReport.__dataclass_fields__)
    return [
        Step(
            after_s=(now - before).total_seconds(),
            attempt=event.attempt,
            report=StageReport(**event.model_dump(include=told)),
        )
        for event, now, before in zip(events, times, [times[0], *times], strict=False)
    ]


class ReplayEngine:
    """JobEngine and Cancels of a demo: an attempt is a thread that says what was recorded."""

    def __init__(self, store: Store, *, speed: float) -> None:
        self._store, self._speed = store, speed
        self._threads: dict[tuple[str, int], threading.Thread] = {}
        self._closing = threading.Event()

    def launch(self) -> None:
        """Show every recording as a job of its own."""
        blob, size_bytes = self._silence()
        for name, title in SHOWN.items():
            track = Track(
                file_id=new_file_id(None),
                owner=FIRST_OWNER,
                blob=blob,
                filename=f"{name}.flac",
                size_bytes=size_bytes,
                title=title,
                created_at=now_iso(),
            )
            job = self._store.jobs.add(track, JobOptions(), request=name, start=True)
            self._begin(job.file_id, job.attempt, steps_of(name)[1:])  # the first, the upload, has just been said

    def ensure(self, file_id: str, attempt: int) -> None:
        """Replay the stages that are due."""
        job = self._store.jobs.get(file_id)
        due = WORK_STAGES[WORK_STAGES.index(job.first_stage) : WORK_STAGES.index(job.last_stage) + 1]
        whole = job.last_stage is WORK_STAGES[-1]
        stages = (*due, StageName.COMPLETE) if whole else due
        steps = [step for step in steps_of(COMPLETE) if step.report.stage in stages]
        if (file_id, attempt) not in self._threads:
            self._begin(file_id, attempt, steps)

    def withdraw(self, file_id: str, attempt: int) -> None:
        """Do nothing: an attempt that was ended takes no more events, and its thread ends with the next."""

    def cancel(self, key: str) -> bool:
        """Stop nothing: there is no worker."""
        return False

    def counts(self) -> WorkerCounts:
        """Give none."""
        return WorkerCounts(started=0, lost={})

    def forget(self, file_id: str) -> None:
        """Do nothing: nothing is kept."""

    def close(self) -> None:
        """End all replays."""
        self._closing.set()
        for thread in self._threads.values():
            thread.join()

    def _silence(self) -> tuple[str, int]:
        """Store the song of all recordings, a second of silence; gives its digest and size."""
        path = self._store.files.incoming(new_file_id(None))
        with open_writer(path, AudioFormat.FLAC, sample_rate=SAMPLE_RATE) as writer:
            writer.write(np.zeros((CHANNELS, SAMPLE_RATE), np.float32))
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self._store.files.keep_blob(path, digest)
        return digest, len(content)

    def _begin(self, file_id: str, attempt: int, steps: Sequence[Step]) -> None:
        self._store.jobs.add_warning(file_id, WARNING)
        thread = threading.Thread(target=self._replay, args=(file_id, attempt, steps), name="replay", daemon=True)
        self._threads[file_id, attempt] = thread
        thread.start()

    def _replay(self, file_id: str, attempt: int, steps: Sequence[Step]) -> None:
        recorded = steps[0].attempt
        for step in steps:
            if self._closing.wait(step.after_s / self._speed):
                return
            report = self._paced(step.report)
            if step.attempt == recorded:
                if self._store.log.append(file_id, report, attempt=attempt, change=_change(report)) is None:
                    return  # cancelled, or deleted
                continue
            if self._store.jobs.get(file_id).attempt != attempt:
                return  # somebody was quicker than the recording, and has begun another attempt
            recorded = step.attempt
            attempt = self._store.jobs.begin_attempt(file_id, first_stage=report.stage, report=report).attempt

    def _paced(self, report: StageReport) -> StageReport:
        """Make the time left as short as the pace makes it."""
        values = {name: getattr(report, name) for name in StageReport.__dataclass_fields__}
        for name in ("eta_seconds", "stage_eta_seconds"):
            values[name] = None if values[name] is None else round(values[name] / self._speed, 1)
        return StageReport(**values)


def _change(report: StageReport) -> Change:
    done = JobStatus.DONE if report.stage is StageName.COMPLETE else None
    return Change(status=_ENDS.get(report.status, done))
