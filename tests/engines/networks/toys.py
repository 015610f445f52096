"""Networks that are a line of arithmetic: what they give depends on the sound and on its place in the segment."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from music_separator.engines.base import Stem
from music_separator.engines.networks.network import OutOfDeviceMemory, Segments, StemSegments

FOUR = (Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)


def toy_stems(segment: np.ndarray, count: int) -> np.ndarray:
    """Give (count, 2, samples) of one segment (2, samples), each stem made in another way."""
    place = np.linspace(-1, 1, segment.shape[-1], dtype=np.float32)
    ways: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda x: x * place,
        lambda x: np.roll(x, 3, axis=-1),
        lambda x: x * x - np.float32(0.5) * place,
        lambda x: np.abs(x) + np.float32(0.25),
        lambda x: x[::-1] * np.float32(0.5),
        lambda x: np.minimum(x, place),
    ]
    return np.stack([way(segment) for way in ways[:count]])


@dataclass
class Toy:
    """Network: makes stems as ``toy_stems`` does and remembers what it was asked.

    ``room`` is how many segments the device takes at a time, None for any number; ``asked`` has the segments of every
    call, ``alive`` counts those outputs that somebody still holds.
    """

    segment_samples: int = 101
    stems: tuple[Stem, ...] = FOUR
    batch: int = 1
    room: int | None = None
    asked: list[np.ndarray] = field(default_factory=list)
    alive: "weakref.WeakValueDictionary[int, np.ndarray]" = field(default_factory=weakref.WeakValueDictionary)

    def __call__(self, segments: Segments) -> StemSegments:
        if self.room is not None and len(segments) > self.room:
            raise OutOfDeviceMemory("the device is full")
        assert segments.dtype == np.float32
        assert segments.shape[1:] == (2, self.segment_samples)
        self.asked.append(segments.copy())
        found = np.stack([toy_stems(segment, len(self.stems)) for segment in segments])
        self.alive[len(self.asked)] = found
        return found

    @property
    def segments_asked(self) -> int:
        """How many segments were computed."""
        return sum(len(segments) for segments in self.asked)
