"""Makes separation engines: which network runs on what, decided where it runs."""

from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from music_separator.domain.errors import ModelUnavailable, NotEnoughMemory
from music_separator.engines.base import SeparationEngine, Stem
from music_separator.engines.graphics import graphics
from music_separator.engines.machine import free_memory
from music_separator.engines.networks.checkpoint import open_checkpoint
from music_separator.engines.networks.network import Network, Precision
from music_separator.engines.networks.openvino_network import OpenVinoNetwork, RunSettings
from music_separator.engines.networks.torch_network import TorchNetwork, best_device
from music_separator.engines.presets import SeparationChoice
from music_separator.engines.registry import has_torch
from music_separator.engines.separation.demucs import DemucsEngine, Member, Streaming

NETWORK_BYTES = 1_000_000_000
"""What a network on the processor takes beside the program itself, as benchmarks/separation_memory.py measures it."""
PROCESSOR = "cpu"


@dataclass(frozen=True, kw_only=True)
class MemberFile:
    """The checkpoint of one member of a model: its digest, and the stems it is used for."""

    path: Path
    sha256: str
    stems: tuple[Stem, ...]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What engines may use. ``device`` is ``auto``, ``cpu``, ``cuda`` or ``mps``."""

    device: str
    threads: int
    cache_dir: Path | None = None


def make_demucs(
    name: str, files: tuple[MemberFile, ...], choice: SeparationChoice, machine: Machine
) -> SeparationEngine:
    """Make a Demucs engine; ``load`` is still to be called.

    It raises NotEnoughMemory, BadCheckpoint, and ModelUnavailable where the device cannot be used.
    """
    precision = Precision.BFLOAT16 if choice.is_fast else Precision.FLOAT32
    members = [
        Member(
            stems=stems,
            open=partial(_open, name, file, precision, machine),
            open_on_processor=partial(_open_on_processor, name, file, precision, machine),
        )
        for file in files
        if (stems := tuple(stem for stem in file.stems if choice.wants(stem)))
    ]
    # The vocals first: they are what is waited for.
    members.sort(key=lambda member: Stem.VOCALS not in member.stems)
    streaming = Streaming(overlap=choice.overlap_share, shifts=choice.shifts, drop_covered=choice.is_fast)
    adds_up = all(choice.wants(stem) for file in files for stem in file.stems)
    return DemucsEngine(name, tuple(members), streaming, adds_up=adds_up)


def own_checkpoint(path: Path, sha256: str) -> MemberFile:
    """Read which stems somebody's own checkpoint gives. Raises BadCheckpoint."""
    with open_checkpoint(path) as checkpoint:
        return MemberFile(path=path, sha256=sha256, stems=checkpoint.architecture.stems)


def _open(name: str, file: MemberFile, precision: Precision, machine: Machine) -> Network:
    """Load a network on the graphics card where one can be used, else on the processor."""
    device = _card(name, machine.device)
    if device is None:
        return _open_on_processor(name, file, precision, machine)
    return TorchNetwork(file.path, device, precision=precision, threads=machine.threads)


def _open_on_processor(name: str, file: MemberFile, precision: Precision, machine: Machine) -> Network:
    free = free_memory()
    if free < NETWORK_BYTES:
        raise NotEnoughMemory(name, NETWORK_BYTES, free)
    if find_spec("openvino") is None:
        return TorchNetwork(file.path, PROCESSOR, precision=Precision.FLOAT32, threads=machine.threads)
    settings = RunSettings(threads=machine.threads, precision=precision, cache_dir=machine.cache_dir)
    return OpenVinoNetwork(file.path, file.sha256, settings)


def _card(name: str, wanted: str) -> str | None:
    """Name the graphics card to use, None for the processor. PyTorch is asked only where there may be a card."""
    if wanted == PROCESSOR or not has_torch():
        found = None
    else:
        found = best_device() if wanted != "auto" or graphics().usable else None
    if wanted not in (PROCESSOR, "auto", found):
        raise ModelUnavailable(name, f"the device {wanted} was asked for and cannot be used (`doctor` says why)")
    return found
