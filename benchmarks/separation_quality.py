"""SDR and SI-SDR of separated stems against the true ones, beside those of the mixture itself.

FILE is a stem file (.stem.mp4: mixture, drums, bass, other, vocals; default: the excerpt in ../shared/data, which is
not distributed with the project). ``center`` is measured, and with ``--weights`` your own Demucs checkpoint.

    python -m benchmarks.separation_quality [FILE] [--weights CHECKPOINT] [--seconds 60]
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import av
import numpy as np
from benchmarks.demucs_checkpoint import sha256_of
from benchmarks.metrics import sdr, si_sdr
from benchmarks.whole_sound import separated

from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.base import SeparationEngine, Stem
from music_separator.engines.machine import usable_cores
from music_separator.engines.presets import SeparationChoice
from music_separator.engines.separation.center import CenterEngine
from music_separator.engines.separation_engines import Machine, make_demucs, own_checkpoint

EXCERPT = Path(__file__).parents[2] / "shared" / "data" / "other" / "The Easton Ellises - Falcon 69.stem.mp4"
STREAMS = (None, Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)
"""What the streams of a stem file hold; the first is the mixture."""


def main() -> None:
    """Print a line per engine and stem."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=EXCERPT)
    parser.add_argument("--weights", type=Path, help="a Demucs checkpoint (.safetensors)")
    parser.add_argument("--seconds", type=float, default=60.0, help="length at most")
    options = parser.parse_args()
    if not options.file.exists():
        raise SystemExit(f"There is no {options.file}. Give a stem file (.stem.mp4) of your own.")
    mixture, truth = read_stems(options.file, int(options.seconds * SAMPLE_RATE))
    print(f"{'engine':12}{'stem':10}{'SDR':>8}{'of mix':>8}{'SI-SDR':>8}{'of mix':>8}   dB")
    for engine in engines(options.weights):
        for stem, estimate in separated(engine, mixture).items():
            real = truth[stem]
            figures = (sdr(estimate, real), sdr(mixture, real), si_sdr(estimate, real), si_sdr(mixture, real))
            print(f"{engine.name:12}{stem:10}" + "".join(f"{figure:8.2f}" for figure in figures))


def engines(weights: Path | None) -> Iterator[SeparationEngine]:
    """Give the engines to measure, ready to work."""
    yield CenterEngine()
    if weights:
        file = own_checkpoint(weights, sha256_of(weights))
        engine = make_demucs(weights.stem, (file,), SeparationChoice(), Machine(device="cpu", threads=usable_cores()))
        engine.load()
        yield engine


def read_stems(path: Path, samples: int) -> tuple[np.ndarray, Mapping[Stem, np.ndarray]]:
    """Decode the mixture and the true stems, float32 (2, samples), ``samples`` long at most."""
    sounds = [read_stream(path, index, samples) for index in range(len(STREAMS))]
    return sounds[0], {stem: sound for stem, sound in zip(STREAMS, sounds, strict=True) if stem}


def read_stream(path: Path, index: int, samples: int) -> np.ndarray:
    """Decode one audio stream of several."""
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray() for frame in container.decode(container.streams.audio[index])]
    return np.concatenate(parts, axis=1)[:, :samples].astype(np.float32)


if __name__ == "__main__":
    main()
