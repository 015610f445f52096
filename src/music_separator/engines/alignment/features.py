"""Mel power to the features of the acoustic model: liftered cepstra and two kinds of differences over time."""

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.mel import BANDS
from music_separator.engines.alignment.sphinx_files import CEPSTRA

Floats = npt.NDArray[np.float32]

_LIFTER = 22


def cepstra(mel: Floats) -> Floats:
    """Give cepstra, shape (frames, 13): the cosine transform of the logarithms, liftered (feat.params of the model)."""
    order = np.arange(CEPSTRA)[:, None]
    transform = np.cos(np.pi * order * (np.arange(BANDS) + 0.5) / BANDS) * np.sqrt(2 / BANDS)
    transform[0] *= np.sqrt(0.5)
    lifter = 1 + _LIFTER / 2 * np.sin(np.arange(CEPSTRA) * np.pi / _LIFTER)
    return np.asarray(np.log(mel) @ (transform.T * lifter).astype(np.float32), np.float32)


def model_streams(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Give cepstra, their differences over 40 ms and the differences of those (``1s_c_d_dd`` of Sphinx)."""
    padded = np.pad(values, ((3, 3), (0, 0)), "edge")
    count = len(values)

    def at(shift: int) -> Floats:
        return padded[3 + shift : 3 + shift + count]

    return values, at(2) - at(-2), (at(3) - at(-1)) - (at(1) - at(-3))


def without_noise(mels: list[Floats]) -> list[Floats]:
    """Hold back what stays the same and what only rings on, in several songs' worth of mel power at once.

    Asymmetric noise suppression with temporal masking (Kim and Stern, "Power-Normalized Cepstral Coefficients", 2016):
    follow the floor of each band, subtract it, mask what merely decays; the gains are smoothed over bands. All inputs
    have the same shape (frames, bands).
    """
    stacked = np.stack(mels, axis=1)  # (frames, renderings, bands)
    gains = _noise_gains(stacked)
    kernel = np.ones(_SMOOTHED_BANDS)
    spread = np.array([np.convolve(row, kernel, "same") for row in np.eye(BANDS)]).T
    spread /= spread.sum(axis=1, keepdims=True)
    smooth = stacked * (gains @ spread.T.astype(np.float32))
    return [np.ascontiguousarray(smooth[:, index]) for index in range(len(mels))]


_SMOOTHED_BANDS = 9
_MEMORY, _RISE, _FALL = 0.7, 0.995, 0.5
_MASK_DECAY, _MASKED = 0.85, 0.2
_LEAST_GAIN, _MOST_GAIN = 0.05, 20.0


def _noise_gains(power: Floats) -> Floats:
    """Give the gain of every band in every frame, same shape as ``power``. The letters are those of the paper."""
    gains = np.empty_like(power)
    level, floor = power[0].copy(), power[0] / 20
    above, peak = floor.copy(), np.zeros_like(floor)
    for index, now in enumerate(power):
        level = _MEMORY * level + (1 - _MEMORY) * now
        floor = _towards(floor, level)
        rest = np.maximum(level - floor, 1.0)
        above = _towards(above, rest)
        held = _MASK_DECAY * peak
        kept = np.where(rest >= held, rest, _MASKED * peak)
        peak = np.maximum(held, rest)
        gains[index] = np.maximum(kept, above) / level
    return np.clip(gains, _LEAST_GAIN, _MOST_GAIN)


def _towards(floor: Floats, level: Floats) -> Floats:
    """Follow ``level`` slowly upwards, quickly downwards."""
    keep = np.where(level >= floor, np.float32(_RISE), np.float32(_FALL))
    return np.asarray(level + keep * (floor - level), np.float32)
