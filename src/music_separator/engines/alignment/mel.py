"""Sound to mel power, frame by frame, as a stream: 16 kHz mono in, 25 bands every 10 ms out (feat.params of the model).

Nothing of the sound is kept, so memory grows by 100 bytes a frame. Frame t begins at t / 100 s.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000
FRAMES_PER_S = 100
HOP = SAMPLE_RATE // FRAMES_PER_S
WINDOW = 410
BANDS = 25
_TRANSFORM = 512
_LOW_HZ, _HIGH_HZ = 130.0, 6800.0
_PRE_EMPHASIS = 0.97
_FULL_SCALE = 32768.0
"""The model was trained on 16-bit samples taken as numbers."""


class MelStream:
    """Takes mono samples of any number at a time, gives mel power of the frames that became complete."""

    def __init__(self) -> None:
        self._last = 0.0
        self._rest = np.zeros(0, np.float32)
        self._window = np.hamming(WINDOW).astype(np.float32)
        self._filters = mel_filters()

    def feed(self, samples: Floats) -> Floats:
        """Give mel power, shape (frames, bands), of the frames that ``samples`` (-1..1) complete."""
        if not samples.size:
            return np.zeros((0, BANDS), np.float32)
        scaled = samples * np.float32(_FULL_SCALE)
        shifted = np.concatenate([[np.float32(self._last)], scaled[:-1]])
        emphasised = scaled - np.float32(_PRE_EMPHASIS) * shifted
        self._last = float(scaled[-1])
        self._rest = np.concatenate([self._rest, emphasised])
        count = max(0, 1 + (len(self._rest) - WINDOW) // HOP)
        if not count:
            return np.zeros((0, BANDS), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(self._rest, WINDOW)[::HOP][:count] * self._window
        self._rest = self._rest[count * HOP :].copy()
        power = np.abs(np.fft.rfft(frames, _TRANSFORM, axis=1)) ** 2
        return np.asarray(power @ self._filters, np.float32)


def mel_filters() -> Floats:
    """Give the triangular filters, shape (bins, bands), edges rounded to bins and areas equal, as sphinxbase does."""
    bin_hz = SAMPLE_RATE / _TRANSFORM
    mels = np.linspace(_to_mel(_LOW_HZ), _to_mel(_HIGH_HZ), BANDS + 2)
    edges = np.round(700 * (10 ** (mels / 2595) - 1) / bin_hz) * bin_hz
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    hertz = np.arange(_TRANSFORM // 2 + 1)[:, None] * bin_hz
    slopes = np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle))
    return np.asarray(np.maximum(slopes, 0) * 2 / (high - low), np.float32)


def band_hertz() -> Floats:
    """Give the centre of each band in Hz."""
    mels = np.linspace(_to_mel(_LOW_HZ), _to_mel(_HIGH_HZ), BANDS + 2)[1:-1]
    return np.asarray(700 * (10 ** (mels / 2595) - 1), np.float32)


def _to_mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
