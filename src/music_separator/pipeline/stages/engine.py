"""The separation engine of a task: found, fetched, loaded, and kept for the next song. Runs in a worker."""

from dataclasses import dataclass
from pathlib import Path

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import NotEnoughMemory, WeightsError
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
COMPILED = ".compiled"
"""Folder for compiled networks, beside the weights."""


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

    def engine_for(self, task: SeparationTask, context: StageContext) -> Found:
        """Give the engine for a task. Raises WeightsError, NotEnoughMemory and what ``load`` does, where no fallback is
        allowed.
        """
        try:
            make = None if task.own_checkpoint is not None else model_of(task.engine).make
            return self._network(task, context) if make is None else Found(engine=make())
        except (WeightsError, NotEnoughMemory) as error:
            if not task.fallback:
                raise
            warning = fallback_warning(error.why)
            context.prepare(LOADING, warning, detail="fallback")
            return Found(engine=make_fallback(), warnings=(Caution(code=CautionCode.FALLBACK, message=warning),))

    def clear(self) -> None:
        """Let go of the kept engine: the memory is needed."""
        self._key = self._found = None

    def _network(self, task: SeparationTask, context: StageContext) -> Found:
        choice = separation_choice(task.preset, task.overlap, task.shifts, task.stems)
        files, digest = _files(task, choice, context)
        machine = Machine(device=task.device, threads=task.threads, cache_dir=Path(task.weights_dir) / COMPILED)
        key = (task.engine, files, choice, machine)
        if self._found is None or key != self._key:
            self.clear()  # first: two of them need not fit
            context.prepare(LOADING, "Loading the model", detail="loading_model")
            engine = make_demucs(task.engine, files, choice, machine)
            engine.load()
            self._key, self._found = key, Found(engine=engine, weights=digest)
        return self._found


def _files(task: SeparationTask, choice: SeparationChoice, context: StageContext) -> tuple[tuple[MemberFile, ...], str]:
    """Have the checkpoints on the disk: somebody's own one, or the model's, fetched where need be."""
    if task.own_checkpoint is not None:
        path = Path(task.own_checkpoint)
        digest = sha256_of(path)
        return (own_checkpoint(path, digest),), digest
    weights, members = needed_of(model_of(task.engine), choice)
    store = WeightsStore(root=Path(task.weights_dir), hub_url=task.hub_url, offline=task.offline)

    def hear(here: int, total: int) -> None:
        if not total:
            context.check_cancelled()
            return
        percent = FETCHING + (LOADING - 1 - FETCHING) * here // total
        context.prepare(percent, weights.downloading(here, total), detail="downloading_model")

    folder = store.ensure(weights, hear)
    digests = store.digests(weights) or ()
    files = tuple(
        MemberFile(path=folder / file.names[0], sha256=digest, stems=stems)
        for file, digest, stems in zip(weights.files, digests, members, strict=True)
    )
    return files, " ".join(digests)
