"""The same song heard in several ways: as it is, its middle only, and the separated voice. Mel power of each.

Each rendering alone loses words to its own artefacts; averaged they do not (docs/adr/0009).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from music_separator.audio.waveform import CHANNELS, Waveform
from music_separator.audio.waveform import SAMPLE_RATE as SONG_RATE
from music_separator.engines.alignment.mel import BANDS, SAMPLE_RATE, MelStream

Floats = npt.NDArray[np.float32]

_LOUDEST = 0.9
_ROUNDING_POWER = 0.4
"""Mel power of the rounding of 16-bit samples: what silence has instead of nothing, whose logarithm would be a hole."""


class Rendering(StrEnum):
    """A way of hearing the song."""

    MIXTURE = "mixture"
    CENTRE = "centre"
    VOCALS = "vocals"


@dataclass(frozen=True, kw_only=True, eq=False)
class Rendered:
    """One rendering of a song. ``mel`` has shape (frames, bands), scaled as if the loudest sample were 0.9."""

    kind: Rendering
    mel: Floats
    peak: float
    """The loudest sample before scaling, of 1."""


def render_mixture(blocks: Iterable[Waveform], heard_s: Callable[[float], None]) -> tuple[Rendered, ...]:
    """Read the mixture once: as it is and, unless it is mono, its centre. ``heard_s`` is told the seconds read."""
    mixture, centre, middle = _Ear(Rendering.MIXTURE), _Ear(Rendering.CENTRE), CentreStream()
    wide = False
    read = 0
    for block in resampled(blocks):
        mixture.hear(block.mean(axis=0))
        centre.hear(middle.feed(block))
        wide = wide or not np.array_equal(block[0], block[1])
        read += block.shape[1]
        heard_s(read / SAMPLE_RATE)
    centre.hear(middle.flush())
    return (mixture.rendered(), centre.rendered()) if wide else (mixture.rendered(),)


def render_vocals(blocks: Iterable[Waveform], heard_s: Callable[[float], None]) -> Rendered:
    """Read the vocal stem once. ``heard_s`` is told the seconds read."""
    vocals = _Ear(Rendering.VOCALS)
    read = 0
    for block in resampled(blocks):
        vocals.hear(block.mean(axis=0))
        read += block.shape[1]
        heard_s(read / SAMPLE_RATE)
    return vocals.rendered()


def resampled(blocks: Iterable[Waveform]) -> Iterator[Waveform]:
    """Give blocks of shape (2, n) at 16 kHz for blocks at 44.1 kHz."""
    import soxr

    stream = soxr.ResampleStream(SONG_RATE, SAMPLE_RATE, CHANNELS, "float32", "HQ")
    for block in blocks:
        # soxr wants (samples, channels)
        yield np.asarray(stream.resample_chunk(np.ascontiguousarray(block.T)), np.float32).T
    yield np.asarray(stream.resample_chunk(np.zeros((0, CHANNELS), np.float32), last=True), np.float32).T


class _Ear:
    """Collects mel power and the loudest sample of one rendering."""

    def __init__(self, kind: Rendering) -> None:
        self._kind, self._stream = kind, MelStream()
        self._parts: list[Floats] = []
        self._peak = 0.0

    def hear(self, samples: Floats) -> None:
        if samples.size:
            self._peak = max(self._peak, float(np.abs(samples).max()))
            self._parts.append(self._stream.feed(samples))

    def rendered(self) -> Rendered:
        mel = np.concatenate(self._parts) if self._parts else np.zeros((0, BANDS), np.float32)
        gain = _LOUDEST / self._peak if self._peak else 1.0
        scaled = mel * np.float32(gain**2) + np.float32(_ROUNDING_POWER)
        return Rendered(kind=self._kind, mel=scaled, peak=self._peak)


class CentreStream:
    """What left and right have in common, as a stream: (2, n) in, mono out, 16 kHz, late by most of a frame."""

    FRAME = 1536
    """96 ms: fine enough in frequency to part a voice from instruments beside it."""
    HOP = FRAME // 4
    _LOW_HZ, _HIGH_HZ = 140.0, 7600.0

    def __init__(self) -> None:
        self._window = np.hanning(self.FRAME + 1)[:-1].astype(np.float32)
        # half a frame of silence before the song, so that its first samples lie under a whole sum of windows
        self._waiting = np.zeros((CHANNELS, self.FRAME - self.HOP), np.float32)
        self._tail = np.zeros(self.FRAME - self.HOP, np.float32)
        self._drop = self.FRAME - self.HOP
        hertz = np.arange(self.FRAME // 2 + 1) * (SAMPLE_RATE / self.FRAME)
        band = 1 / (1 + np.exp((self._LOW_HZ - hertz) / 20)) / (1 + np.exp((hertz - self._HIGH_HZ) / 200))
        # the windows, applied twice, add up to 1.5 at this hop
        self._band = (band / 1.5).astype(np.float32)

    def feed(self, samples: Waveform) -> Floats:
        """Give the samples of the centre that are complete."""
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        count = max(0, 1 + (self._waiting.shape[1] - self.FRAME) // self.HOP)
        if not count:
            return np.zeros(0, np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(self._waiting, self.FRAME, axis=1)[:, :: self.HOP][:, :count]
        left, right = np.fft.rfft(frames * self._window, axis=2)
        self._waiting = self._waiting[:, count * self.HOP :].copy()
        return self._overlapped(np.fft.irfft(self._middle(left, right), self.FRAME, axis=1) * self._window)

    def flush(self) -> Floats:
        """Give what is still held back."""
        return self.feed(np.zeros((CHANNELS, self.FRAME), np.float32))[: self.FRAME]

    def _middle(
        self, left: npt.NDArray[np.complex128], right: npt.NDArray[np.complex128]
    ) -> npt.NDArray[np.complex128]:
        """Give the mid spectrum where the sides agree: nothing where a quarter of the power is in the difference."""
        power = np.abs(left) ** 2 + np.abs(right) ** 2 + 1e-12
        difference = np.abs(left - right) ** 2 / power
        return np.asarray((left + right) / 2 * np.clip(1 - 2 * difference, 0, 1) * self._band, np.complex128)

    def _overlapped(self, frames: npt.NDArray[np.float64]) -> Floats:
        total = np.zeros(len(frames) * self.HOP + self.FRAME - self.HOP, np.float32)
        total[: self._tail.size] = self._tail
        for index, frame in enumerate(frames):
            total[index * self.HOP : index * self.HOP + self.FRAME] += frame
        done = len(frames) * self.HOP
        self._tail = total[done:].copy()
        dropped = min(self._drop, done)
        self._drop -= dropped
        return total[dropped:done]
