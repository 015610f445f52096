"""Mixtures over any samples, as the pipeline makes them of a decoded song."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.engines.base import Mixture


@contextmanager
def mixture_of(path: Path, sound: np.ndarray) -> Iterator[Mixture]:
    """Write a working file and open it."""
    with PcmWriter(path) as writer:
        writer.write(sound.astype(np.float32))
    middle = sound.mean(axis=0, dtype=np.float64)
    std = float(middle.std(ddof=1)) if middle.size > 1 else 0.0
    with PcmReader(path) as pcm:
        mono = bool(np.array_equal(sound[0], sound[1]))
        yield Mixture(pcm=pcm, mono=mono, mean=float(middle.mean()), std=std)
