"""Writes small Demucs networks with seeded random weights: true architecture, a thousandth of the size, no PyTorch.

The names and shapes of the tensors are those of the ``demucs`` package's own class, written down by make_reference.py.
Every branch counts: the published initial scale of 1e-4 would hide what a branch does wrong.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

FOLDER = Path(__file__).parent
SHAPES = FOLDER / "shapes.json"
KLASS = "demucs.htdemucs.HTDemucs"
FOUR = ["drums", "bass", "other", "vocals"]
SIX = [*FOUR, "guitar", "piano"]

SMALL: dict[str, dict[str, Any]] = {
    "four": {
        "sources": FOUR,
        "channels": 16,
        "depth": 4,
        "dconv_mode": 3,
        "bottom_channels": 64,
        "t_layers": 5,
        "t_heads": 4,
        "t_dropout": 0.02,
        "segment": {"_type": "fraction", "numerator": 3, "denominator": 2},
        "samplerate": 44100,
    },
    "six": {
        "sources": SIX,
        "channels": 8,
        "depth": 4,
        "dconv_mode": 1,
        "t_layers": 2,
        "t_heads": 8,
        "segment": {"_type": "fraction", "numerator": 6, "denominator": 5},
        "samplerate": 44100,
    },
}
"""Arguments as a checkpoint states them: with residual branches in both halves and a wider transformer, and without."""


def weights(shapes: dict[str, list[int]], seed: int) -> dict[str, np.ndarray]:
    """Make float16 tensors, as the published files hold."""
    chance = np.random.RandomState(seed)  # its numbers are promised to stay the same
    return {name: _tensor(name, tuple(shape), chance).astype(np.float16) for name, shape in sorted(shapes.items())}


def _tensor(name: str, shape: tuple[int, ...], chance: np.random.RandomState) -> np.ndarray:
    if name.endswith(".scale"):
        return 0.1 + 0.4 * chance.random_sample(shape)
    if "norm" in name.rsplit(".", 2)[-2] or (len(shape) == 1 and name.endswith("weight")):
        return (1.0 if name.endswith("weight") else 0.0) + 0.1 * chance.standard_normal(shape)
    fan_in = np.prod(shape[1:]) if len(shape) > 1 else 100.0
    return chance.standard_normal(shape) / np.sqrt(fan_in)


def write_small_demucs(path: Path, kind: str = "four", *, seed: int = 0, **metadata: str) -> Path:
    """Write a checkpoint of a kind of ``SMALL``; ``metadata`` replaces what it states."""
    shapes = json.loads(SHAPES.read_text(encoding="utf-8"))[kind]
    stated = {"klass": KLASS, "args": "[]", "kwargs": json.dumps(SMALL[kind]), **metadata}
    save_file(weights(shapes, seed), path, metadata=stated)
    return path


def music(samples: int, seed: int = 0) -> np.ndarray:
    """Make stereo sound with tones, noise and a loud middle, float32 (2, samples)."""
    chance = np.random.RandomState(seed)
    t = np.arange(samples) / 44100
    tones = sum(np.sin(2 * np.pi * 55 * 2 ** (6 * chance.random_sample()) * t + k) for k in range(12)) / 12
    loud = 0.2 + np.sin(np.pi * np.arange(samples) / samples)
    noise = 0.05 * chance.standard_normal((2, samples))
    return (0.4 * loud * np.stack([tones, np.roll(tones, 441)]) + noise + 0.01).astype(np.float32)
