"""What every separation engine looks like: a mixture to read from, chunks to work in, stems to give."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from music_separator.audio.pcm import PcmReader
from music_separator.audio.waveform import SAMPLE_RATE, Waveform


class Stem(StrEnum):
    """A separated part. The instrumental is no engine's: it is the mixture minus the vocals."""

    VOCALS = "vocals"
    DRUMS = "drums"
    BASS = "bass"
    OTHER = "other"
    GUITAR = "guitar"
    PIANO = "piano"


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """The song to be separated: its working file, and what decoding found out about all of it."""

    pcm: PcmReader
    mono: bool
    """Both channels are identical throughout."""
    mean: float
    """Of the mono mix."""
    std: float
    """Of the mono mix."""

    @property
    def samples(self) -> int:
        """Length."""
        return self.pcm.samples

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.pcm.samples / SAMPLE_RATE

    def read(self, start: int, stop: int) -> Waveform:
        """Give samples ``start`` to ``stop``, shape (2, stop - start); zeros outside the song."""
        return self.pcm.read(start, stop)


class SeparationEngine(Protocol):
    """Separates a mixture chunk by chunk.

    What ``separate`` gives depends only on the mixture and the range: never on chunks before it, on the size of other
    chunks or on this process. So a job killed between two chunks goes on in another process as if nothing had been.
    """

    @property
    def name(self) -> str:
        """The exact name under which it is chosen."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the output does: part of the digest under which results are stored."""
        ...

    @property
    def passes(self) -> tuple[tuple[Stem, ...], ...]:
        """The stems, in the groups in which they are made, each through the whole song; the vocals are in the first."""
        ...

    @property
    def adds_up(self) -> bool:
        """Whether all stems together are meant to be the mixture."""
        ...

    @property
    def chunk_samples(self) -> int:
        """Length of a chunk: the step of progress, of cancelling and of recovery. Known once it is loaded."""
        ...

    @property
    def notice(self) -> str | None:
        """What is to be told while it works, as a machine's word; None where all goes as planned."""
        ...

    def load(self) -> None:
        """Get ready to separate: heavy imports and weights. Harmless when repeated."""
        ...

    def separate(self, mixture: Mixture, start: int, stop: int, stems: tuple[Stem, ...]) -> Mapping[Stem, Waveform]:
        """Give the stems of one pass of samples ``start`` to ``stop``, shape (2, stop - start).

        Raises ValueError where the range is not inside the song.
        """
        ...
