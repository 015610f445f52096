"""The separation engine of a task: found, fetched, loaded, and kept for the next song. Runs in a worker."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Protocol

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import MusicSeparatorError, NotEnoughMemory, WeightsError
from music_separator.domain.progress import READY
from music_separator.engines.base import SeparationEngine
from music_separator.engines.presets import SeparationChoice, separation_choice
from music_separator.engines.registry import fallback_warning, make_fallback, model_of, needed_of
from music_separator.engines.separation_engines import Machine, MemberFile, make_demucs, own_checkpoint
from music_separator.engines.weights import WeightsStore
from music_separator.pipeline.stages.context import StageContext
from music_separator.pipeline.tasks import SeparationTask
from music_separator.store.durable import sha256_of

FETCHING, LOADING = 4, READY - 1
"""Percents of getting ready; fetching goes on to 8 by bytes."""
LOADING_MESSAGE, LOADING_DETAIL = "Loading the model", "loading_model"
POLL_S = 0.05
COMPILED = ".compiled"
"""Folder for compiled networks, beside the weights."""


class Listener(Protocol):
    """Whom getting ready is told to: the parts of a StageContext that it takes."""

    def prepare(self, progress: int, message: str, *, detail: str) -> None:
        """Say what getting ready is at."""

    def check_cancelled(self) -> None:
        """Raise Cancelled when somebody asked to stop."""


class _Ahead:
    """Loading an engine in the background: nobody listens yet; whether there is anything to load is noted."""

    def __init__(self, load: Callable[[Listener], object]) -> None:
        self._loads = False
        self._thread = Thread(target=self._run, args=(load,), name="engine-ahead", daemon=True)
        self._thread.start()

    def prepare(self, progress: int, message: str, *, detail: str) -> None:
        self._loads = self._loads or detail == LOADING_DETAIL

    def check_cancelled(self) -> None:
        pass

    def join(self, listener: Listener | None = None) -> None:
        """Wait; a listener is told where there was something to load, and early where that is known early."""
        told = False
        while True:
            if listener and self._loads and not told:
                listener.prepare(LOADING, LOADING_MESSAGE, detail=LOADING_DETAIL)
                told = True
            if not self._thread.is_alive():
                return
            self._thread.join(POLL_S)

    def _run(self, load: Callable[[Listener], object]) -> None:
        # what is wrong is found again, and told, when the engine is asked for
        with contextlib.suppress(MusicSeparatorError, OSError, MemoryError):
            load(self)


@dataclass(frozen=True, kw_only=True)
class Found:
    """The engine for a task, loaded. ``weights`` is their digest, "" where it has none."""

    engine: SeparationEngine
    weights: str = ""
    warnings: tuple[Caution, ...] = ()


class EngineShelf:
    """Keeps one engine: the next song of the same kind finds it warm."""

    def __init__(self) -> None:
        self._key: object = None
        self._found: Found | None = None
        self._ahead: _Ahead | None = None

    def begin(self, task: SeparationTask) -> None:
        """Load the engine of a task in the background, where nothing has to be fetched; ``engine_for`` waits for it."""
        if self._ahead is None and _maker(task) is None:
            self._ahead = _Ahead(partial(self._network, replace(task, offline=True)))

    def engine_for(self, task: SeparationTask, context: StageContext) -> Found:
        """Give the engine for a task. Raises WeightsError, NotEnoughMemory and what ``load`` does, where no fallback is
        allowed.
        """
        self._join(context)
        try:
            make = _maker(task)
            return self._network(task, context) if make is None else Found(engine=make())
        except (WeightsError, NotEnoughMemory) as error:
            if not task.fallback:
                raise
            warning = fallback_warning(error.why)
            context.prepare(LOADING, warning, detail="fallback")
            return Found(engine=make_fallback(), warnings=(Caution(code=CautionCode.FALLBACK, message=warning),))

    def clear(self) -> None:
        """Let go of the kept engine: the memory is needed."""
        self._join()
        self._key = self._found = None

    def _join(self, listener: Listener | None = None) -> None:
        if self._ahead is not None:
            self._ahead.join(listener)
            self._ahead = None

    def _network(self, task: SeparationTask, listener: Listener) -> Found:
        choice = separation_choice(task.preset, task.overlap, task.shifts, task.stems)
        files, digest = _files(task, choice, listener)
        machine = Machine(device=task.device, threads=task.threads, cache_dir=Path(task.weights_dir) / COMPILED)
        key = (task.engine, files, choice, machine)
        if self._found is None or key != self._key:
            self._key = self._found = None  # first: two of them need not fit
            listener.prepare(LOADING, LOADING_MESSAGE, detail=LOADING_DETAIL)
            engine = make_demucs(task.engine, files, choice, machine)
            engine.load()
            self._key, self._found = key, Found(engine=engine, weights=digest)
        return self._found


def _maker(task: SeparationTask) -> Callable[[], SeparationEngine] | None:
    """Give what makes the engine at once, None where it is a network."""
    return None if task.own_checkpoint is not None else model_of(task.engine).make


def _files(task: SeparationTask, choice: SeparationChoice, listener: Listener) -> tuple[tuple[MemberFile, ...], str]:
    """Have the checkpoints on the disk: somebody's own one, or the model's, fetched where need be."""
    if task.own_checkpoint is not None:
        path = Path(task.own_checkpoint)
        digest = sha256_of(path)
        return (own_checkpoint(path, digest),), digest
    weights, members = needed_of(model_of(task.engine), choice)
    store = WeightsStore(root=Path(task.weights_dir), hub_url=task.hub_url, offline=task.offline)

    def hear(here: int, total: int) -> None:
        if not total:
            listener.check_cancelled()
            return
        percent = FETCHING + (LOADING - 1 - FETCHING) * here // total
        listener.prepare(percent, weights.downloading(here, total), detail="downloading_model")

    folder = store.ensure(weights, hear)
    digests = store.digests(weights) or ()
    files = tuple(
        MemberFile(path=folder / file.names[0], sha256=digest, stems=stems)
        for file, digest, stems in zip(weights.files, digests, members, strict=True)
    )
    return files, " ".join(digests)
