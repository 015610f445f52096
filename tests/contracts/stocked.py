"""A server over real rows and files, for many requests: jobs end at once with the results of one song that was made.

Nothing is separated while it is asked, so that thousands of requests take seconds; everything else is the real thing.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from music_separator.bootstrap import Store, direct_service, make_service, open_store
from music_separator.config import Settings
from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.owner import FIRST_OWNER
from music_separator.domain.progress import StageName, all_done, done, failed
from music_separator.pipeline.plan import RUN_BY_ENGINE
from music_separator.server.app import create_app
from music_separator.service import NewTrack, Service, new_file_id
from music_separator.store.events import Change
from music_separator.worker_start import make_supervisor
from music_separator.workers.lost import WorkerCounts
from tests.songs import LRC, write_song

OTHER_OWNER = "somebody-else"
"""Owns the song whose results all others share: it cannot be reached, so they are never orphans."""
SONG_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Stocked:
    """The application, what it says about itself, the token that it wants, the ids of its songs by their state, and the
    bytes of a song.
    """

    app: ASGIApp
    document: dict[str, Any]
    token: str
    file_ids: dict[str, str]
    song: bytes


@contextmanager
def stocked_server(folder: Path) -> Iterator[Stocked]:
    """Make one song for real, then serve it and others in every state of a job."""
    settings = Settings(data_dir=folder / "data", offline=True, min_free_mib=0)
    song = write_song(folder / "song.wav", seconds=SONG_SECONDS)
    with (
        closing(make_supervisor(settings)) as workers,
        direct_service(settings, RUN_BY_ENGINE, workers, stem_format="flac") as service,
    ):
        made = _add(service, song, owner=OTHER_OWNER)
    with open_store(settings) as store:
        job = store.jobs.get(made)
        assert job.status is JobStatus.DONE, job
        engine = InstantEngine(store, {state.stage: str(state.result) for state in job.stages})
        service = make_service(store, settings, engine, engine)
        app = create_app(service, settings)
        yield Stocked(
            app=app,
            document=asyncio.run(described(app)),
            token=service.tokens.add("first").token,
            file_ids=_stock(service, engine, song),
            song=write_song(folder / "another.wav", seconds=0.6, seed=2).read_bytes(),
        )


async def described(app: ASGIApp) -> dict[str, Any]:
    """Ask an application for its OpenAPI document."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


class InstantEngine:
    """JobEngine and Cancels: an attempt is over before it was asked for, unless the engine rests."""

    def __init__(self, store: Store, results: dict[StageName, str]) -> None:
        self.rests = False
        self._store, self._results = store, results

    def launch(self) -> None:
        """Do nothing."""

    def ensure(self, file_id: str, attempt: int) -> None:
        """Let every stage that is due succeed."""
        if self.rests:
            return
        log, job = self._store.log, self._store.jobs.get(file_id)
        for stage in job.due:
            log.append(file_id, done(stage), attempt=attempt, change=Change(result=self._results[stage]))
        log.append(file_id, all_done(), attempt=attempt, change=Change(status=JobStatus.DONE))

    def withdraw(self, file_id: str, attempt: int) -> None:
        """Do nothing."""

    def cancel(self, key: str) -> bool:
        """Stop nothing: nothing runs."""
        return False

    def counts(self) -> WorkerCounts:
        return WorkerCounts(started=0, lost={})

    def forget(self, file_id: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def _stock(service: Service, engine: InstantEngine, song: Path) -> dict[str, str]:
    ids = {"done": _add(service, song, title="Done"), "stored": _add(service, song, title="Stored", start=False)}
    engine.rests = True
    for name in ("queued", "failed", "cancelled"):
        ids[name] = _add(service, song, title=name)
    service.cancel(ids["cancelled"])
    report = failed(StageName.SEPARATION, error="It failed.", code="it_failed")
    service.log.append(ids["failed"], report, attempt=1, change=Change(status=JobStatus.FAILED))
    ids["arriving"] = new_file_id(None)
    service.reserve(ids["arriving"], owner=FIRST_OWNER, filename="arriving.wav")
    engine.rests = False
    return ids


def _add(service: Service, song: Path, *, owner: str = FIRST_OWNER, title: str = "La", start: bool = True) -> str:
    arrived = service.files.incoming(new_file_id(None))
    shutil.copyfile(song, arrived)
    new = NewTrack(
        owner=owner,
        path=arrived,
        sha256=hashlib.sha256(song.read_bytes()).hexdigest(),
        size_bytes=song.stat().st_size,
        filename=song.name,
        options=JobOptions(model="center", lyrics=LRC),
        title=title,
        start=start,
    )
    return service.add_track(new).track.file_id
