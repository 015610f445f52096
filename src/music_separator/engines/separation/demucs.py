"""Demucs v4 on any device: a network, or several one after another, streamed over the song.

Where a graphics card gives up for want of memory, the processor goes on from the same chunk; results do not change.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.engines.base import Mixture, Stem
from music_separator.engines.networks.network import Network, OutOfDeviceMemory
from music_separator.engines.networks.overlap_add import Overlap, OverlapAdd, Stems

MAX_SHIFT_SAMPLES = SAMPLE_RATE // 2
"""How far the song is shifted at most, half a second (demucs, ``apply_model``; MIT)."""
SHIFT_SEED = 20200911
"""So that shifts are random to the network and the same in every run."""


DEMUCS_VERSION = "1"
"""Raised whenever the stems of the same mixture and weights would be others."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One network and the stems it is used for; a model may be several. ``open`` loads it."""

    stems: tuple[Stem, ...]
    open: Callable[[], Network]
    open_on_processor: Callable[[], Network]


@dataclass(frozen=True, kw_only=True)
class Streaming:
    """How a network is led over a song. ``shifts`` 0 does it once, as it is; N averages N shifted passes."""

    overlap: float = 0.25
    shifts: int = 0
    drop_covered: bool = False


class DemucsEngine:
    """A Demucs model. ``name`` and ``version`` are what results are stored under."""

    def __init__(self, name: str, members: tuple[Member, ...], streaming: Streaming, *, adds_up: bool) -> None:
        self.name, self.version, self.adds_up = name, DEMUCS_VERSION, adds_up
        self._members, self._streaming = members, streaming
        self._loaded: tuple[Member, Network] | None = None
        self._streams: tuple[Mixture, list[OverlapAdd]] | None = None
        self.notice: str | None = None

    @property
    def passes(self) -> tuple[tuple[Stem, ...], ...]:
        """The stems, in the groups in which they are made, each through the whole song; the vocals first."""
        return tuple(member.stems for member in self._members)

    @property
    def chunk_samples(self) -> int:
        """One stride. Raises RuntimeError before ``load``."""
        if self._loaded is None:
            raise RuntimeError("the engine is not loaded")
        return int((1 - self._streaming.overlap) * self._loaded[1].segment_samples)

    def load(self) -> None:
        """Load the first member's network unless one is. Raises BadCheckpoint."""
        if self._loaded is None:
            self._use(self._members[0])

    def separate(self, mixture: Mixture, start: int, stop: int, stems: tuple[Stem, ...]) -> Mapping[Stem, Waveform]:
        """Give the stems of one pass, samples ``start`` to ``stop``. Raises ValueError for a range outside the song."""
        if not 0 <= start < stop <= mixture.samples:
            raise ValueError(f"samples {start} to {stop} are not within the song's {mixture.samples}")
        member = next(member for member in self._members if member.stems == stems)
        network = self._use(member)
        found = self._mean_of_shifts(member, network, mixture, start, stop)
        return {stem: found[network.stems.index(stem)] for stem in stems}

    def _mean_of_shifts(self, member: Member, network: Network, mixture: Mixture, start: int, stop: int) -> Stems:
        while True:
            try:
                streams = self._streams_over(network, mixture)
                total = streams[0].read(start, stop)
                for stream in streams[1:]:
                    total += stream.read(start, stop)
                return np.asarray(total / np.float32(len(streams)), np.float32)
            except OutOfDeviceMemory:
                network = self._with_less(member, network)

    def _with_less(self, member: Member, network: Network) -> Network:
        """Give what is to go on with after the device's memory was too small: half a batch, or the processor."""
        if network.batch > 1:
            network.batch //= 2
            self.notice = "smaller_batch"
            return network
        self.notice = "cpu_fallback"
        self._loaded = self._streams = None
        self._loaded = (member, member.open_on_processor())
        return self._loaded[1]

    def _use(self, member: Member) -> Network:
        """Have the network of a member loaded, and no other one."""
        if self._loaded is None or self._loaded[0] is not member:
            self._loaded = self._streams = None  # first: two of them need not fit
            self._loaded = (member, member.open())
        return self._loaded[1]

    def _streams_over(self, network: Network, mixture: Mixture) -> list[OverlapAdd]:
        if self._streams is None or self._streams[0] is not mixture:
            self._streams = (mixture, [OverlapAdd(network, mixture, overlap) for overlap in self._overlaps()])
        return self._streams[1]

    def _overlaps(self) -> list[Overlap]:
        """Give one way to lay the segments for each shift."""
        settings = self._streaming
        make = partial(Overlap, share=settings.overlap, drop_covered=settings.drop_covered)
        if not settings.shifts:
            return [make()]
        chance = random.Random(SHIFT_SEED)  # no secret depends on it
        return [
            make(lead_samples=MAX_SHIFT_SAMPLES - chance.randint(0, MAX_SHIFT_SAMPLES)) for _ in range(settings.shifts)
        ]
