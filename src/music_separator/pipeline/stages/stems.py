"""Writes the finished stems and the instrumental, and looks at what they hold while they pass.

Energies are mean squares over both channels; the residual is the sum of a network's stems minus the mixture.
"""

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import log10
from pathlib import Path

import numpy as np

from music_separator.audio.encode import AudioFormat, AudioWriter, Samples, open_writer, split_whole
from music_separator.audio.waveform import CHANNELS, SAMPLE_RATE, Waveform
from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import BadSeparation
from music_separator.domain.job import Artifact
from music_separator.engines.base import Stem
from music_separator.engines.machine import usable_cores
from music_separator.pipeline.stages.chunks import Chunks
from music_separator.pipeline.stages.context import StageContext, artifact

INSTRUMENTAL = "no_vocals"
SILENT_DB = -60.0
"""Relative to the mixture: below it a stem holds nothing to hear."""
HIGH_RESIDUAL_DB = -10.0
"""Relative to the mixture: networks that were trained leave 20 dB less; random ones more."""
FLOOR = 1e-20
HIGH_RESIDUAL = "The stems together differ much from the song: the weights may not be what they should be."


@dataclass(frozen=True)
class StemFiles:
    """Where the stems are written, and in which format; ``bits`` are the song's own."""

    folder: Path
    kind: AudioFormat
    bits: int

    def write(
        self, chunks: Chunks, context: StageContext, *, begin: int, end: int
    ) -> tuple[tuple[Artifact, ...], "Energies"]:
        """Write every stem and the instrumental, from percent ``begin`` to before ``end``. Raises BadSeparation."""
        energies = Energies(adds_up=chunks.engine.adds_up)
        names = (*map(str, chunks.stems), INSTRUMENTAL)
        paths = {name: self.folder / f"{name}.{self.kind}" for name in names}
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(usable_cores(), thread_name_prefix="stems"))
            writers = {
                name: stack.enter_context(open_writer(path, self.kind, sample_rate=SAMPLE_RATE, bits=self.bits))
                for name, path in paths.items()
            }
            for place in range(chunks.places):
                context.work(begin + (end - begin) * place // chunks.places, detail="encoding", chunk=chunks.count)
                self._write_chunk(writers, pool, chunks, place, energies)
            energies.check()
        return tuple(artifact(path, name=name, kind="stem") for name, path in paths.items()), energies

    def _write_chunk(
        self, writers: dict[str, AudioWriter], pool: Executor, chunks: Chunks, place: int, energies: "Energies"
    ) -> None:
        """Append one chunk to every file; vocals and instrumental make the mixture in whole numbers of ``bits``."""
        mixture = chunks.mixture.read(*chunks.bounds(place))
        stems = {stem: chunks.read(stem, place) for stem in chunks.stems}
        energies.add(mixture, stems)
        parts: dict[str, Samples] = {str(stem): samples for stem, samples in stems.items()}
        parts[INSTRUMENTAL] = mixture - stems[Stem.VOCALS]
        if self.kind is not AudioFormat.WAV:
            parts[Stem.VOCALS], parts[INSTRUMENTAL] = split_whole(mixture, stems[Stem.VOCALS], self.bits)
        list(pool.map(lambda name: writers[name].write(parts[name]), parts))


@dataclass
class Energies:
    """What the stems hold, added up chunk by chunk in double precision."""

    adds_up: bool
    """Whether the stems together are meant to be the mixture."""
    samples: int = 0
    mixture: float = 0.0
    residual: float = 0.0
    stems: dict[Stem, float] = field(default_factory=dict)

    def add(self, mixture: Waveform, stems: dict[Stem, Waveform]) -> None:
        """Add one chunk. Raises BadSeparation for what is no number."""
        self.samples += mixture.shape[1]
        self.mixture += _energy(mixture)
        for stem, samples in stems.items():
            if not np.isfinite(samples).all():
                raise BadSeparation(f"the stem {stem} holds what is no number")
            self.stems[stem] = self.stems.get(stem, 0.0) + _energy(samples)
        if self.adds_up:
            self.residual += _energy(sum(stems.values(), start=-mixture))

    def check(self) -> None:
        """Raise BadSeparation where a network's stems are all silent and the mixture is not."""
        if self.adds_up and all(db < SILENT_DB for db in self._against_mixture().values()):
            raise BadSeparation("every stem is silent, and the song is not")

    def facts(self) -> dict[str, str | float | bool]:
        """Give what is recorded of the result, in decibels against the mixture."""
        found: dict[str, str | float | bool] = {f"{stem}_db": db for stem, db in self._against_mixture().items()}
        if self.adds_up:
            found["residual_db"] = _db(self.residual, self.mixture)
        return found | {"mixture_db": _db(self.mixture / max(1, CHANNELS * self.samples), 1.0)}

    def warnings(self) -> tuple[Caution, ...]:
        """Say what a person should know before using the stems."""
        if self.adds_up and _db(self.residual, self.mixture) > HIGH_RESIDUAL_DB:
            return (Caution(code=CautionCode.HIGH_RESIDUAL, message=HIGH_RESIDUAL),)
        return ()

    def _against_mixture(self) -> dict[str, float]:
        return {str(stem): _db(energy, self.mixture) for stem, energy in self.stems.items()}


def _energy(samples: Waveform) -> float:
    flat = samples.ravel().astype(np.float64)
    return float(flat @ flat)


def _db(energy: float, reference: float) -> float:
    return round(10 * log10((energy + FLOOR) / (reference + FLOOR)), 1)
