"""A stem as speech recognition wants it: 16 kHz, mono, float32, in a working file that is read by sample range."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import soxr

from music_separator.audio.stream import blocks_of
from music_separator.audio.waveform import SAMPLE_RATE, Waveform

VOICE_RATE = 16_000
"""Hz."""
FRAME = 320
"""Samples of a level: 20 ms."""
SILENCE_DB = -120.0

Voice = npt.NDArray[np.float32]
"""Shape (samples,), -1..1."""
Levels = npt.NDArray[np.float32]
"""Shape (frames,): RMS of each 20 ms in dB of full scale."""

_DTYPE = np.dtype("<f4")


class VoiceWriter:
    """Writes blocks of a stem, shape (2, samples), 44.1 kHz, as voice."""

    def __init__(self, target: Path) -> None:
        self._file = target.open("wb")
        self._resampler = soxr.ResampleStream(SAMPLE_RATE, VOICE_RATE, 1, "float32", "HQ")

    def write(self, block: Waveform) -> None:
        """Take in the next block."""
        # (2, n) to (n,)
        self._append(self._resampler.resample_chunk(block.mean(axis=0)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        with self._file:
            if kind is None:
                self._append(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))

    def _append(self, samples: npt.NDArray[np.float32]) -> None:
        self._file.write(samples.astype(_DTYPE, copy=False).tobytes())


def write_voice(stem: Path, target: Path, on_second: Callable[[], None] = lambda: None) -> int:
    """Write a stem file as voice; gives the number of samples. ``target`` appears whole or not at all.

    ``on_second`` is called for about every second read, and ends the work by raising.
    """
    partial = target.with_name(target.name + ".partial")
    with VoiceWriter(partial) as writer:
        for block in blocks_of(stem):
            on_second()
            writer.write(block)
    partial.replace(target)
    return samples_of(target)


def samples_of(path: Path) -> int:
    """Give the length of a voice file."""
    return path.stat().st_size // _DTYPE.itemsize


def read_voice(path: Path, start: int, stop: int) -> Voice:
    """Give samples ``start`` to ``stop`` of a voice file; fewer at its end."""
    return np.fromfile(path, _DTYPE, stop - start, offset=start * _DTYPE.itemsize).astype(np.float32, copy=False)


def levels_of(path: Path) -> Levels:
    """Measure a voice file, a minute at a time; what is less than a frame at the end does not count."""
    frames = samples_of(path) // FRAME
    levels = np.empty(frames, np.float32)
    minute = 60 * VOICE_RATE // FRAME
    for begin in range(0, frames, minute):
        end = min(begin + minute, frames)
        power = np.square(read_voice(path, begin * FRAME, end * FRAME).reshape(-1, FRAME)).mean(axis=1)
        levels[begin:end] = np.maximum(10 * np.log10(np.maximum(power, 1e-30)), SILENCE_DB)
    return levels
