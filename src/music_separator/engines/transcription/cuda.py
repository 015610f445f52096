"""NVIDIA cards for CTranslate2: whether it sees one, and NVIDIA's libraries out of Python packages.

Its wheels bring neither cuBLAS nor cuDNN; it opens them by name when it first computes, and finds only what is
installed system-wide or already loaded (SYSTRAN/faster-whisper, README, "GPU"). The packages nvidia-cublas-cu12 and
nvidia-cudnn-cu12, which PyTorch for CUDA 12 brings, are loaded here from where pip has put them.
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
_PACKAGES = ("nvidia.cublas", "nvidia.cudnn")


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
    return any(library.name.startswith(("libcublas.", "cublas64_12")) for library in cuda_libraries())


def free_card_bytes() -> int:
    """Give the free memory of the first card, now; 0 without one."""
    devices = nvidia_devices()
    return (devices[0].memory_total_mib - devices[0].memory_used_mib) * MIB if devices else 0


def cuda_libraries() -> list[Path]:
    """Find the libraries of CUDA 12 and cuDNN 9 in Python packages, those first that others need."""
    pattern = "bin/*_1*.dll" if sys.platform == "win32" else "lib/lib*.so.*"
    folders = [Path(place) for package in _PACKAGES for place in _places(package)]
    found = [path for folder in folders for path in sorted(folder.glob(pattern))]
    return sorted(found, key=lambda path: "cublas." in path.name)


def load_libraries() -> None:
    """Load them so that CTranslate2 finds them; what cannot be loaded is left to its own search."""
    for path in cuda_libraries():
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(path), mode=os.RTLD_GLOBAL if hasattr(os, "RTLD_GLOBAL") else ctypes.DEFAULT_MODE)


def _places(package: str) -> list[str]:
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:
        return []
    return [] if spec is None else list(spec.submodule_search_locations or ())
