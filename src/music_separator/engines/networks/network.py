"""What a separating network is to the rest: segments in, stems out. How it runs, and on what, is its own affair."""

from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from music_separator.engines.base import Stem

Segments = npt.NDArray[np.float32]
"""Shape (segments, channels, samples)."""
StemSegments = npt.NDArray[np.float32]
"""Shape (segments, stems, channels, samples)."""


class Precision(StrEnum):
    """Of a network's products. Always said: left to itself a library may take the lower one."""

    FLOAT32 = "f32"
    BFLOAT16 = "bf16"


class OutOfDeviceMemory(Exception):
    """The device has no room for so many segments at a time."""


class Network(Protocol):
    """A network, loaded. The same segment gives the same stems, whatever comes with it or before it."""

    batch: int
    """How many segments it likes at a time; may be lowered."""

    @property
    def stems(self) -> tuple[Stem, ...]:
        """What it gives, in order."""
        ...

    @property
    def segment_samples(self) -> int:
        """Samples it takes at a time; exactly so many."""
        ...

    def __call__(self, segments: Segments) -> StemSegments:
        """Give the stems of each segment. Raises OutOfDeviceMemory."""
        ...
