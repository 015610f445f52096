"""Writes shapes.json and reference.npz: what the ``demucs`` package itself makes of the small networks.

Needs PyTorch and demucs: ``python -m tests.engines.networks.make_reference``. The outputs are of its ``apply_model``
(shifts 0, overlap 0.25) on normalised sound, as its ``Separator`` calls it; every 97th sample is kept.
"""

import json
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from demucs.apply import apply_model
from demucs.htdemucs import HTDemucs

from tests.engines.networks.small_demucs import FOLDER, SHAPES, SMALL, music, weights

KEPT_EVERY = 97
SAMPLES = {"four": 190_000, "six": 66_150}
"""Several segments with a short last one; one and a bit."""


def reference_model(kind: str, seed: int = 0) -> HTDemucs:
    """Make the reference's own network with the seeded weights."""
    arguments: dict[str, Any] = dict(SMALL[kind])
    segment = arguments.pop("segment")
    model = HTDemucs(**arguments, segment=Fraction(segment["numerator"], segment["denominator"]))
    shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    tensors = weights(shapes, seed)
    model.load_state_dict({name: torch.from_numpy(tensor.astype(np.float32)) for name, tensor in tensors.items()})
    return model.eval()


def separated(model: HTDemucs, sound: np.ndarray) -> np.ndarray:
    """Separate as the reference does, shape (stems, 2, samples)."""
    mixture = torch.from_numpy(sound)
    mono = mixture.mean(0)
    mean, spread = mono.mean(), mono.std() + 1e-8
    with torch.inference_mode():
        stems = apply_model(model, ((mixture - mean) / spread)[None], shifts=0, overlap=0.25)[0]
    return (stems * spread + mean).numpy()


def main() -> None:
    """Write both files."""
    shapes, outputs = {}, {}
    for kind in SMALL:
        model = reference_model(kind)
        shapes[kind] = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
        outputs[kind] = separated(model, music(SAMPLES[kind]))[..., ::KEPT_EVERY]
    SHAPES.write_text(json.dumps(shapes, indent=0) + "\n", encoding="utf-8")
    np.savez_compressed(FOLDER / "reference.npz", **outputs)


if __name__ == "__main__":
    main()
