"""Telling how far the work is: each step speaks of its own share, 0-1, and whoever listens may raise to stop it."""

from collections.abc import Callable

Watch = Callable[[float], None]
"""Told the share that is done, 0-1, never falling."""


def part_of(watch: Watch, begin: float, end: float) -> Watch:
    """Give a watch for the part of the work between two shares."""
    return lambda share: watch(begin + (end - begin) * share)
