"""A service over real rows and files, with a job engine and workers that only do what they are told."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from music_separator.access.links import Links
from music_separator.access.tokens import Demand, Tokens
from music_separator.audio.media import MediaLimits
from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.progress import WORK_STAGES, ProgressEvent, StageName, all_done, done, failed, working
from music_separator.service import NewTrack, Service, new_file_id
from music_separator.store.database import Database
from music_separator.store.events import Change, EventLog
from music_separator.store.files import FileStore
from music_separator.store.jobs import JobStore
from music_separator.store.key import KEY_BYTES
from music_separator.store.lyrics import LyricsStore
from music_separator.store.owners import OwnerStore
from music_separator.words import Words
from music_separator.workers.lost import WorkerCounts
from tests.songs import LRC, write_song
from tests.tracks import digest_of, finished

OPTIONS = JobOptions(model="center", lyrics=LRC)


class RememberingEngine:
    """JobEngine: keeps what it was told, runs nothing."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def launch(self) -> None:
        self.told.append(("launch",))

    def ensure(self, file_id: str, attempt: int) -> None:
        self.told.append(("ensure", file_id, attempt))

    def withdraw(self, file_id: str, attempt: int) -> None:
        self.told.append(("withdraw", file_id, attempt))

    def forget(self, file_id: str) -> None:
        self.told.append(("forget", file_id))

    def close(self) -> None:
        self.told.append(("close",))


class BusyWorkers:
    """Cancels: stops a run when it has been told to as often as it takes."""

    def __init__(self) -> None:
        self.running: dict[str, int] = {}
        """How often each run must be told before it is gone."""

    def cancel(self, key: str) -> bool:
        left = self.running.get(key, 0)
        self.running[key] = max(0, left - 1)
        return left > 0

    def counts(self) -> WorkerCounts:
        return WorkerCounts(started=2, lost={"SIGKILL": 1})


@dataclass(frozen=True, kw_only=True)
class House:
    """A service and everything a test looks at."""

    folder: Path
    service: Service
    engine: RememberingEngine
    workers: BusyWorkers
    shown_again: list[ProgressEvent] = field(default_factory=list)

    def new(self, *, seed: int = 1, **values: Any) -> NewTrack:
        """Make an upload that has arrived; another seed is another song."""
        song = self.folder / f"song-{seed}.wav"
        if not song.exists():
            write_song(song, seconds=1.0, seed=seed)
        arrived = self.service.files.incoming(new_file_id(None))
        shutil.copyfile(song, arrived)
        content = song.read_bytes()
        upload = NewTrack(
            owner="local",
            path=arrived,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            filename="song.wav",
            options=OPTIONS,
        )
        return replace(upload, **values)

    def add(self, **values: Any) -> str:
        """Upload a song and give its id; what the engine was told so far is forgotten."""
        file_id = self.service.add_track(self.new(**values)).track.file_id
        self.engine.told.clear()
        return file_id

    def finish(self, file_id: str, *stages: StageName) -> None:
        """Let stages succeed, with files of their own; with all of them the job is done."""
        attempt = self.service.jobs.get(file_id).attempt
        for stage in stages:
            digest = digest_of(f"{stage} of {file_id}")
            folder = self.service.files.work_dir(file_id, stage, digest) / "out"
            self.service.files.publish(folder, digest, finished(folder, {f"{stage}.flac": b"made"}))
            self.service.log.append(file_id, done(stage), attempt=attempt, change=Change(result=digest))
        if stages == WORK_STAGES:
            self.service.log.append(file_id, all_done(), attempt=attempt, change=Change(status=JobStatus.DONE))

    def fail(self, file_id: str, stage: StageName) -> None:
        """Let a stage fail."""
        attempt = self.service.jobs.get(file_id).attempt
        report = failed(stage, error="It failed.", code="it_failed")
        self.service.log.append(file_id, report, attempt=attempt, change=Change(status=JobStatus.FAILED))

    def begin(self, file_id: str, stage: StageName, progress: int) -> None:
        """Let a stage be at work."""
        attempt = self.service.jobs.get(file_id).attempt
        self.service.log.append(file_id, working(stage, progress), attempt=attempt)

    def last(self, file_id: str) -> tuple[str, int, str, str]:
        """Give stage, percent, message and status of the last event."""
        event = self.service.log.read(file_id)[-1]
        return event.stage, event.progress, event.message, event.status

    def kept(self) -> list[str]:
        """Name the files of the data directory beside the database."""
        data = self.folder / "data"
        return sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())


@contextmanager
def house_in(folder: Path) -> Iterator[House]:
    """Set a service up in an empty folder."""
    database = Database(folder / "app.db")
    log = EventLog(database)
    engine, workers = RememberingEngine(), BusyWorkers()
    files = FileStore(folder / "data", min_free_bytes=0)
    service = Service(
        jobs=JobStore(database, log),
        log=log,
        files=files,
        words=Words(files=files, store=LyricsStore(database)),
        tokens=Tokens(owners=OwnerStore(database), demand=Demand.IF_ANY),
        links=Links(key=b"k" * KEY_BYTES, lifetime_s=3600.0),
        engine=engine,
        workers=workers,
        limits=MediaLimits(),
    )
    made = House(folder=folder, service=service, engine=engine, workers=workers)
    log.listen_again(made.shown_again.append)
    yield made
    database.close()
