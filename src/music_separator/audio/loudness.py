"""Statistics of a stereo stream, gathered while it passes: peak, power, mean and spread of the mono mix. float64."""

from math import sqrt

import numpy as np

from music_separator.audio.waveform import Waveform


class StreamStatistics:
    """Sums over all samples fed so far."""

    def __init__(self) -> None:
        self.samples = 0
        self.peak = 0.0
        self.mono = True
        self._power = 0.0
        self._mix_sum = 0.0
        self._mix_power = 0.0

    def feed(self, samples: Waveform) -> None:
        """Count ``samples``, shape (2, n)."""
        if not samples.shape[1]:
            return
        left, right = samples.astype(np.float64)
        mix = (left + right) / 2
        self.samples += samples.shape[1]
        self.peak = max(self.peak, float(np.abs(samples).max()))
        self.mono = self.mono and bool(np.array_equal(left, right))
        self._power += float(left @ left + right @ right)
        self._mix_sum += float(mix.sum())
        self._mix_power += float(mix @ mix)

    @property
    def rms(self) -> float:
        """Root mean square over both channels."""
        return sqrt(self._power / (2 * self.samples)) if self.samples else 0.0

    @property
    def mean(self) -> float:
        """Mean of the mono mix."""
        return self._mix_sum / self.samples if self.samples else 0.0

    @property
    def std(self) -> float:
        """Standard deviation of the mono mix, divisor samples - 1."""
        if self.samples < 2:
            return 0.0
        return sqrt(max(0.0, self._mix_power - self._mix_sum * self.mean) / (self.samples - 1))
