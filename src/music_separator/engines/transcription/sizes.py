"""Which size of a transcriber fits a machine, where nobody has chosen one."""

from dataclasses import dataclass

GB = 10**9
SMALL_MEMORY_BYTES = 8 * GB
"""Below it `base`: a machine sold with 8 GB shows more than this, one with less shows less."""
TINY_MEMORY_BYTES = 3 * GB
LARGE_MEMORY_BYTES = 15 * GB
LARGE_CORES = 8
"""From here on `turbo`: its encoder is that of the largest size, its decoder a small one."""
CARD_BYTES = 6 * GB
"""Of a graphics card on which `turbo` leaves room for what else is shown on it."""
E4B_CARD_BYTES = 19 * GB
"""Of a graphics card on which Gemma 3n E4B has room (gemma_memory.py), and so has what else is shown on it."""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a machine has: memory in bytes, cores, and the memory of a graphics card, 0 where CTranslate2 and where
    PyTorch could not use one.
    """

    memory_bytes: int
    cores: int
    card_bytes: int = 0
    torch_card_bytes: int = 0


def whisper_size(machine: Capacity) -> str:
    """Name the size of Whisper that a machine runs in about the length of the song or less; own choice."""
    if machine.card_bytes >= CARD_BYTES:
        return "turbo"
    if machine.memory_bytes >= LARGE_MEMORY_BYTES and machine.cores >= LARGE_CORES:
        return "turbo"
    if machine.memory_bytes >= SMALL_MEMORY_BYTES and machine.cores > 1:
        return "small"
    return "base" if machine.memory_bytes >= TINY_MEMORY_BYTES else "tiny"


def gemma_size(machine: Capacity) -> str:
    """Name the size of Gemma 3n for a machine: the smaller one where no large card is there."""
    return "e4b" if machine.torch_card_bytes >= E4B_CARD_BYTES else "e2b"
