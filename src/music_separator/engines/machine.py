"""What this machine has to give: cores and memory, as far as this process may use them."""

import os
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = _CGROUP) -> int:
    """Count the cores that this process may use: its affinity, and what its container is allowed."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    words = _words(cgroup / "cpu.max")
    if len(words) == 2 and words[0].isdecimal() and words[1].isdecimal() and int(words[1]):
        cores = min(cores, max(1, int(words[0]) // int(words[1])))
    return max(1, cores)


def memory_of_this_machine(cgroup: Path = _CGROUP) -> int:
    """Give the bytes of memory that this process may hope for: the machine's, or its container's limit."""
    total = int(psutil.virtual_memory().total)
    limit = _words(cgroup / "memory.max")
    return min(total, int(limit[0])) if limit and limit[0].isdecimal() else total


def free_memory(cgroup: Path = _CGROUP) -> int:
    """Give the bytes of memory that this process could take now."""
    free = int(psutil.virtual_memory().available)
    limit, used = _words(cgroup / "memory.max"), _words(cgroup / "memory.current")
    if limit and used and limit[0].isdecimal() and used[0].isdecimal():
        free = min(free, max(0, int(limit[0]) - int(used[0]) + _given_back(cgroup)))
    return free


def _given_back(cgroup: Path) -> int:
    """Count the bytes that the container uses for files which were read, and gives back when memory is wanted."""
    words = _words(cgroup / "memory.stat")
    values = dict(zip(words[::2], words[1::2], strict=False))
    return int(values.get("inactive_file", "0"))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []
