"""Units of time used everywhere: integer milliseconds in the domain, samples and seconds inside audio and engines."""

from typing import NewType

Ms = NewType("Ms", int)
"""A time or a duration in whole milliseconds, never negative."""


def ms_from_seconds(seconds: float) -> Ms:
    """Round seconds to the nearest millisecond."""
    return Ms(round(seconds * 1000))


def seconds_from_ms(ms: Ms) -> float:
    """Give milliseconds as seconds."""
    return ms / 1000
