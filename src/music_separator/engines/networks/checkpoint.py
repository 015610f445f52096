"""Reads a checkpoint: a safetensors file with the network's class and arguments in its metadata.

Nothing in the file is run: no pickle is read, no class is imported by a name in it. The class is one of three known
names, of which one is built here.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from music_separator.domain.errors import BadCheckpoint
from music_separator.engines.networks.architecture import Architecture, UnknownArchitecture, architecture_of

HYBRID_TRANSFORMER = "demucs.htdemucs.HTDemucs"
OTHER_CLASSES = ("demucs.hdemucs.HDemucs", "demucs.demucs.Demucs")
"""Older networks of the same package, which are told by name."""
MAX_METADATA_BYTES = 1 << 16
MAX_QUOTED = 100
"""Characters of what another library says."""

KINDS = ("F16", "F32", "F64")
"""What the numbers of a network are stored as."""

Tensor = npt.NDArray[np.float32]


class Tensors(Protocol):
    """The weights of a network by name."""

    def __call__(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """Give a tensor as float32. Raises BadCheckpoint where it is not there in this shape."""
        ...


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """An open checkpoint. ``arguments`` are as the file states them."""

    path: Path
    architecture: Architecture
    arguments: Mapping[str, Any]
    _file: Any

    def names(self) -> frozenset[str]:
        """Give the names of all tensors."""
        return frozenset(self._file.keys())

    def __call__(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """Give a tensor as float32. Raises BadCheckpoint where it is not there in this shape."""
        if name not in self.names():
            raise BadCheckpoint(self.path.name, f"it has no tensor {name}")
        stored = self._file.get_slice(name)
        found, kind = tuple(stored.get_shape()), str(stored.get_dtype())
        if found != shape:
            raise BadCheckpoint(self.path.name, f"its tensor {name} has the shape {found} instead of {shape}")
        if kind not in KINDS:
            raise BadCheckpoint(self.path.name, f"its tensor {name} is of the kind {kind}, which is not read here")
        with np.errstate(over="ignore"):
            tensor = np.asarray(self._file.get_tensor(name), np.float32)
        if not np.isfinite(tensor).all():
            raise BadCheckpoint(self.path.name, f"its tensor {name} holds numbers that are not finite")
        return tensor


@contextmanager
def open_checkpoint(path: Path) -> Iterator[Checkpoint]:
    """Open a checkpoint to read from. Raises BadCheckpoint, with the reason, for anything that is not one."""
    from safetensors import SafetensorError, safe_open

    if path.suffix.lower() == ".th":
        raise BadCheckpoint(path.name, "a .th file holds code that runs when it is read; only .safetensors are taken")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(safe_open(path, framework="numpy"))
            arguments = _arguments(path.name, file.metadata() or {})
        except SafetensorError as error:
            raise BadCheckpoint(path.name, f"it is no whole safetensors file ({str(error)[:MAX_QUOTED]})") from error
        except (OSError, ValueError) as error:
            raise BadCheckpoint(path.name, f"it cannot be read ({error})") from error
        architecture = _architecture(path.name, arguments)
        yield Checkpoint(path=path, architecture=architecture, arguments=arguments, _file=file)


def _arguments(name: str, metadata: Mapping[str, str]) -> Mapping[str, Any]:
    """Check the class, and give the arguments that the network was made with."""
    if sum(map(len, metadata.values())) > MAX_METADATA_BYTES:
        raise BadCheckpoint(name, "its description is far too long")
    klass = metadata.get("klass")
    if klass in OTHER_CLASSES:
        raise BadCheckpoint(name, f"it is of the older architecture {klass.rsplit('.', 1)[1]}, which is not built here")
    if klass != HYBRID_TRANSFORMER:
        raise BadCheckpoint(name, "it does not say that it is a network of Demucs")
    if "structure" in metadata:
        raise BadCheckpoint(name, "its numbers are packed in a way that is not read here")
    try:
        positional, named = json.loads(metadata.get("args", "[]")), json.loads(metadata.get("kwargs", "{}"))
    except (ValueError, RecursionError):
        raise BadCheckpoint(name, "its description cannot be read") from None
    if not isinstance(positional, list) or not isinstance(named, dict) or len(positional) > 1:
        raise BadCheckpoint(name, "its description cannot be used")
    return {**({"sources": positional[0]} if positional else {}), **named}


def _architecture(name: str, arguments: Mapping[str, Any]) -> Architecture:
    try:
        return architecture_of(arguments)
    except UnknownArchitecture as error:
        raise BadCheckpoint(name, str(error)) from None
