"""Where Gemma 3n runs, by the memory that is free; PyTorch is asked, nothing is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from music_separator.domain.errors import NoTranscriber, OutOfMemory
from music_separator.engines.machine import free_memory
from music_separator.engines.networks.torch_network import best_device

PROCESSOR = "cpu"
WHERE = {"cuda": "on the graphics card", "mps": "for the graphics of this Mac", PROCESSOR: "of memory"}
MEMORY_PER_BYTE = 1.05
"""Of the files: they hold 16-bit numbers, and are loaded as such."""
MEMORY_BESIDE = 1500 * 10**6
"""Bytes for PyTorch and what is computed in between, own estimate: no published weights could be loaded here."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """A device and its free memory in bytes."""

    device: str
    free_bytes: int


def rooms(wanted: str) -> Sequence[Room]:
    """Give the devices to try, the graphics card first. Raises NoTranscriber where the one asked for is not there."""
    card = None if wanted == PROCESSOR else best_device()
    if wanted not in ("auto", PROCESSOR, card):
        raise NoTranscriber(f"the device {wanted} was asked for and cannot be used (`doctor` says why)")
    devices = [wanted] if wanted != "auto" else [*filter(None, [card]), PROCESSOR]
    return [Room(device=device, free_bytes=free_bytes(device)) for device in devices]


def choose(title: str, needed_bytes: int, found: Sequence[Room]) -> tuple[Room, str | None]:
    """Give the first device with room, and a sentence where it is not the one meant. Raises OutOfMemory."""
    best = found[0]
    fitting = next((room for room in found if room.free_bytes >= needed_bytes), None)
    if fitting is None:
        raise OutOfMemory(title, needed_bytes, best.free_bytes, WHERE[best.device])
    if fitting == best:
        return fitting, None
    why = f"it needs {needed_bytes / 1e9:.1f} GB {WHERE[best.device]}, where {best.free_bytes / 1e9:.1f} GB are free"
    return fitting, f"{title} ran on the processor, because {why}. It takes much longer."


def needed_bytes(weights_bytes: int) -> int:
    """Give what weights of this size need where they are loaded."""
    return int(weights_bytes * MEMORY_PER_BYTE) + MEMORY_BESIDE


def free_bytes(device: str) -> int:
    """Give the free memory of a device."""
    if device == PROCESSOR:
        return free_memory()
    import torch

    if device == "cuda":
        torch.cuda.empty_cache()  # what an engine before has left is free
        return int(torch.cuda.mem_get_info()[0])
    return int(torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
