"""How exactly each supported network is computed: a whole piece against ``apply_model`` of the demucs package.

Random weights of the true architectures; shifts 0, overlap 0.25; signal to noise in dB over all stems, must be 100.
htdemucs_ft is a bag of four networks as the package applies it, each used for one stem. Needs PyTorch and demucs.

    python -m benchmarks.demucs_exactness [--seconds 20]
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from benchmarks.demucs_checkpoint import sha256_of, write_checkpoint
from benchmarks.whole_sound import separated
from demucs.apply import BagOfModels, apply_model
from demucs.hf import load_safetensors_model
from tests.engines.networks.small_demucs import music

from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.machine import usable_cores
from music_separator.engines.presets import SeparationChoice
from music_separator.engines.registry import model_of
from music_separator.engines.separation_engines import Machine, MemberFile, make_demucs

MUST_DB = 100.0
NETWORKS = {"htdemucs": ("htdemucs", 1), "htdemucs_6s": ("htdemucs_6s", 1), "htdemucs_ft": ("htdemucs", 4)}
"""Architecture and number of members."""


def main() -> int:
    """Print a line per network; 1 where one is not exact enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", default="", help="name of a network")
    given = parser.parse_args()
    sound, worst = music(int(given.seconds * SAMPLE_RATE)), np.inf
    with tempfile.TemporaryDirectory() as folder:
        for name, (architecture, members) in NETWORKS.items():
            if given.only in ("", name):
                files = [write_checkpoint(Path(folder), architecture, seed) for seed in range(members)]
                decibels = signal_to_noise_db(ours(name, files, sound), reference(files, sound))
                print(f"{name:14}{decibels:8.1f} dB over {given.seconds:.0f} s", flush=True)
                worst = min(worst, decibels)
    print(f"must be {MUST_DB:.0f} dB, aim 110 dB")
    return int(worst < MUST_DB)


def reference(files: list[Path], sound: np.ndarray) -> np.ndarray:
    """Separate as the package does, shape (stems, 2, samples)."""
    torch.set_num_threads(usable_cores())
    models = [load_safetensors_model(path).eval().float() for path in files]
    one_hot = [[float(stem == member) for stem in range(4)] for member in range(4)]
    model = models[0] if len(models) == 1 else BagOfModels(models, one_hot)
    mixture = torch.from_numpy(sound)
    mono = mixture.mean(0)
    mean, spread = mono.mean(), mono.std() + 1e-8
    with torch.inference_mode():
        stems = apply_model(model, ((mixture - mean) / spread)[None], shifts=0, overlap=0.25)[0]
    return (stems * spread + mean).numpy()


def ours(name: str, paths: list[Path], sound: np.ndarray) -> np.ndarray:
    """Separate as the product does, in the reference's order of stems."""
    model = model_of(name)
    files = tuple(
        MemberFile(path=path, sha256=sha256_of(path), stems=stems)
        for path, stems in zip(paths, model.members, strict=True)
    )
    engine = make_demucs(name, files, SeparationChoice(), Machine(device="cpu", threads=usable_cores()))
    engine.load()
    stems = separated(engine, sound)
    return np.stack([stems[stem] for stem in model.stems])


def signal_to_noise_db(found: np.ndarray, expected: np.ndarray) -> float:
    """Compare in decibels, in double precision."""
    error = found.astype(np.float64) - expected
    return float(10 * np.log10((expected.astype(np.float64) ** 2).sum() / (error**2).sum()))


if __name__ == "__main__":
    sys.exit(main())
