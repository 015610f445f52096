"""Runs a network by OpenVINO on the processor: no PyTorch, one segment at a time.

A compiled network is kept on the disk under everything it depends on: only the first run on a machine builds it.
"""

import contextlib
import hashlib
import logging
import mmap
import os
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from music_separator.domain.errors import BadCheckpoint
from music_separator.engines.base import Stem
from music_separator.engines.networks import htdemucs
from music_separator.engines.networks.architecture import Architecture
from music_separator.engines.networks.checkpoint import Checkpoint, Tensor, open_checkpoint
from music_separator.engines.networks.network import Precision, Segments, StemSegments
from music_separator.engines.networks.runtime import load_openvino, load_operations
from music_separator.engines.networks.spectrogram import BINS, segment_of, spectra_of

_log = logging.getLogger(__name__)

GRAPH_VERSION = 3
"""Raised when ``htdemucs.build`` gives another graph of the same checkpoint."""
TINY = 1e-5


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How a network is run. ``cache_dir`` None keeps no compiled network."""

    threads: int
    precision: Precision = Precision.FLOAT32
    cache_dir: Path | None = None


class OpenVinoNetwork:
    """A Hybrid Transformer Demucs, compiled for this processor."""

    batch = 1

    def __init__(self, path: Path, sha256: str, settings: RunSettings) -> None:
        """Load the checkpoint at ``path``. Raises BadCheckpoint, ImportError where OpenVINO is not installed."""
        core = load_openvino().Core()
        with open_checkpoint(path) as checkpoint:
            self._of: Architecture = checkpoint.architecture
            compiled, self._kept = _compiled(core, checkpoint, sha256, settings)
        self._request = compiled.create_infer_request()
        self._threads = ThreadPoolExecutor(max_workers=settings.threads, thread_name_prefix="spectra")

    @property
    def stems(self) -> tuple[Stem, ...]:
        """What it gives, in order."""
        return self._of.stems

    @property
    def segment_samples(self) -> int:
        """Samples it takes at a time."""
        return self._of.segment_samples

    def __call__(self, segments: Segments) -> StemSegments:
        """Give the stems of each segment, shape (segments, stems, 2, samples)."""
        return np.stack([self._one(segment) for segment in segments])

    def _one(self, segment: Tensor) -> Tensor:
        stems, samples = len(self._of.stems), self._of.segment_samples
        spectra = np.concatenate(list(self._threads.map(spectra_of, np.split(segment, len(segment)))))
        of_spectra, of_samples = _Scale.of(spectra), _Scale.of(segment)
        found = self._request.infer(
            {0: of_spectra.normalise(spectra)[None], 1: of_samples.normalise(segment)[None]},
            share_inputs=True,
            share_outputs=True,
        )
        # (1, stems * 4, BINS, frames): real and imaginary of each channel of each stem
        by_channel = np.split(found[0].reshape(stems * 2, 2, BINS, -1), stems * 2)
        waves = self._threads.map(lambda part: segment_of(of_spectra.restore(part[0]), samples), by_channel)
        return np.concatenate(list(waves)).reshape(stems, 2, samples) + of_samples.restore(found[1][0]).reshape(
            stems, 2, samples
        )


@dataclass(frozen=True)
class _Scale:
    """Mean and spread of a segment, taken in double precision: rounding here would be heard everywhere."""

    mean: np.float32
    spread: np.float64

    @classmethod
    def of(cls, values: Tensor) -> "_Scale":
        return cls(np.float32(values.mean(dtype=np.float64)), values.std(dtype=np.float64, ddof=1))

    def normalise(self, values: Tensor) -> Tensor:
        return (values - self.mean) * np.float32(1 / (TINY + self.spread))

    def restore(self, values: Tensor) -> Tensor:
        return values * np.float32(self.spread) + self.mean


def _compiled(core: Any, checkpoint: Checkpoint, sha256: str, settings: RunSettings) -> tuple[Any, mmap.mmap | None]:
    """Take the compiled network from the disk, or build, compile and keep it; also the file that it reads from."""
    properties = {
        "INFERENCE_PRECISION_HINT": settings.precision.value,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": settings.threads,
    }
    if settings.cache_dir is None:
        return core.compile_model(_built(checkpoint), "CPU", properties), None
    key = _key(core, sha256, settings)
    for place in settings.cache_dir.glob(f"{key}.*.blob"):
        with contextlib.suppress(RuntimeError, ValueError, OSError):  # of another build of the library; empty
            content = _mapped(place)
            # The library takes a blob whose weights were damaged, and computes with them.
            if place.name == _blob_name(key, content):
                blob = load_openvino().Tensor(np.frombuffer(content, np.uint8), shared_memory=True)
                compiled = core.import_model(blob, "CPU", properties)
                _give_back(content)
                return compiled, content
        with contextlib.suppress(OSError):
            place.unlink()
    compiled = core.compile_model(_built(checkpoint), "CPU", properties)
    _keep(compiled.export_model().getvalue(), settings.cache_dir, key)
    return compiled, None


def _mapped(path: Path) -> mmap.mmap:
    """Map a file into memory. Raises ValueError where it is empty, OSError."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # the library wants memory that can be written


def _give_back(content: mmap.mmap) -> None:
    """Let go of what was read of a file: the network has its own copy of most, and what it misses is read again."""
    if hasattr(mmap, "MADV_DONTNEED"):
        content.madvise(mmap.MADV_DONTNEED)


def _keep(content: bytes, folder: Path, key: str) -> None:
    """Write a compiled network to the disk; where that cannot be done, the next start takes its time."""
    partial = folder / f"{key}.{os.getpid()}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(folder / _blob_name(key, content))
    except OSError as error:
        _log.warning("The compiled network is not kept: %s", error, extra={"action": "blob_not_kept"})
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _blob_name(key: str, content: bytes | mmap.mmap) -> str:
    return f"{key}.{hashlib.sha256(content).hexdigest()[:32]}.blob"


def _built(checkpoint: Checkpoint) -> Any:
    """Build the graph; every tensor of the file must have its place in it."""
    asked: set[str] = set()

    def tensor(name: str, shape: tuple[int, ...]) -> Tensor:
        asked.add(name)
        return checkpoint(name, shape)

    outputs, inputs = htdemucs.build(load_operations(), tensor, checkpoint.architecture)
    unused = sorted(checkpoint.names() - asked)
    if unused:
        raise BadCheckpoint(checkpoint.path.name, f"it has tensors of another network, such as {unused[0]}")
    return load_openvino().Model(outputs, inputs, "htdemucs")


def _key(core: Any, sha256: str, settings: RunSettings) -> str:
    """Give a name for everything that a compiled network depends on."""
    facts = (
        sha256,
        GRAPH_VERSION,
        load_openvino().get_version(),
        settings.precision.value,
        platform.machine(),
        core.get_property("CPU", "FULL_DEVICE_NAME"),
        sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
