"""Short songs made by the tests: a voice in the middle, a band at the sides, as 16-bit WAV."""

import wave
from pathlib import Path

import numpy as np

SAMPLE_RATE = 44_100
LRC = (
    "[ti:La la]\n[ar:Nobody]\n[00:00.50]<00:00.50>La <00:01.00>la <00:01.50>la<00:02.00>\n"
    "[00:02.00]<00:02.00>Lo <00:02.50>lo <00:03.00>lo<00:03.50>\n"
)
"""With nothing left to be looked for in the voice: most tests are about something else."""
LINE_LRC = "[ti:La la]\n[ar:Nobody]\n[00:00.50]La la la\n[00:02.00]Lo lo lo\n[00:03.50]\n"
"""The same with the times of the lines alone."""


def write_song(path: Path, *, seconds: float = 4.0, seed: int = 1) -> Path:
    """Write a stereo song; another seed is another song."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    voice = 0.3 * np.sin(2 * np.pi * (220 + 20 * seed + 30 * np.sin(3 * t)) * t) * (np.sin(2 * np.pi * t) > 0)
    left = voice + 0.2 * np.sin(2 * np.pi * 330 * t) + 0.01 * rng.standard_normal(t.size)
    right = voice + 0.2 * np.sin(2 * np.pi * 495 * t) + 0.01 * rng.standard_normal(t.size)
    samples = np.clip(np.stack([left, right], axis=1) * 32767, -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return path
