"""Checkpoints of the true architectures with seeded random weights: the published ones are not distributed with this.

Every branch counts (scales of 0.1 to 0.5), so that a loss of precision anywhere shows. The shapes are those that the
graph asks for; tests/engines/networks holds them to the reference's.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tests.engines.networks.small_demucs import FOUR, KLASS, SIX, weights

from music_separator.engines.networks import htdemucs
from music_separator.engines.networks.architecture import architecture_of
from music_separator.engines.networks.runtime import load_operations

SEGMENT = {"_type": "fraction", "numerator": 39, "denominator": 5}
_COMMON: dict[str, Any] = {"depth": 4, "dconv_mode": 3, "t_layers": 5, "t_dropout": 0.02, "segment": SEGMENT}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "htdemucs": {"sources": FOUR, "bottom_channels": 512, **_COMMON},
    "htdemucs_6s": {"sources": SIX, "bottom_channels": 0, **_COMMON},
}
"""As the published networks were made (the defaults of their class are others)."""


def write_checkpoint(folder: Path, name: str, seed: int = 0) -> Path:
    """Write one into a folder, unless it is there."""
    path = folder / f"{name}-{seed}.safetensors"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        stated = {"klass": KLASS, "args": "[]", "kwargs": json.dumps(ARGUMENTS[name])}
        partial = path.with_suffix(".partial")
        save_file(weights(_shapes(name), seed), partial, metadata=stated)
        partial.replace(path)
    return path


def sha256_of(path: Path) -> str:
    """Give a file's digest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _shapes(name: str) -> dict[str, list[int]]:
    shapes: dict[str, list[int]] = {}

    def note(tensor: str, shape: tuple[int, ...]) -> np.ndarray:
        shapes[tensor] = list(shape)
        return np.zeros(shape, np.float32)

    htdemucs.build(load_operations(), note, architecture_of(ARGUMENTS[name]))
    return shapes
