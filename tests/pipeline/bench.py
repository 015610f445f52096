"""A stage runner over real rows and files, with workers and a disk that do as they are told."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from music_separator.domain.errors import Cancelled
from music_separator.domain.job import Job, JobOptions, JobStatus, StageResult
from music_separator.domain.progress import ProgressEvent, StageName
from music_separator.engines.weights import WeightsStore
from music_separator.pipeline.plan import RUN_BY_ENGINE, Planner
from music_separator.pipeline.runner import StageRunner
from music_separator.pipeline.tasks import output_dir
from music_separator.store.database import Database
from music_separator.store.events import EventLog
from music_separator.store.files import FileStore
from music_separator.store.jobs import JobStore
from music_separator.store.lyrics import LyricsStore
from music_separator.store.rates import Rates
from music_separator.words import Words
from music_separator.workers.lost import WorkerLost
from tests.tracks import finished, track

LRC = "[00:01.00]La la la\n[00:03.00]Lo lo lo\n"
OPTIONS = JobOptions(model="center", lyrics=LRC)
SPACE_POLL_S = 0.02
PLENTY = 1 << 50

Message = dict[str, Any]
Hear = Callable[[Message], None]
Script = Callable[[Message, Hear], Message]
"""What a worker does with one task."""


class Crash(BaseException):
    """The end of the whole process, as far as a test in one process can have it."""


def percent(progress: int, *, chunk: int | None = None) -> Message:
    """Make a worker's report."""
    report: Message = {"progress": progress, "message": f"At {progress}", "detail": "working"}
    return report if chunk is None else {**report, "chunk": chunk}


def succeed(*reports: Message) -> Script:
    """Report, then finish what the task asks for."""

    def run(task: Message, hear: Hear) -> Message:
        _say(reports, hear)
        return asdict(_finish(task))

    return run


def die(*reports: Message, cause: str = "killed by SIGKILL", hung: bool = False, code: int | None = None) -> Script:
    """Report, then be lost."""

    def run(_task: Message, hear: Hear) -> Message:
        _say(reports, hear)
        raise WorkerLost(cause, hung=hung, errno=code)

    return run


def fill_the_disk(*reports: Message) -> Script:
    """Report, then find no space to write."""
    return die(*reports, cause="could not read or write: No space left on device", code=errno.ENOSPC)


def fail(error: BaseException, *reports: Message) -> Script:
    """Report, then raise."""

    def run(_task: Message, hear: Hear) -> Message:
        _say(reports, hear)
        raise error

    return run


def _say(reports: tuple[Message, ...], hear: Hear) -> None:
    for report in reports:
        hear(dict(report))


def _finish(task: Message) -> StageResult:
    out = output_dir(task["work_dir"])
    match task["stage"]:
        case "separation":
            return finished(out, {"vocals.flac": b"voice", "no_vocals.flac": b"band"}, duration_s=10.0)
        case "transcription":
            source = "given" if task["given"] else "tags"
            return finished(out, {"lyrics.txt": (task["given"] or task["from_tags"]).encode()}, source=source)
        case _:
            return finished(out, {f"{task['file_id']}_karaoke.mp3": b"karaoke"})


class ScriptedWorkers:
    """Workers: plays the next script, or succeeds at once when there is none."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.stages: list[str] = []
        """The stages of the tasks that were run."""

    def run(self, key: str, task: Message, on_progress: Hear) -> Message:
        self.stages.append(task["stage"])
        script = self.scripts.pop(0) if self.scripts else succeed(percent(10))
        return script(task, on_progress)


class Disk(FileStore):
    """Files on a disk whose free space is chosen."""

    free = PLENTY

    def free_bytes(self) -> int:
        return self.free


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Everything around one runner."""

    jobs: JobStore
    log: EventLog
    files: Disk
    words: Words
    rates: Rates
    weights: WeightsStore
    workers: ScriptedWorkers = field(default_factory=ScriptedWorkers)

    @property
    def planner(self) -> Planner:
        return Planner(files=self.files, words=self.words.store, weights=self.weights, max_duration_s=3600.0)

    @property
    def runner(self) -> StageRunner:
        """Make a runner: each is what a process that was just started has."""
        return StageRunner(
            jobs=self.jobs,
            log=self.log,
            files=self.files,
            words=self.words,
            rates=self.rates,
            planner=self.planner,
            workers=self.workers,
            space_poll_s=SPACE_POLL_S,
        )

    def add(self, file_id: str = "song-1", *, options: JobOptions = OPTIONS, **values: Any) -> Job:
        """Store a song whose job is queued."""
        return self.jobs.add(track(file_id, **values), options, request=f"request of {file_id}", start=True)

    def run(self, stage: StageName, *, file_id: str = "song-1", attempt: int = 1) -> bool:
        """Run one stage as a process that was just started does."""
        return self.runner.run_stage(file_id, attempt, stage)

    def run_all(self, *, file_id: str = "song-1", attempt: int = 1) -> None:
        """Run an attempt as a job engine does."""
        for stage in RUN_BY_ENGINE:
            if not self.run(stage, file_id=file_id, attempt=attempt):
                return

    def again(self, first_stage: StageName, *, file_id: str = "song-1", options: JobOptions | None = None) -> Job:
        """Begin the next attempt."""
        return self.jobs.begin_attempt(file_id, first_stage=first_stage, report=None, options=options)

    def said(self, file_id: str = "song-1", *, after: int = 1) -> list[tuple[str, int, str]]:
        """Give what the log has after the upload: stage, percent, status."""
        return [(event.stage, event.progress, event.status) for event in self.log.read(file_id, after=after)]

    def percents(self, stage: StageName, *, attempt: int = 1) -> list[int]:
        """Give the percents said of a stage."""
        return [event.progress for event in self.log.of_attempt("song-1", attempt, stage)]

    def last(self) -> ProgressEvent:
        """Give the last event."""
        return self.log.read("song-1")[-1]

    def status(self) -> JobStatus:
        return self.jobs.get("song-1").status

    def cancel(self) -> Script:
        """Make a script: somebody cancels while the worker is at 42 percent, and it stops."""

        def run(_task: Message, hear: Hear) -> Message:
            _say((percent(10), percent(42)), hear)
            self.jobs.request_cancel("song-1")
            raise Cancelled

        return run


@contextmanager
def bench_in(folder: Path) -> Iterator[Bench]:
    """Set a bench up in an empty folder."""
    database = Database(folder / "app.db")
    log = EventLog(database)
    jobs = JobStore(database, log)
    files = Disk(folder, min_free_bytes=0)
    yield Bench(
        jobs=jobs,
        log=log,
        files=files,
        words=Words(files=files, store=LyricsStore(database)),
        rates=Rates(database),
        weights=WeightsStore(root=folder / "models", hub_url="http://127.0.0.1:9", offline=True),
    )
    database.close()
