"""Runs a network by PyTorch, through the ``demucs`` package's own class: on NVIDIA and Apple graphics cards.

Also on the processor where OpenVINO has no wheel; slower there. The checkpoint is read by our own reader: the class is
imported by no name in a file, and nothing is unpickled.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.domain.errors import BadCheckpoint
from music_separator.engines.base import Stem
from music_separator.engines.networks.architecture import UNDERSTOOD
from music_separator.engines.networks.checkpoint import Checkpoint, open_checkpoint
from music_separator.engines.networks.network import OutOfDeviceMemory, Precision, Segments, StemSegments

SEGMENT_BYTES = 1_500_000_000
"""What one segment takes on a card while it is computed, with room to spare (0.7 GB of activations in float32)."""
MAX_BATCH = 8
"""More does not make a card faster."""
SHARE_OF_FREE = 0.8


class TorchNetwork:
    """A Hybrid Transformer Demucs on a device of PyTorch: ``cuda``, ``mps`` or ``cpu``."""

    def __init__(self, path: Path, device: str, *, precision: Precision, threads: int) -> None:
        """Load the checkpoint at ``path``. Raises BadCheckpoint; ImportError without the extra ``torch``."""
        import torch

        self._torch, self._device = torch, device
        torch.set_num_threads(threads)
        with open_checkpoint(path) as checkpoint:
            self._of = checkpoint.architecture
            self._model = _model_of(checkpoint).to(device).eval()
        self._half = precision is not Precision.FLOAT32 and device != "cpu"
        self.batch = _batch_for(torch, device)

    @property
    def stems(self) -> tuple[Stem, ...]:
        """What it gives, in order."""
        return self._of.stems

    @property
    def segment_samples(self) -> int:
        """Samples it takes at a time."""
        return self._of.segment_samples

    def __call__(self, segments: Segments) -> StemSegments:
        """Give the stems of each segment, shape (segments, stems, 2, samples). Raises OutOfDeviceMemory."""
        torch = self._torch
        with _memory_errors(torch), torch.inference_mode(), _products(torch, self._device, half=self._half):
            found = self._model(torch.from_numpy(segments).to(self._device))
            return np.asarray(found.float().cpu().numpy(), np.float32)


def best_device() -> str | None:
    """Name the graphics card that PyTorch can use here, or None. Imports PyTorch; raises ImportError without it."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def _model_of(checkpoint: Checkpoint) -> Any:
    """Make the published class with the checkpoint's tensors, and of its arguments those that are understood here."""
    import torch
    from demucs.htdemucs import HTDemucs

    known = inspect.signature(HTDemucs).parameters
    arguments = {name: value for name, value in checkpoint.arguments.items() if name in known and name in UNDERSTOOD}
    arguments["segment"] = Fraction(checkpoint.architecture.segment_samples, SAMPLE_RATE)
    model = HTDemucs(**arguments)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    unknown = sorted(checkpoint.names() - shapes.keys())
    if unknown:
        raise BadCheckpoint(checkpoint.path.name, f"it has tensors of another network, such as {unknown[0]}")
    model.load_state_dict({name: torch.from_numpy(checkpoint(name, shape)) for name, shape in shapes.items()})
    return model


def _batch_for(torch: Any, device: str) -> int:
    """Count the segments that fit into the device's free memory."""
    if device == "cuda":
        free = torch.cuda.mem_get_info()[0]
    elif device == "mps":
        free = torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    else:
        return 1
    return max(1, min(MAX_BATCH, int(free * SHARE_OF_FREE) // SEGMENT_BYTES))


@contextmanager
def _memory_errors(torch: Any) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise OutOfDeviceMemory(str(error)) from error
    except RuntimeError as error:
        if "MPS backend out of memory" not in str(error):
            raise
        raise OutOfDeviceMemory(str(error)) from error


@contextmanager
def _products(torch: Any, device: str, *, half: bool) -> Iterator[None]:
    """Say how exact products are: float32 to the last bit, or half precision where it is safe (convolutions, matrices;
    sums and the spectra stay float32).
    """
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    try:
        with torch.autocast(device_type=device, dtype=torch.bfloat16, enabled=half):
            yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]
