"""Where somebody seems to sing, 0-1 per frame: how loud the vocal estimate is, by itself and within the mixture.

Both on the scale of the song's own loud passages. A hint, never a gate: it only leans the search a little.
"""

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.mel import band_hertz

Floats = npt.NDArray[np.float32]

_LOW_HZ, _HIGH_HZ = 200.0, 4000.0
_SMOOTH_FRAMES = 25
_LOUD_PERCENTILE = 90
_BELOW_LOUD_DB, _LEVEL_SLOPE_DB = 16.0, 2.5
_BELOW_SHARE_DB, _SHARE_SLOPE_DB = 10.0, 2.0
_LEAST_ACTIVE = 0.1


def vocal_activity(vocals: Floats, mixture: Floats) -> Floats:
    """Give activity, shape (frames,), from mel power of shape (frames, bands)."""
    hertz = band_hertz()
    voiced = (hertz >= _LOW_HZ) & (hertz <= _HIGH_HZ)
    # filters have equal areas; their widths turn the means back into power
    widths = np.gradient(hertz)[voiced]
    sung, all_sound = vocals[:, voiced] @ widths, mixture[:, voiced] @ widths
    level = smoothed(10 * np.log10(sung + 1e-7), _SMOOTH_FRAMES)
    share = smoothed(10 * np.log10((sung + 1e-7) / (all_sound + 1e-7)), _SMOOTH_FRAMES)
    loud = np.percentile(level, _LOUD_PERCENTILE) - _BELOW_LOUD_DB
    dominant = np.percentile(share, _LOUD_PERCENTILE) - _BELOW_SHARE_DB
    both = _sigmoid((level - loud) / _LEVEL_SLOPE_DB) * _sigmoid((share - dominant) / _SHARE_SLOPE_DB)
    return np.asarray(both, np.float32)


def active_frames(activity: Floats) -> npt.NDArray[np.bool_]:
    """Tell which frames to take statistics of the voice from; all, where hardly any seem active."""
    active = activity > 0.5
    return active if active.mean() > _LEAST_ACTIVE else np.ones(len(activity), bool)


def smoothed(values: Floats, frames: int) -> Floats:
    """Give a running mean under a Hann window, edges held."""
    kernel = np.hanning(frames + 2)[1:-1]
    padded = np.pad(values, (frames // 2, frames - 1 - frames // 2), "edge")
    return np.asarray(np.convolve(padded, kernel / kernel.sum(), "valid"), np.float32)


def _sigmoid(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.asarray(1 / (1 + np.exp(-values)))
