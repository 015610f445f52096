"""NVIDIA cards for CTranslate2: whether it sees one, and NVIDIA's libraries out of Python packages.

Its wheels bring no cuBLAS; it opens that by name when it first computes, and finds only what is installed system-wide
or already loaded (SYSTRAN/faster-whisper, README, "GPU"). The package nvidia-cublas-cu12, which PyTorch for CUDA 12
brings as well, is loaded here from where pip has put it.
"""

import contextlib
import ctypes
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from music_separator.engines.graphics import nvidia_devices

MIB = 1 << 20
_PACKAGE = "nvidia.cublas"


def sees_card() -> bool:
    """Whether CTranslate2 sees a card. Imports it."""
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())


@cache
def card_bytes() -> int:
    """Give the memory of the largest NVIDIA card, 0 without one. The driver's tool is asked once."""
    return max((device.memory_total_mib * MIB for device in nvidia_devices()), default=0)


def has_libraries() -> bool:
    """Whether cuBLAS for CUDA 12 lies in a Python package. Nothing is imported."""
    return bool(cuda_libraries())


def free_card_bytes() -> int | None:
    """Give the free memory of the first card, now; None where the driver's tool lists none."""
    devices = nvidia_devices()
    return (devices[0].memory_total_mib - devices[0].memory_used_mib) * MIB if devices else None


def cuda_libraries() -> list[Path]:
    """Find cuBLAS for CUDA 12 in its Python package, and first what it needs."""
    pattern = "bin/cublas*64_12.dll" if sys.platform == "win32" else "lib/libcublas*.so.12"
    found = [path for folder in _places() for path in sorted(folder.glob(pattern))]
    return sorted(found, key=lambda path: "Lt" not in path.name)


def load_libraries() -> None:
    """Load them so that CTranslate2 finds them; what cannot be loaded is left to its own search."""
    for path in cuda_libraries():
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(path), mode=os.RTLD_GLOBAL if hasattr(os, "RTLD_GLOBAL") else ctypes.DEFAULT_MODE)


def _places() -> list[Path]:
    try:
        spec = find_spec(_PACKAGE)
    except ModuleNotFoundError:
        return []
    return [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
