"""Singing: spoken syllables taken apart into mouth shapes, held as long as the notes last, on the notes' pitches.

A frame of speech becomes its spectral envelope (what the mouth does) and how voiced it is; what sounds is a row of
harmonics on the melody, and noise where the speech had none. Times in seconds, pitches in MIDI numbers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from speech import SAMPLE_RATE, Speaker, Syllable

Floats = npt.NDArray[np.float64]

HOP = 110
"""Samples between two frames: 5 ms."""
WINDOW = 661
FFT = 1024
LONGEST_ONSET_S, LONGEST_CODA_S = 0.13, 0.12
GLIDE_S = 0.05
VIBRATO_HZ, VIBRATO_CENTS, VIBRATO_AFTER_S = 5.4, 22.0, 0.3
HIGHEST_HARMONIC_HZ = 9_000.0
_LIFTER = 56
"""Cepstral coefficients kept: detail down to 200 Hz, coarser than the harmonics of the speech."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A syllable to sing: its vowel begins at ``start_s``, its last consonant ends at ``end_s``."""

    phonemes: str
    pitch: float
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Sung:
    """When a syllable is heard, its first consonant included."""

    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class _Frames:
    """Mouth shapes: log magnitudes (frames, bins), voicing 0-1 (frames,), loudness 0-1 (frames,)."""

    envelope: Floats
    voicing: Floats
    loudness: Floats


def sing(notes: list[Note], *, duration_s: float, seed: int) -> tuple[Floats, list[Sung]]:
    """Sing the notes; gives mono samples at SAMPLE_RATE and when each syllable is heard."""
    speaker = Speaker()
    frames = int(duration_s * SAMPLE_RATE / HOP) + 1
    score = _Frames(
        envelope=np.full((frames, FFT // 2 + 1), -12.0), voicing=np.zeros(frames), loudness=np.zeros(frames)
    )
    sung = [_place(score, speaker.say(note.phonemes), note) for note in notes]
    pitch_hz = _pitch_curve(notes, frames)
    return _harmonics(score, pitch_hz) + _noise(score, seed), sung


def _place(score: _Frames, spoken: Syllable, note: Note) -> Sung:
    """Lay a syllable over its note: consonants as spoken, the vowel held."""
    shapes = _shapes(spoken.samples)
    onset_s = min((spoken.vowel - spoken.begin) / SAMPLE_RATE, LONGEST_ONSET_S)
    coda_s = min((spoken.end - spoken.coda) / SAMPLE_RATE, LONGEST_CODA_S)
    times = [note.start_s - onset_s, note.start_s, note.start_s + 0.06, note.end_s - coda_s - 0.05]
    held = spoken.vowel + np.array([0.0, 0.3, 0.75]) * (spoken.coda - spoken.vowel)
    places = [spoken.begin, *held, spoken.coda, spoken.end]
    times += [note.end_s - coda_s, note.end_s]
    first, last = (int(at * SAMPLE_RATE / HOP) for at in (times[0], times[-1]))
    now = np.arange(first, last)
    source = np.interp(now * HOP / SAMPLE_RATE, times, places) / HOP
    below = np.clip(source.astype(int), 0, len(shapes.voicing) - 2)
    share = np.clip(source - below, 0, 1)
    vowel = shapes.loudness[int(spoken.vowel / HOP) : int(spoken.coda / HOP) + 1].mean()
    edge = np.minimum(1.0, np.minimum(np.arange(len(now)) + 1, np.arange(len(now))[::-1] + 1) / 3)
    score.envelope[now] = shapes.envelope[below] * (1 - share[:, None]) + shapes.envelope[below + 1] * share[:, None]
    score.voicing[now] = shapes.voicing[below] * (1 - share) + shapes.voicing[below + 1] * share
    score.loudness[now] = edge / vowel
    return Sung(start_s=times[0], end_s=times[-1])


def _shapes(samples: npt.NDArray[np.float32]) -> _Frames:
    padded = np.pad(samples.astype(np.float64), WINDOW // 2)
    # (frames, window)
    cut = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    window = np.hanning(WINDOW)
    spectra = np.log(np.abs(np.fft.rfft(cut * window, FFT)) / window.sum() + 1e-5)
    envelope = _smooth(spectra)
    for _ in range(12):  # the true envelope (Roebel and Rodet 2005): lies on the harmonics, not between them
        envelope = _smooth(np.maximum(spectra, envelope))
    energy = np.sqrt((cut**2).mean(axis=1)) + 1e-6
    return _Frames(envelope=envelope, voicing=_voicing(cut), loudness=energy)


def _smooth(spectra: Floats) -> Floats:
    cepstra = np.fft.irfft(spectra, FFT)
    cepstra[:, _LIFTER : FFT - _LIFTER + 1] = 0
    return np.fft.rfft(cepstra, FFT).real


def _voicing(cut: Floats) -> Floats:
    """How much each frame repeats itself within a period of 80-400 Hz."""
    power = np.abs(np.fft.rfft(cut * np.hanning(WINDOW), 2 * FFT)) ** 2
    likeness = np.fft.irfft(power)[:, : WINDOW // 2]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(WINDOW), 2 * FFT)) ** 2)[: WINDOW // 2]
    normal = likeness / (likeness[:, :1] + 1e-9) / (window / window[0])
    best = normal[:, SAMPLE_RATE // 400 : SAMPLE_RATE // 80].max(axis=1)
    return np.clip((best - 0.45) / 0.35, 0, 1)


def _pitch_curve(notes: list[Note], frames: int) -> Floats:
    """Hz per frame: steps, rounded to glides, with vibrato on what is held."""
    now = np.arange(frames) * HOP / SAMPLE_RATE
    starts = np.array([note.start_s - GLIDE_S for note in notes])
    index = np.clip(np.searchsorted(starts, now, side="right") - 1, 0, len(notes) - 1)
    steps = np.array([note.pitch for note in notes])[index]
    bell = np.hanning(int(2 * GLIDE_S * SAMPLE_RATE / HOP) + 2)
    pitch = np.convolve(np.pad(steps, len(bell) // 2, mode="edge"), bell / bell.sum(), mode="same")
    pitch = pitch[len(bell) // 2 :][:frames]
    held = np.clip((now - starts[index] - VIBRATO_AFTER_S) / 0.3, 0, 1)
    pitch = pitch + held * VIBRATO_CENTS / 100 * np.sin(2 * np.pi * VIBRATO_HZ * now)
    return np.asarray(440 * 2 ** ((pitch - 69) / 12))


def _harmonics(score: _Frames, pitch_hz: Floats) -> Floats:
    frames = len(pitch_hz)
    at = np.arange(frames * HOP) / HOP
    phase = 2 * np.pi * np.cumsum(np.interp(at, np.arange(frames), pitch_hz)) / SAMPLE_RATE
    out = np.zeros(frames * HOP)
    rows = np.arange(frames)
    for number in range(1, int(HIGHEST_HARMONIC_HZ / pitch_hz.min()) + 1):
        place = number * pitch_hz * FFT / SAMPLE_RATE
        below = np.minimum(place.astype(int), FFT // 2 - 1)
        share = place - below
        level = score.envelope[rows, below] * (1 - share) + score.envelope[rows, below + 1] * share
        level = np.exp(level) * score.voicing * score.loudness * (number * pitch_hz < HIGHEST_HARMONIC_HZ)
        out += np.interp(at, rows, level) * np.sin(number * phase + number**2)  # spread phases: no peaks
    return out


def _noise(score: _Frames, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    frames, length = len(score.voicing), 4 * HOP
    grain = np.hanning(length + 1)[:-1] * 0.5  # four of them overlap; their sum is one
    out = np.zeros((frames + 8) * HOP + FFT)
    white = rng.standard_normal(len(out))
    # In a spectrum noise is sqrt(6 / WINDOW) as high as an equally strong harmonic; its envelope lies 4 dB above it.
    gain = np.sqrt(WINDOW / 16) * (1 - score.voicing) * score.loudness
    for frame in np.flatnonzero(gain > 1e-6):
        start = frame * HOP
        shaped = np.fft.irfft(np.fft.rfft(white[start : start + length] * grain, FFT) * np.exp(score.envelope[frame]))
        out[start : start + FFT] += gain[frame] * shaped
    return out[length // 2 :][: frames * HOP]
