"""Time left, from measurement only: the pace of this very stage once it is known, else what this machine learnt before.

Seconds. None until it can be known; never a guess.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from music_separator.domain.progress import FINISHED, READY

MIN_ELAPSED_S = 2.0
MIN_STEPS = 5
"""A pace is believed after two seconds and five percent of measured work."""

RateOf = Callable[[], float | None]


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What is known before a stage starts: seconds of audio, learnt seconds of work per second of audio."""

    audio_s: float | None
    rate: float | None

    def total_s(self) -> float | None:
        """Expect the whole stage to take this long."""
        if self.audio_s is None or self.rate is None:
            return None
        return self.audio_s * self.rate


class StageClock:
    """Times the measured part (10-100 percent) of one stage."""

    def __init__(self, expected: Expectation, now: Callable[[], float] = time.monotonic) -> None:
        self._expected = expected
        self._now = now
        self._begun_at: float | None = None
        self._begun_progress = READY

    def begin(self, progress: int) -> None:
        """Start the clock at the percent where this run begins (more than 10 after a crash)."""
        self._begun_at, self._begun_progress = self._now(), progress

    @property
    def has_begun(self) -> bool:
        """Whether real work has been timed yet."""
        return self._begun_at is not None

    def left_s(self, progress: int) -> float | None:
        """Give the seconds this stage still needs at ``progress`` percent."""
        steps = progress - self._begun_progress
        if self._begun_at is not None and steps >= MIN_STEPS:
            elapsed = self._now() - self._begun_at
            if elapsed >= MIN_ELAPSED_S:
                return elapsed / steps * (FINISHED - progress)
        total = self._expected.total_s()
        if total is None:
            return None
        return total * (FINISHED - max(progress, READY)) / (FINISHED - READY)

    def pace(self) -> float | None:
        """Give seconds of work per second of audio of a whole stage, or None when this run saw only part of it."""
        if self._begun_at is None or self._begun_progress > READY or not self._expected.audio_s:
            return None
        return (self._now() - self._begun_at) / self._expected.audio_s
