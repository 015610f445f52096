"""Voices as sound alone: a tone where somebody sings, silence elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from music_separator.audio.encode import AudioFormat, open_writer
from music_separator.audio.waveform import SAMPLE_RATE


def write_stem(path: Path, sung: Sequence[tuple[float, float]], *, seconds: float, level: float = 0.3) -> Path:
    """Write a vocal stem that has voice from and to the given seconds."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    voice = level * np.sin(2 * np.pi * (220 + 30 * np.sin(3 * t)) * t)
    heard = np.zeros(t.size, bool)
    for start_s, stop_s in sung:
        heard |= (t >= start_s) & (t < stop_s)
    samples = np.where(heard, voice, 0).astype(np.float32)
    with open_writer(path, AudioFormat.FLAC, sample_rate=SAMPLE_RATE) as writer:
        writer.write(np.stack([samples, samples]))
    return path
