"""Times that somebody gave to lines: where each may be looked for without a penalty. A clear voice overrules them.

They may be of another recording of the song, which begins earlier or later or is a little faster, or is another
altogether: so the voice is asked first, by itself, and what most lines agree on is believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music_separator.domain.units import Ms
from music_separator.engines.alignment.mel import FRAMES_PER_S
from music_separator.engines.alignment.states import PAUSE, StateRow

Floats = npt.NDArray[np.float32]

Anchors = tuple[Ms | None, ...]
"""When each line of a text is said to begin; None where nobody said."""

_SLACK_FRAMES = 75
"""A line may begin so far from its given time for nothing: people tap late, and other editions begin otherwise."""
_OUTSIDE = np.float32(-2.0)
"""Log weight of each frame farther away."""

NEAR_MS = 1_500
"""How far a line may begin from its given time, once both are counted from the same moment, at the same tempo."""
_LEAST_SHARE = 0.5
"""Of the lines that agree. On eleven real songs 0.70 and more did with their own times, 0.36 and less of another
song's lines."""
_FEW = 5
"""Fewer times agree with anything: they are believed as they are."""
_TEMPO, _APART_MS = 0.06, 10_000
"""Films are shown 4 % faster on television, and records are sped up by as much. Lines closer together tell nothing."""


@dataclass(frozen=True, eq=False)
class Windows:
    """First and last frame of each state, shape (states,); outside of them it costs."""

    first: npt.NDArray[np.float64]
    last: npt.NDArray[np.float64]

    def cost(self, frames: range, states: slice) -> Floats:
        """Give what to add to the log scores, shape (frames, states)."""
        at = np.arange(frames.start, frames.stop)[:, None]
        outside = (at < self.first[states]) | (at > self.last[states])
        return np.asarray(outside * _OUTSIDE, np.float32)


def believed(anchors: Anchors, found: Sequence[Ms | None]) -> Anchors | None:
    """Give the anchors as they are in this recording, by where the voice has the lines; None where it denies them."""
    pairs = [
        (said, there) for said, there in zip(anchors, found, strict=True) if said is not None and there is not None
    ]
    if len(pairs) < _FEW:
        return anchors
    said_ms, found_ms = np.array(pairs, np.float64).T
    tempo = _tempo(said_ms, found_ms)
    offset_ms = np.median(found_ms - tempo * said_ms)
    if (np.abs(found_ms - tempo * said_ms - offset_ms) <= NEAR_MS).mean() < _LEAST_SHARE:
        return None
    return tuple(None if said is None else Ms(max(0, round(tempo * said + offset_ms))) for said in anchors)


def _tempo(said_ms: npt.NDArray[np.float64], found_ms: npt.NDArray[np.float64]) -> float:
    """Give how much slower this recording is: the median slope between lines half a song apart (Theil, 1950)."""
    half = len(said_ms) // 2
    said, found = (times_ms[half:] - times_ms[: len(times_ms) - half] for times_ms in (said_ms, found_ms))
    far = said >= _APART_MS
    tempo = float(np.median(found[far] / said[far])) if far.any() else 1.0
    return tempo if abs(tempo - 1) <= _TEMPO else 1.0


def windows_of(row: StateRow, lines: tuple[int, ...], anchors: Anchors) -> Windows:
    """Give the windows for a row of words in these lines.

    A line is sung after its own time (or the last one given before) and before the next one given; the pause before it
    ends at its own.
    """
    given = np.array([np.nan if each is None else each * FRAMES_PER_S / 1000 for each in anchors])
    began = np.fmax.accumulate(given)
    following = np.append(np.fmin.accumulate(given[::-1])[::-1], np.nan)
    # a pause belongs to the word behind it; the one at the end to no line, as if there was one more
    behind = np.append(row.word[1:], PAUSE)
    line = np.append(lines, len(anchors))[np.where(row.word == PAUSE, behind, row.word)]
    first = np.append(began, np.nan)[line]
    last = following[np.minimum(line + 1, len(anchors))]
    first[row.borders], last[row.borders] = np.nan, following[line[row.borders]]
    return Windows(np.nan_to_num(first - _SLACK_FRAMES, nan=-np.inf), np.nan_to_num(last + _SLACK_FRAMES, nan=np.inf))
