"""The one place where everything is put together: a data directory becomes a running service."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock, Timeout

from music_separator.access.links import Links
from music_separator.access.tokens import Demand, Tokens
from music_separator.audio.media import MediaLimits
from music_separator.config import MIB, Settings
from music_separator.domain.errors import DataDirBusy
from music_separator.domain.job import JobOptions
from music_separator.domain.progress import StageName
from music_separator.engines.machine import usable_cores
from music_separator.engines.weights import WeightsStore
from music_separator.orchestration.inline_engine import InlineEngine
from music_separator.orchestration.port import JobEngine
from music_separator.pipeline.plan import RUN_BY_ENGINE, Planner
from music_separator.pipeline.runner import StageRunner
from music_separator.pipeline.tasks import to_message
from music_separator.service import Cancels, Service
from music_separator.store.database import Database
from music_separator.store.events import EventLog
from music_separator.store.files import FileStore
from music_separator.store.jobs import JobStore
from music_separator.store.key import installation_key
from music_separator.store.lyrics import LyricsStore
from music_separator.store.owners import OwnerStore
from music_separator.store.rates import Rates
from music_separator.words import Words
from music_separator.worker_start import make_supervisor
from music_separator.workers.supervisor import Supervisor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Store:
    """What is kept of one data directory."""

    jobs: JobStore
    log: EventLog
    files: FileStore
    words: Words
    rates: Rates
    owners: OwnerStore
    key: bytes = field(repr=False)


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Open a data directory for this process alone. Raises DataDirBusy, WrongVersion."""
    data_dir = settings.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DataDirBusy(str(data_dir)) from None
    with ExitStack() as stack:
        stack.callback(lock.release)
        database = Database(data_dir / "app.db")
        stack.callback(database.close)
        log = EventLog(database)
        files = FileStore(data_dir, min_free_bytes=settings.min_free_mib * MIB)
        files.sweep_incoming()
        yield Store(
            jobs=JobStore(database, log),
            log=log,
            files=files,
            words=Words(files=files, store=LyricsStore(database)),
            rates=Rates(database),
            owners=OwnerStore(database),
            key=installation_key(data_dir),
        )


@contextmanager
def open_tokens(settings: Settings) -> Iterator[Tokens]:
    """Open the tokens of a data directory, also while its server runs. Raises WrongVersion."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.data_dir / "app.db")
    try:
        yield tokens_of(OwnerStore(database), settings)
    finally:
        database.close()


def sweep_unused(store: Store) -> None:
    """Remove results and mixtures that nothing refers to: of songs deleted while they ran, of lyrics sent anew.

    Not while work is owed: what a crash left published without a word about it is found again by its digest.
    """
    if store.jobs.active():
        return
    removed = store.files.sweep(results=store.jobs.results_in_use(), blobs=store.jobs.blobs_in_use())
    if removed:
        _log.info("Removed %d files and results that nothing refers to", removed, extra={"action": "swept"})


def make_runner(store: Store, settings: Settings, supervisor: Supervisor) -> StageRunner:
    """Make what runs stages over a store."""
    planner = Planner(
        files=store.files,
        words=store.words.store,
        weights=weights_of(settings),
        max_duration_s=settings.max_duration_s,
        allow_fallback=settings.allow_fallback,
        device=settings.device,
        threads=settings.threads or max(1, usable_cores() // settings.slots),
        lookup_url=settings.looks_up_at,
        lookup_dir=settings.lookups_dir,
    )
    return StageRunner(
        jobs=store.jobs,
        log=store.log,
        files=store.files,
        words=store.words,
        rates=store.rates,
        planner=planner,
        workers=supervisor,
    )


def weights_of(settings: Settings) -> WeightsStore:
    """Make the weights of this installation."""
    token = settings.hub_token.get_secret_value() or None if settings.hub_token else None
    return WeightsStore(root=settings.weights_dir, hub_url=settings.hub_url, offline=settings.offline, token=token)


def tokens_of(owners: OwnerStore, settings: Settings) -> Tokens:
    """Make the tokens, demanded as the settings say: always where other machines reach the server."""
    reached = Demand.IF_ANY if settings.is_loopback else Demand.ALWAYS
    return Tokens(owners=owners, demand=Demand.NEVER if settings.unsafe_open else reached)


def limits_of(settings: Settings) -> MediaLimits:
    """Give what the settings allow a file to cost."""
    return MediaLimits(max_bytes=settings.max_upload_mib * MIB, max_duration_s=settings.max_duration_s)


def make_service(store: Store, settings: Settings, engine: JobEngine, workers: Cancels) -> Service:
    """Make the verbs over a store."""
    return Service(
        jobs=store.jobs,
        log=store.log,
        files=store.files,
        words=store.words,
        tokens=tokens_of(store.owners, settings),
        links=Links(key=store.key, lifetime_s=settings.link_lifetime_s),
        engine=engine,
        workers=workers,
        limits=limits_of(settings),
    )


@contextmanager
def running_service(settings: Settings) -> Iterator[Service]:
    """Run the whole service of a data directory while the block runs: what an earlier process began goes on."""
    # Late: a command without a server has no use for it, and it costs half a second.
    from music_separator.orchestration.dbos_engine import DbosEngine

    with open_store(settings) as store, ExitStack() as stack:
        sweep_unused(store)
        supervisor = make_supervisor(settings)
        runner = make_runner(store, settings, supervisor)
        engine = DbosEngine(
            settings.data_dir / "engine.db",
            stages=[str(stage) for stage in RUN_BY_ENGINE],
            run_stage=runner.run_stage,
            slots=settings.slots,
        )
        service = make_service(store, settings, engine, supervisor)
        stack.callback(supervisor.close)
        stack.callback(engine.close)
        engine.launch()
        stack.enter_context(_watchdog(service, settings.watchdog_s))
        yield service


@contextmanager
def direct_service(
    settings: Settings,
    stages: Sequence[StageName],
    workers: Supervisor,
    *,
    stem_format: str,
    only_times: bool = False,
    own_checkpoint: Path | None = None,
    ahead: JobOptions | None = None,
) -> Iterator[Service]:
    """Make a service whose jobs run at once in the calling thread, for one command and its own folder.

    What the job ``ahead`` is separated with is loaded while its song is being looked at.
    """
    with open_store(settings) as store:
        runner = make_runner(store, settings, workers)
        planner = replace(runner.planner, stem_format=stem_format, only_times=only_times, own_checkpoint=own_checkpoint)
        runner = replace(runner, planner=planner)
        if ahead is not None:
            workers.prepare(to_message(planner.separation_ahead(ahead)))
        engine = InlineEngine(stages=[str(stage) for stage in stages], run_stage=runner.run_stage)
        yield make_service(store, settings, engine, workers)


@contextmanager
def _watchdog(service: Service, interval_s: float) -> Iterator[None]:
    """Look at once, and then every ``interval_s``, for jobs that are owed work and that nobody runs."""
    stopping = threading.Event()

    def watch() -> None:
        while True:
            try:
                service.reconcile()
            except Exception:
                _log.exception("Looking for forgotten jobs failed", extra={"action": "reconcile_failed"})
            if stopping.wait(interval_s):
                return

    thread = threading.Thread(target=watch, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
