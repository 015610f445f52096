"""Voice without weights: centre mask times the root of REPET-SIM. numpy only; memory independent of length.

A voice is mixed to the middle (same level and phase left and right), and it repeats less than the band does. The
background of a frame is the median of the frames most like it; what exceeds it is voice (Rafii and Pardo, "Music/Voice
Separation using the Similarity Matrix", 2012). Own formulation; the candidates for a frame lie in a window around that
frame, so its result is the same whatever chunk it is computed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.engines.base import Mixture, Stem

Spectrum = npt.NDArray[np.complex64]
Magnitude = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class CenterSettings:
    """Constants of the method; the defaults were chosen by benchmarks/center_quality.py."""

    frame: int = 4096
    """Samples of a frame, 93 ms."""
    hop: int = 1024
    context_frames: int = 1024
    """Frames around a frame among which similar ones are looked for: 24 s do better than 48 s or the whole song."""
    similar: int = 50
    """Frames the median is taken over."""
    gap: int = 8
    """Frames that two of them are apart at least: neighbours resemble each other without repeating."""
    width: float = 0.25
    """How far from perfect agreement of left and right the centre reaches, of 1."""
    low_hz: float = 110.0
    """Below this there is no voice; fades in to twice as much."""

    @property
    def bins(self) -> int:
        """Frequencies of a frame."""
        return self.frame // 2 + 1


class CenterEngine:
    """The engine ``center``. Mono songs have no middle: REPET-SIM alone decides there."""

    name = "center"
    version = "1"
    passes = ((Stem.VOCALS,),)
    adds_up = False
    notice: str | None = None
    chunk_samples = 8 * SAMPLE_RATE

    def __init__(self, settings: CenterSettings | None = None) -> None:
        self._settings = settings or CenterSettings()

    def load(self) -> None:
        """Do nothing: there is nothing to load."""

    def separate(self, mixture: Mixture, start: int, stop: int, stems: tuple[Stem, ...]) -> Mapping[Stem, Waveform]:
        """Give the vocals of samples ``start`` to ``stop``. Raises ValueError where the range is not in the song."""
        if not 0 <= start < stop <= mixture.samples:
            raise ValueError(f"samples {start} to {stop} are not within the song's {mixture.samples}")
        return {stem: _Chunk(mixture, start, stop, self._settings).vocals() for stem in stems}


class _Chunk:
    """One range of one song. Frame t of the song is centred at sample t * hop, whatever the chunk."""

    def __init__(self, mixture: Mixture, start: int, stop: int, settings: CenterSettings) -> None:
        self._mixture, self._start, self._stop, self._s = mixture, start, stop, settings
        half = settings.frame // 2
        self._frames_in_song = -(-mixture.samples // settings.hop) + 1
        # all frames that reach into the range
        self._first = max(0, (start - half) // settings.hop + 1)
        self._last = min(self._frames_in_song, -(-(stop + half) // settings.hop))

    def vocals(self) -> Waveform:
        """Compute the vocals, shape (2, stop - start)."""
        left, right = self._spectra(self._first, self._last)
        center = (left + right) / 2
        background = self._voice_mask()
        if self._mixture.mono:
            return np.repeat(self._overlap_add(center * background * self._band)[None], 2, axis=0)
        mask = center_mask(left, right, self._s.width) * np.sqrt(background) * self._band
        return np.repeat(self._overlap_add(center * mask)[None], 2, axis=0)

    def _voice_mask(self) -> Magnitude:
        """Give REPET-SIM's soft mask of this chunk's frames, shape (frames, bins)."""
        low, _ = self._window_of(self._first)
        _, high = self._window_of(self._last - 1)
        magnitude = self._mid_magnitude(low, high)
        profile = pooled(magnitude)
        mask = np.empty((self._last - self._first, self._s.bins), np.float32)
        for frame in range(self._first, self._last):
            begin, end = self._window_of(frame)
            likeness = profile[begin - low : end - low] @ profile[frame - low]
            chosen = most_similar(likeness, self._s.similar, self._s.gap)
            rows = np.take(magnitude, chosen + (begin - low), axis=0)
            mask[frame - self._first] = foreground(magnitude[frame - low], median(rows))
        return mask

    def _window_of(self, frame: int) -> tuple[int, int]:
        """Give the candidate frames of ``frame``: around it, slid inwards at the song's ends."""
        width = min(self._s.context_frames, self._frames_in_song)
        begin = min(max(0, frame - width // 2), self._frames_in_song - width)
        return begin, begin + width

    def _mid_magnitude(self, first: int, last: int) -> Magnitude:
        """Give |L + R| / 2, shape (frames, bins), a block at a time: the frames themselves would be large."""
        out = np.empty((last - first, self._s.bins), np.float32)
        for begin in range(first, last, _BLOCK_FRAMES):
            end = min(begin + _BLOCK_FRAMES, last)
            left, right = self._samples_of(begin, end)
            out[begin - first : end - first] = np.abs(self._transform((left + right) / 2))
        return out

    def _spectra(self, first: int, last: int) -> tuple[Spectrum, Spectrum]:
        left, right = self._samples_of(first, last)
        return self._transform(left), self._transform(right)

    def _samples_of(self, first: int, last: int) -> Waveform:
        half = self._s.frame // 2
        return self._mixture.read(first * self._s.hop - half, (last - 1) * self._s.hop + half)

    def _transform(self, samples: npt.NDArray[np.float32]) -> Spectrum:
        """Windowed spectra, shape (frames, bins), of one channel that begins at the first frame."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, self._s.frame)[:: self._s.hop]
        return np.asarray(np.fft.rfft(frames * self._window, axis=1), np.complex64)

    def _overlap_add(self, spectra: Spectrum) -> npt.NDArray[np.float32]:
        """Back to samples ``start`` to ``stop``: weighted overlap-add, divided by the sum of squared windows."""
        frames = np.fft.irfft(spectra, self._s.frame, axis=1) * self._window
        count, hop, size = frames.shape[0], self._s.hop, self._s.frame
        total = np.zeros((count - 1) * hop + size, np.float32)
        weight = np.zeros_like(total)
        for index in range(count):
            total[index * hop : index * hop + size] += frames[index]
            weight[index * hop : index * hop + size] += self._window**2
        begin = self._start - (self._first * hop - size // 2)
        here = slice(begin, begin + self._stop - self._start)
        return np.asarray(total[here] / np.maximum(weight[here], 1e-6), np.float32)

    @cached_property
    def _window(self) -> npt.NDArray[np.float32]:
        """Periodic Hann."""
        return np.hanning(self._s.frame + 1)[:-1].astype(np.float32, copy=False)

    @cached_property
    def _band(self) -> npt.NDArray[np.float32]:
        """Where a voice can be: 0 below low_hz, 1 from twice that."""
        hertz = np.arange(self._s.bins) * (SAMPLE_RATE / self._s.frame)
        return np.asarray(np.clip(hertz / self._s.low_hz - 1, 0, 1) ** 2, np.float32)


_BLOCK_FRAMES = 256

_TINY = 1e-8
_PROFILE_BANDS = 128


def center_mask(left: Spectrum, right: Spectrum, width: float) -> Magnitude:
    """Give 1 where left and right agree in level and phase, 0 where they differ by more than ``width``."""
    power = np.abs(left) ** 2 + np.abs(right) ** 2
    agreement = 2 * (left * right.conj()).real / (power + 1e-12)
    return np.asarray(np.clip((agreement - (1 - width)) / width, 0, 1) ** 2, np.float32)


def pooled(magnitude: Magnitude) -> Magnitude:
    """Give unit vectors that stand for the frames in comparisons, shape (frames, bands): bands of 16 bins."""
    frames, bins = magnitude.shape
    bands = magnitude[:, 1:].reshape(frames, _PROFILE_BANDS, (bins - 1) // _PROFILE_BANDS).sum(axis=2)
    return np.asarray(bands / (np.linalg.norm(bands, axis=1, keepdims=True) + 1e-12), np.float32)


def most_similar(likeness: npt.NDArray[np.float32], count: int, gap: int) -> npt.NDArray[np.intp]:
    """Give up to ``count`` indices of the largest values, each more than ``gap`` from the others."""
    pool = min(4 * count, likeness.size)
    best = np.argpartition(-likeness, pool - 1)[:pool]
    best = best[np.argsort(-likeness[best], kind="stable")]
    blocked = bytearray(likeness.size + 2 * gap)
    chosen: list[int] = []
    mark = b"\1" * (2 * gap + 1)
    for index in best.tolist():
        if not blocked[index + gap]:
            chosen.append(index)
            blocked[index : index + 2 * gap + 1] = mark
            if len(chosen) == count:
                break
    return np.array(chosen, np.intp)


def median(rows: Magnitude) -> npt.NDArray[np.float32]:
    """Give the median of each column. Sorting short contiguous rows takes a tenth of the time of ``np.median``."""
    ordered = np.sort(np.ascontiguousarray(rows.T), axis=1)
    count = ordered.shape[1]
    middle = ordered[:, (count - 1) // 2] + ordered[:, count // 2]
    return np.asarray(middle / 2, np.float32)


def foreground(magnitude: npt.NDArray[np.float32], background: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give the share (0..1, per bin) of what exceeds the repeating background, in power."""
    repeating = np.minimum(background, magnitude)
    rest = (magnitude - repeating) ** 2
    return np.asarray(rest / (rest + repeating**2 + _TINY), np.float32)
