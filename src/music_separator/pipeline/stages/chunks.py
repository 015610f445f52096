"""The separated chunks of one song on the disk: what a run that was interrupted has done already."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.audio.waveform import Waveform
from music_separator.engines.base import Mixture, SeparationEngine, Stem


@dataclass(frozen=True)
class Chunk:
    """One chunk of one pass. ``number`` counts through all passes, ``place`` through the song."""

    number: int
    place: int
    stems: tuple[Stem, ...]


@dataclass(frozen=True)
class Chunks:
    """All chunks of a song, a file per stem and place. The engine is loaded."""

    folder: Path
    engine: SeparationEngine
    mixture: Mixture

    @property
    def places(self) -> int:
        """How many chunks a pass has; the last may be short."""
        return -(-self.mixture.samples // self.engine.chunk_samples)

    @property
    def count(self) -> int:
        """How many chunks there are to make in all passes."""
        return self.places * len(self.engine.passes)

    @property
    def stems(self) -> tuple[Stem, ...]:
        """Every stem that is made."""
        return tuple(stem for stems in self.engine.passes for stem in stems)

    def missing(self) -> list[Chunk]:
        """List the chunks whose files are not all there. Finished ones are not passed through one by one: then the
        first report of a resumed run is about the chunk that an earlier worker may have died at.
        """
        return [
            chunk for chunk in self._all() if not all(self._path(stem, chunk.place).exists() for stem in chunk.stems)
        ]

    def make(self, chunk: Chunk) -> None:
        """Separate one chunk."""
        self.folder.mkdir(exist_ok=True)
        start, stop = self.bounds(chunk.place)
        for stem, samples in self.engine.separate(self.mixture, start, stop, chunk.stems).items():
            path = self._path(stem, chunk.place)
            partial = path.with_suffix(".partial")
            with PcmWriter(partial) as writer:
                writer.write(samples)
            partial.replace(path)

    def bounds(self, place: int) -> tuple[int, int]:
        """Give the first sample of a chunk and the first after it."""
        start = place * self.engine.chunk_samples
        return start, min(start + self.engine.chunk_samples, self.mixture.samples)

    def read(self, stem: Stem, place: int) -> Waveform:
        """Read one chunk of one stem back, shape (2, n)."""
        with PcmReader(self._path(stem, place)) as pcm:
            return pcm.read(0, pcm.samples)

    def _all(self) -> Iterator[Chunk]:
        for turn, stems in enumerate(self.engine.passes):
            for place in range(self.places):
                yield Chunk(turn * self.places + place, place, stems)

    def _path(self, stem: Stem, place: int) -> Path:
        return self.folder / f"{stem}.{place:05}.f32"
