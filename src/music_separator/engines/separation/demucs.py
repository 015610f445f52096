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
PROCESSOR = "cpu_fallback"
"""The notice once the processor has taken over from a graphics card."""
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
        while (found := self._mean_of_shifts(self._use(member), mixture, start, stop)) is None:
            self._go_on_with_less(member)
        order = self._use(member).stems
        return {stem: found[order.index(stem)] for stem in stems}

    def _mean_of_shifts(self, network: Network, mixture: Mixture, start: int, stop: int) -> Stems | None:
        """Give the stems; None where the device's memory was too small for as many segments at a time."""
        streams = self._streams_over(network, mixture)
        try:
            total = streams[0].read(start, stop)
            for stream in streams[1:]:
                total += stream.read(start, stop)
        except OutOfDeviceMemory:
            return None
        return np.asarray(total / np.float32(len(streams)), np.float32)

    def _go_on_with_less(self, member: Member) -> None:
        """Take half as many segments at a time, or the processor where it is one already. Raises MemoryError."""
        network = self._use(member)
        if network.batch > 1:
            network.batch //= 2
            self.notice = "smaller_batch"
            return
        if self.notice == PROCESSOR:
            raise MemoryError
        del network
        self._loaded = self._streams = None  # first: two of them need not fit
        self._loaded = (member, member.open_on_processor())
        self.notice = PROCESSOR

    def _use(self, member: Member) -> Network:
        """Have the network of a member loaded, and no other one."""
        if self._loaded is None or self._loaded[0] is not member:
            self._loaded = self._streams = self.notice = None  # first: two of them need not fit
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
