"""How soon separating with a network begins: first sound on the disk, the second job of a warm worker, a cold command.

Three figures, with random weights of the true architecture: seconds from progress 10 to the first finished chunk over
the seconds that one chunk takes (warm); seconds from a second job's start to its first event (a worker that is warm);
``music-separator separate`` on a clip of 30 s in a new process against the ``demucs`` command on the same clip, taking
turns. Needs PyTorch and demucs for the last. Exits 1 where a bound is missed. Linux.

    python -m benchmarks.demucs_start [--turns 3]
"""

import argparse
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.demucs_checkpoint import sha256_of, write_checkpoint
from tests.songs import write_song

from music_separator.config import Settings
from music_separator.engines.machine import usable_cores
from music_separator.pipeline.tasks import SeparationTask, to_message
from music_separator.worker_start import make_supervisor

MOST_CHUNKS, MOST_SECOND_S, LEAST_RATIO = 1.3, 0.2, 2.0
CLIP_S = 30.0

Told = list[tuple[float, dict[str, Any]]]


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        checkpoint = write_checkpoint(folder / "weights", "htdemucs")
        clip = write_song(folder / "clip.wav", seconds=CLIP_S)
        chunks, second_s = warm(folder, checkpoint, clip)
        ratio = cold(folder, checkpoint, clip, turns)
    print(f"first sound after {chunks:.2f} chunk times (must {MOST_CHUNKS})")
    print(f"first event of a second job after {1000 * second_s:.0f} ms (must {1000 * MOST_SECOND_S:.0f})")
    print(f"a cold command is {ratio:.2f} times as fast as demucs (must {LEAST_RATIO}, aim 2.5)")
    return int(chunks > MOST_CHUNKS or second_s > MOST_SECOND_S or ratio < LEAST_RATIO)


def warm(folder: Path, checkpoint: Path, clip: Path) -> tuple[float, float]:
    """Give the first two figures, of the third of three jobs of one worker."""
    supervisor = make_supervisor(Settings(data_dir=folder / "data"))
    try:
        for number in range(3):
            work_dir = folder / f"work-{number}"
            work_dir.mkdir()
            told: Told = []
            began = time.time()
            supervisor.run("song", _task(work_dir, checkpoint, clip), partial(_note, told))
    finally:
        supervisor.close()
    ten = next(at for at, said in told if said["progress"] >= 10)
    files = sorted((work_dir / "chunks-htdemucs").glob("vocals.*.f32"))
    written = [file.stat().st_mtime for file in files]
    chunk_s = statistics.median(after - before for before, after in itertools.pairwise(written))
    return (written[0] - ten) / chunk_s, told[0][0] - began


def cold(folder: Path, checkpoint: Path, clip: Path, turns: int) -> float:
    """Give the ratio of the medians of both commands, each in new processes, one after the other."""
    as_local_repo(folder / "repo", checkpoint)
    ours = ["-m", "music_separator", "separate", str(clip), "--weights", str(checkpoint), "-o", str(folder / "ours")]
    theirs = ["-m", "demucs", "--repo", str(folder / "repo"), "-n", "htdemucs", "-d", "cpu", "--flac"]
    commands = {"ours": ours, "demucs": [*theirs, "--shifts", "0", "-o", str(folder / "theirs"), str(clip)]}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(turns + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            if turn:  # the first is for caches
                times[name].append(time.perf_counter() - began)
    for name, seconds in times.items():
        print(f"{name:8} median {statistics.median(seconds):6.2f} s  {min(seconds):6.2f} .. {max(seconds):6.2f}")
    return statistics.median(times["demucs"]) / statistics.median(times["ours"])


def as_local_repo(folder: Path, checkpoint: Path) -> None:
    """Store the same weights as the demucs command takes them from a folder: a pickled package."""
    import torch
    from demucs.hf import load_safetensors_model

    folder.mkdir()
    model = load_safetensors_model(checkpoint).half()
    arguments, named = model._init_args_kwargs
    package = {"klass": type(model), "args": arguments, "kwargs": named, "state": model.state_dict()}
    torch.save(package, folder / "htdemucs.th")
    digest = sha256_of(folder / "htdemucs.th")[:8]
    (folder / "htdemucs.th").rename(folder / f"htdemucs-{digest}.th")


def _note(told: Told, said: dict[str, Any]) -> None:
    told.append((time.time(), said))


def _task(work_dir: Path, checkpoint: Path, clip: Path) -> dict[str, Any]:
    return to_message(
        SeparationTask(
            work_dir=str(work_dir),
            source=str(clip),
            engine="htdemucs",
            max_duration_s=3600.0,
            weights_dir=str(checkpoint.parent),
            own_checkpoint=str(checkpoint),
            device="cpu",
            threads=usable_cores(),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
