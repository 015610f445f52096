"""Peak memory of the whole command ``separate --model center`` on 1, 10 and (--long) 60 minutes of audio made here.

Counts the largest process of the command's tree: reading, separating and writing included. Exits 1 when the longest
needs more than 150 MB above the shortest. Linux and macOS.

    python -m benchmarks.center_memory [--long]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

MOST_GROWTH_MB = 150
SAMPLE_RATE = 44_100


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="60 minutes too (several minutes of work, 5 GB of disk)")
    lengths = (1, 10, 60) if parser.parse_args().long else (1, 10)
    peaks = [measure(minutes) for minutes in lengths]
    growth = peaks[-1] - peaks[0]
    print(f"grows by {growth:.0f} MB from {lengths[0]} to {lengths[-1]} minutes; allowed: {MOST_GROWTH_MB}")
    return int(growth > MOST_GROWTH_MB)


def measure(minutes: int) -> float:
    """Give the peak resident memory, in MB, of separating so many minutes."""
    with tempfile.TemporaryDirectory() as folder:
        song = write_song(Path(folder) / "song.wav", minutes)
        command = [sys.executable, "-m", "music_separator", "separate", str(song), "--model", "center", "-o", folder]
        began = time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"the command ended with {process.returncode}"
    peak = peak_mb(usage)
    print(f"{minutes:3} min: peak {peak:6.0f} MB, {took:6.1f} s, {minutes * 60 / took:5.1f}x real time", flush=True)
    return peak


def peak_mb(usage: resource.struct_rusage) -> float:
    """Give the largest resident size of a process and the children it waited for."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return usage.ru_maxrss * unit / 1e6


def write_song(path: Path, minutes: int) -> Path:
    """Write stereo noise with a tone in the middle, a second at a time."""
    random = np.random.default_rng(0)
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * t)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for _ in range(minutes * 60):
            samples = tone[:, None] + 0.1 * random.standard_normal((SAMPLE_RATE, 2))
            file.writeframes(np.clip(samples * 32767, -32768, 32767).astype("<i2").tobytes())
    return path


if __name__ == "__main__":
    sys.exit(main())
