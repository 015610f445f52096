"""Peak memory of a process that separates 1, 10 and (--long) 60 minutes with the engine ``center``.

Each length runs in its own process, on audio made by this file. Exits 1 when the longest needs more than 150 MB above
the shortest.

    python benchmarks/center_memory.py [--long]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from music_separator.audio.pcm import PcmReader, PcmWriter
from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.base import Mixture, Stem
from music_separator.engines.separation.center import CenterEngine

MOST_GROWTH_MB = 150


def main() -> None:
    """Measure, print, judge; with ``--minutes N`` be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="60 minutes too (about 4 minutes of work)")
    parser.add_argument("--minutes", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.minutes:
        separate(options.minutes)
        return
    peaks = [measure(minutes) for minutes in ((1, 10, 60) if options.long else (1, 10))]
    growth = peaks[-1] - peaks[0]
    print(f"grows by {growth:.0f} MB; allowed: {MOST_GROWTH_MB}")
    raise SystemExit(growth > MOST_GROWTH_MB)


def measure(minutes: int) -> float:
    """Give the peak resident memory, in MB, of a process that separates so many minutes."""
    began = time.perf_counter()
    script = Path(__file__).resolve()
    answer = subprocess.run(
        [sys.executable, str(script), "--minutes", str(minutes)], check=True, capture_output=True, text=True
    )
    took = time.perf_counter() - began
    peak = float(answer.stdout)
    print(f"{minutes:3} min: peak {peak:6.0f} MB, {took:6.1f} s, {minutes * 60 / took:5.1f}x real time", flush=True)
    return peak


def separate(minutes: int) -> None:
    """Make the audio, separate it to a working file, print the peak of this process in MB."""
    import resource  # POSIX only

    engine = CenterEngine()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "mixture.pcm", Path(folder) / "vocals.pcm"
        random = np.random.default_rng(0)
        with PcmWriter(source) as writer:
            for _ in range(minutes * 60):
                writer.write((random.standard_normal((2, SAMPLE_RATE)) * 0.1).astype(np.float32))
        with PcmReader(source) as pcm, PcmWriter(target) as writer:
            mixture = Mixture(pcm=pcm, mono=False, mean=0.0, std=0.1)
            for start in range(0, pcm.samples, engine.chunk_samples):
                stop = min(start + engine.chunk_samples, pcm.samples)
                writer.write(engine.separate(mixture, start, stop)[Stem.VOCALS])
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


if __name__ == "__main__":
    main()
