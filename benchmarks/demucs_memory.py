"""Peak memory of the worker that separates with a network: 1, 10 and (--long) 60 minutes, cold and with what it keeps.

The worker is run as the product runs it, in a process of its own, with random weights of the true architecture; what is
counted is the largest resident size of that process, from its start to its end. ``--stub`` replaces the network by one
that gives its input back, to see what the length of a song costs alone. Exits 1 where a bound is missed. Linux.

    python -m benchmarks.demucs_memory [--long] [--stub]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.center_memory import peak_mb, write_song
from benchmarks.demucs_checkpoint import write_checkpoint

from music_separator.engines.machine import usable_cores
from music_separator.pipeline.tasks import SeparationTask, to_message
from music_separator.pipeline.work import Desk

MOST_GROWTH_MB = 100
MOST_MB = {"cold": 1400, "cached": 1100}


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="60 minutes too (about 20 minutes of work, 15 GB of disk)")
    parser.add_argument("--stub", action="store_true", help="without the network's own work and memory")
    parser.add_argument("--song", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--checkpoint", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.song:
        be_worker(given.song, given.checkpoint, stub=given.stub)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint = write_checkpoint(Path(temporary), "htdemucs")
        peaks = {"cold": measure(1, checkpoint, stub=given.stub)}
        lengths = (1, 10, 60) if given.long else (1, 10)
        by_length = {minutes: measure(minutes, checkpoint, stub=given.stub) for minutes in lengths}
    peaks["cached"] = max(by_length.values())
    growth = by_length[lengths[-1]] - by_length[1]
    print(f"grows by {growth:.0f} MB from 1 to {lengths[-1]} minutes; allowed: {MOST_GROWTH_MB}")
    print(", ".join(f"{name} at most {peaks[name]:.0f} MB (must {MOST_MB[name]})" for name in peaks))
    return int(growth > MOST_GROWTH_MB or any(peaks[name] > MOST_MB[name] for name in peaks))


def measure(minutes: int, checkpoint: Path, *, stub: bool) -> float:
    """Give the peak resident memory, in MB, of a worker that separates so many minutes."""
    with tempfile.TemporaryDirectory() as folder:
        song = write_song(Path(folder) / "song.wav", minutes)
        command = ["-m", "benchmarks.demucs_memory", "--song", str(song), "--checkpoint", str(checkpoint)]
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command, *(["--stub"] if stub else [])])
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"the worker ended with {process.returncode}"
    peak = peak_mb(usage)
    print(f"{minutes:3} min: peak {peak:6.0f} MB, {took:6.1f} s, {minutes * 60 / took:5.1f}x real time", flush=True)
    return peak


class _Silent:
    """Reporter: nobody listens."""

    def report(self, report: dict[str, object], *, must_arrive: bool = False) -> None:
        """Drop it."""

    def check_cancelled(self) -> None:
        """Nobody cancels."""


def be_worker(song: Path, checkpoint: Path, *, stub: bool) -> None:
    """Do one separation, as a worker would."""
    if stub:
        import numpy as np

        from music_separator.engines.networks.openvino_network import OpenVinoNetwork

        OpenVinoNetwork.__call__ = lambda _, segments: np.repeat(segments[:, None], 4, axis=1)  # type: ignore[method-assign]
    work_dir = song.parent / "work"
    work_dir.mkdir()
    task = SeparationTask(
        work_dir=str(work_dir),
        source=str(song),
        engine="htdemucs",
        max_duration_s=2 * 3600.0,
        weights_dir=str(checkpoint.parent),
        own_checkpoint=str(checkpoint),
        device="cpu",
        threads=usable_cores(),
    )
    Desk().run_task(to_message(task), _Silent())


if __name__ == "__main__":
    sys.exit(main())
