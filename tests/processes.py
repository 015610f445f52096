"""What processes there are below one, for tests that must leave none. Linux only."""

import contextlib
from pathlib import Path


def children_of(pid: int) -> set[int]:
    """Find the processes that descend from one, whatever their depth."""
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text(encoding="ascii").split()):
                found |= {child} | children_of(child)
    return found


def is_running(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
