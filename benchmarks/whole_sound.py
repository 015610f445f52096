"""Runs an engine over a sound in memory, chunk by chunk, as the pipeline does over a file."""

import tempfile
from pathlib import Path

import numpy as np

from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.engines.base import Mixture, SeparationEngine, Stem


def separated(engine: SeparationEngine, sound: np.ndarray) -> dict[Stem, np.ndarray]:
    """Give every stem of a sound, float32 (2, samples); the engine is loaded."""
    mono = sound.mean(axis=0, dtype=np.float64)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mixture.f32"
        with PcmWriter(path) as writer:
            writer.write(sound)
        with PcmReader(path) as pcm:
            song = Mixture(
                pcm=pcm, mono=bool(np.array_equal(*sound)), mean=float(mono.mean()), std=float(mono.std(ddof=1))
            )
            edges = [
                (at, min(at + engine.chunk_samples, pcm.samples)) for at in range(0, pcm.samples, engine.chunk_samples)
            ]
            made: dict[Stem, np.ndarray] = {}
            for stems in engine.passes:
                chunks = [engine.separate(song, *edge, stems) for edge in edges]
                made |= {stem: np.concatenate([chunk[stem] for chunk in chunks], axis=1) for stem in stems}
            return made
