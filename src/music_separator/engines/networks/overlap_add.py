"""Puts the stems of overlapping segments together, for any network, in memory that does not grow with the song.

Segments begin one stride apart; each is weighted by a triangle, and a sample is the weighted mean of the segments it
lies in. This is what the published networks are applied with (demucs, ``apply_model``; MIT), edges included: the last
segment is moved so that it is filled from its left, and nothing but silence lies beyond the song.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
import numpy.typing as npt

from music_separator.audio.waveform import CHANNELS, Waveform
from music_separator.engines.base import Mixture
from music_separator.engines.networks.network import Network, StemSegments

TINY = 1e-8
"""Added to the spread of a song, which may be a single tone of zeros."""

Stems = npt.NDArray[np.float32]
"""Shape (stems, channels, samples)."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How segments overlap. ``share`` of a segment lies in the next one as well, 0 to under 1.

    ``lead_samples`` of silence come before the song, so that the segments fall elsewhere. ``drop_covered`` leaves out a
    last segment that adds nothing: the one before reaches the end already.
    """

    share: float = 0.25
    lead_samples: int = 0
    drop_covered: bool = False


class OverlapAdd:
    """The stems of one song by one network, range by range.

    A range depends on nothing but the song; ranges in order are cheapest, because the segments that reach into the next
    range are kept.
    """

    def __init__(self, network: Network, mixture: Mixture, overlap: Overlap) -> None:
        self._network, self._mixture, self._overlap = network, mixture, overlap
        self._kept: dict[int, Stems] = {}

    @property
    def stride(self) -> int:
        """Samples from one segment to the next."""
        return int((1 - self._overlap.share) * self._network.segment_samples)

    def read(self, start: int, stop: int) -> Stems:
        """Give the stems of samples ``start`` to ``stop``. Raises OutOfDeviceMemory."""
        first, last = self._segment_numbers(start, stop)
        self._kept = {number: stems for number, stems in self._kept.items() if number >= first}
        self._make(first, last)
        total = np.zeros((len(self._network.stems), CHANNELS, stop - start), np.float32)
        weight = np.zeros(stop - start, np.float32)
        for number in range(first, last):
            begin, end = self._bounds(number)
            low, high = max(begin, start), min(end, stop)
            here, there = slice(low - start, high - start), slice(low - begin, high - begin)
            total[..., here] += self._triangle[there] * self._kept[number][..., there]
            weight[here] += self._triangle[there]
        return np.asarray(total / weight * self._spread + np.float32(self._mixture.mean), np.float32)

    def _segment_numbers(self, start: int, stop: int) -> tuple[int, int]:
        """Give the first segment that reaches into a range, and the first after it that does not."""
        lead, size = self._overlap.lead_samples, self._network.segment_samples
        first = max(0, (start + lead - size) // self.stride + 1)
        return first, min(self._count, ceil((stop + lead) / self.stride))

    @cached_property
    def _count(self) -> int:
        """How many segments the song has."""
        length = self._mixture.samples + self._overlap.lead_samples
        count = ceil(length / self.stride)
        while (
            self._overlap.drop_covered
            and count > 1
            and (count - 2) * self.stride + self._network.segment_samples >= length
        ):
            count -= 1
        return count

    def _bounds(self, number: int) -> tuple[int, int]:
        """Give the samples of the song that a segment speaks for; the first may be negative."""
        begin = number * self.stride - self._overlap.lead_samples
        return begin, min(begin + self._network.segment_samples, self._mixture.samples)

    def _make(self, first: int, last: int) -> None:
        """Compute what is not kept, as many segments at a time as the network likes; the rest is for later ranges."""
        wanted = [number for number in range(first, last) if number not in self._kept]
        while wanted:
            batch = self._network.batch
            ahead = range(last, min(self._count, wanted[0] + batch))
            numbers = [*wanted[:batch], *ahead][:batch]
            found = self._network(np.stack([self._segment(number) for number in numbers]))
            for number, stems in zip(numbers, found, strict=True):
                self._kept[number] = self._spoken_for(number, stems)
            wanted = wanted[batch:]

    def _segment(self, number: int) -> Waveform:
        """Read what the network is given for a segment: as long as it likes, normalised; silence beyond the song."""
        begin, end = self._bounds(number)
        start = begin - (self._network.segment_samples - (end - begin)) // 2
        stop = start + self._network.segment_samples
        segment = (self._mixture.read(start, stop) - np.float32(self._mixture.mean)) / self._spread
        segment[:, : max(0, -start)] = 0
        segment[:, max(0, self._mixture.samples - start) :] = 0
        return np.asarray(segment, np.float32)

    def _spoken_for(self, number: int, stems: StemSegments) -> Stems:
        begin, end = self._bounds(number)
        skipped = (self._network.segment_samples - (end - begin)) // 2
        return np.asarray(stems[..., skipped : skipped + end - begin], np.float32)

    @cached_property
    def _spread(self) -> np.float32:
        return np.float32(self._mixture.std + TINY)

    @cached_property
    def _triangle(self) -> npt.NDArray[np.float32]:
        """Weights of a segment's samples: rising to 1 in the middle."""
        size = self._network.segment_samples
        rising = np.arange(1, size // 2 + 1)
        falling = np.arange(size - size // 2, 0, -1)
        return np.asarray(np.concatenate([rising, falling]) / falling[0], np.float32)
