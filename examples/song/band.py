"""The accompaniment, all synthesised: bass, a soft pad, a music box to the right, shaker left and brush right.

Times in beats, pitches in MIDI numbers, sound as float64 (2, samples) at SAMPLE_RATE.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SAMPLE_RATE = 44_100
"""Hz."""
_BOX_PARTIALS = ((1.0, 1.0, 2.2), (2.0, 0.25, 3.5), (5.4, 0.12, 7.0))
"""Of a music box: ratio, level, decay per second."""


class Band:
    """Plays into one stereo buffer."""

    def __init__(self, *, beats: float, beats_a_minute: float, seed: int) -> None:
        self._beat_s = 60 / beats_a_minute
        self._rng = np.random.default_rng(seed)
        self.sound: Floats = np.zeros((2, int(beats * self._beat_s * SAMPLE_RATE)))

    def play(self, chords: list[tuple[int, ...]], *, beats_each: int) -> None:
        """Play chords one after the other; the first tone of each is its root."""
        for number, chord in enumerate(chords):
            start = number * beats_each
            self._pad(chord, start, beats_each)
            for beat in range(beats_each):
                if beat % 2 == 0:
                    self._bass(chord[0] - 12, start + beat)
                self._shaker(start + beat + 0.5)
                if (start + beat) % 2 == 1:
                    self._brush(start + beat)
            for eighth in range(2 * beats_each):
                self._box(chord[(0, 1, 2, 1)[eighth % 4]] + 12, start + eighth / 2)

    def _add(self, sound: Floats, beat: float, *, pan: float, level: float) -> None:
        """Add mono sound; ``pan`` is -1 (left) to 1, at equal power."""
        start = int(beat * self._beat_s * SAMPLE_RATE)
        kept = sound[: max(0, self.sound.shape[1] - start)]
        angle = (pan + 1) * np.pi / 4
        self.sound[:, start : start + len(kept)] += level * np.outer([np.cos(angle), np.sin(angle)], kept)

    def _times(self, seconds: float) -> Floats:
        return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE

    def _pad(self, chord: tuple[int, ...], beat: float, beats: float) -> None:
        lasts_s = beats * self._beat_s
        t = self._times(lasts_s + 0.5)
        shape = np.minimum(1, t / 0.25) * np.clip((lasts_s + 0.5 - t) / 0.5, 0, 1)
        for tone in chord:
            for pan, cents in ((-0.7, -5.0), (0.7, 5.0)):
                hz = _hz(tone + cents / 100)
                sound = sum(np.sin(2 * np.pi * n * hz * t + n * pan) / n**1.8 for n in range(1, 7))
                self._add(shape * sound, beat, pan=pan, level=0.035)

    def _bass(self, tone: int, beat: float) -> None:
        t = self._times(1.6 * self._beat_s)
        shape = np.minimum(1, t / 0.01) * np.exp(-2.2 * t) * np.clip((t[-1] - t) / 0.05, 0, 1)
        hz = _hz(tone)
        sound = np.sin(2 * np.pi * hz * t) + 0.45 * np.sin(4 * np.pi * hz * t) + 0.15 * np.sin(6 * np.pi * hz * t)
        self._add(shape * sound, beat, pan=-0.25, level=0.2)

    def _box(self, tone: int, beat: float) -> None:
        t = self._times(1.2)
        parts = (
            level * np.exp(-decay * t) * np.sin(2 * np.pi * ratio * _hz(tone) * t)
            for ratio, level, decay in _BOX_PARTIALS
        )
        fade = np.minimum(1, t / 0.003) * np.clip((1.2 - t) / 0.1, 0, 1)
        self._add(fade * sum(parts), beat, pan=0.55, level=0.055)

    def _shaker(self, beat: float) -> None:
        t = self._times(0.12)
        hiss = np.diff(self._rng.standard_normal(len(t) + 2), 2)  # twice differentiated: nothing low is left
        self._add(hiss * np.minimum(1, t / 0.02) * np.exp(-45 * t), beat, pan=-0.6, level=0.014)

    def _brush(self, beat: float) -> None:
        t = self._times(0.25)
        hiss = np.convolve(self._rng.standard_normal(len(t) + 7), np.hanning(8), mode="valid")
        self._add(hiss * np.minimum(1, t / 0.004) * np.exp(-22 * t), beat, pan=0.35, level=0.02)


def room(dry: Floats, *, level: float, seed: int) -> Floats:
    """Give the echo of mono sound in a small room, another one in each ear."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(0.9 * SAMPLE_RATE)) / SAMPLE_RATE
    tails = rng.standard_normal((2, len(t))) * np.exp(-6.5 * t) * np.minimum(1, t / 0.02)
    tails *= level / np.sqrt((tails**2).sum(axis=1, keepdims=True))
    size = 1 << (len(dry) + len(t)).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tails, size), size)
    return wet[:, : len(dry)]


def _hz(tone: float) -> float:
    return float(440 * 2 ** ((tone - 69) / 12))
