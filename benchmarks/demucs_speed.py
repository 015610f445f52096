"""Time of separating one piece, warm: presets exact and fast against ``apply_model`` of the demucs package.

Same random weights of the true architecture, same sound, taking turns in processes of their own, medians of the quieter
half. Also what share of the processor's fp32 peak the preset exact reaches: 310 GFLOP a segment (research of the
project: convolutions 123, products 102, attention 85) over the best of 20 products of 2688 x 512 by 512 x 2048.
Needs PyTorch and demucs beside the package. Linux.

    python -m benchmarks.demucs_speed [--seconds 30] [--turns 5] [--threads N]
"""

import argparse
import sys
import tempfile
import time
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np
from benchmarks.demucs_checkpoint import sha256_of, write_checkpoint
from benchmarks.turns import Answer, Contestant, race, serve
from benchmarks.whole_sound import separated
from tests.engines.networks.small_demucs import music

from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.base import SeparationEngine
from music_separator.engines.machine import usable_cores
from music_separator.engines.networks.runtime import load_openvino, load_operations
from music_separator.engines.presets import Preset, SeparationChoice
from music_separator.engines.registry import MODELS
from music_separator.engines.separation_engines import Machine, MemberFile, make_demucs

SEGMENT_GFLOP = 310.0
MUST_EXACT, MUST_FAST = 1.7, 3.0
RUNS = 20


def main() -> int:
    """Race, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--folder", type=Path, help="where the checkpoint lies and stays")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contestant:
        contend(given.contestant, given.folder, given.seconds, given.threads)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        write_checkpoint(folder, "htdemucs")
        contestants = [
            Contestant(name, ["-m", "benchmarks.demucs_speed", *_flags(name, folder, given.seconds, given.threads)])
            for name in ("reference", "exact", "fast", "peak")
        ]
        race(contestants, given.turns)
    return judge(*contestants, seconds=given.seconds)


def judge(reference: Contestant, exact: Contestant, fast: Contestant, peak: Contestant, *, seconds: float) -> int:
    """Print the ratios and the share of the peak; 1 where a bound is missed."""
    ratios = [reference.median() / preset.median() for preset in (exact, fast)]
    segments = exact.answers[0]["segments"]
    best = max(answer["gflops"] for answer in peak.answers)
    reached = segments * SEGMENT_GFLOP / min(exact.seconds())
    print(f"{seconds:.0f} s of sound, {segments} segments; exact is {ratios[0]:.2f} (must {MUST_EXACT}, aim 2.2) and")
    print(f"fast {ratios[1]:.2f} (must {MUST_FAST}, aim 4.5) times as fast as the reference")
    print(f"exact reaches {reached:.0f} of {best:.0f} GFLOP/s, {100 * reached / best:.0f} % (aim 90 %)")
    return int(ratios[0] < MUST_EXACT or ratios[1] < MUST_FAST)


def contend(name: str, folder: Path, seconds: float, threads: int) -> None:
    """Be one of those who take turns."""
    sound = music(int(seconds * SAMPLE_RATE))
    checkpoint = folder / "htdemucs-0.safetensors"
    match name:
        case "reference":
            serve(reference_work(checkpoint, sound, threads))
        case "peak":
            serve(partial(matrix_products, threads))
        case _:
            serve(our_work(checkpoint, sound, threads, Preset(name)))


def reference_work(checkpoint: Path, sound: np.ndarray, threads: int) -> "partial[Answer]":
    """Load the demucs package's own network."""
    import torch
    from demucs.apply import apply_model
    from demucs.hf import load_safetensors_model

    torch.set_num_threads(threads)
    model = load_safetensors_model(checkpoint).eval().float()
    mixture = torch.from_numpy(sound)
    mono = mixture.mean(0)
    normalised = ((mixture - mono.mean()) / mono.std())[None]

    def work() -> Answer:
        with torch.inference_mode():
            apply_model(model, normalised, shifts=0, overlap=0.25)
        return {}

    return partial(work)


def our_work(checkpoint: Path, sound: np.ndarray, threads: int, preset: Preset) -> "partial[Answer]":
    """Load the product's engine."""
    choice = SeparationChoice(preset=preset)
    file = MemberFile(path=checkpoint, sha256=sha256_of(checkpoint), stems=MODELS[0].stems)
    engine = make_demucs("htdemucs", (file,), choice, Machine(device="cpu", threads=threads))
    engine.load()
    return partial(separate, engine, sound)


def separate(engine: SeparationEngine, sound: np.ndarray) -> Answer:
    """Separate the sound; say in how many segments."""
    separated(engine, sound)
    return {"segments": ceil(sound.shape[1] / engine.chunk_samples)}


def matrix_products(threads: int) -> Answer:
    """Give the best rate of RUNS products on the same threads, in GFLOP/s."""
    openvino, op = load_openvino(), load_operations()
    left = op.parameter([2688, 512], np.float32)
    right = op.constant(np.ones((512, 2048), np.float32))
    model = openvino.Model([op.result(op.matmul(left, right, False, False))], [left], "product")
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
    }
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    values = np.ones((2688, 512), np.float32)
    best = 0.0
    for _ in range(RUNS):
        began = time.perf_counter()
        request.infer({0: values}, share_inputs=True, share_outputs=True)
        best = max(best, 2 * 2688 * 512 * 2048 / (time.perf_counter() - began) / 1e9)
    return {"gflops": best}


def _flags(name: str, folder: Path, seconds: float, threads: int) -> list[str]:
    return ["--contestant", name, "--folder", str(folder), "--seconds", str(seconds), "--threads", str(threads)]


if __name__ == "__main__":
    sys.exit(main())
