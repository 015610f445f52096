"""How well each state of the text fits each frame of the song: posteriors and likeness, averaged over renderings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.hearing import Heard
from music_separator.engines.alignment.states import StateRow

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much each kind of evidence counts, in natural logarithms. Where they come from: docs/adr/0009."""

    pause: float = -5.0
    """Score of a frame of music between words: below a sound that fits, above one that does not."""
    within_line: float = -1.0
    """Added to it between words of one line: who sings a line goes on singing."""
    activity: float = 0.3
    """Of the log odds that somebody sings."""
    likeness: float = 6.0
    """Of the cosine between sung and spoken frame."""
    expected_likeness: float = 0.2
    """Cosine that speaks neither for nor against."""
    left_out: float = -20.0
    """Of a line that is not sung at all, and, for each frame that its sounds need at least:"""
    left_out_frame: float = -3.5
    sung_again: float = -2000.0
    """Of going back to lines that were sung before. Dear: a chorus is worth thousands, music that is a little
    like one line hundreds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """How well sounds fit: log posteriors of shape (frames, sounds), and the sound of each state."""

    posteriors: Floats
    sound: npt.NDArray[np.intp]


class Evidence:
    """The scores of a row of states, a block of frames at a time."""

    def __init__(
        self, row: StateRow, fit: Fit, heard: tuple[Heard, ...], activity: Floats, spoken: Floats, weights: Weights
    ) -> None:
        """``spoken``: the spoken frame of each state, shape (states, 24); ``activity``: shape (frames,)."""
        bounded = np.clip(activity, 0.02, 0.98)
        lean = np.asarray(weights.activity * np.log(bounded / (1 - bounded)) / 2, np.float32)
        share = 1 / len(heard)
        self._fit = fit
        self._sung = lean - np.float32(weights.likeness * weights.expected_likeness)
        self._timbre = np.hstack([each.timbre for each in heard])
        self._spoken = np.ascontiguousarray(np.tile(spoken.T, (len(heard), 1)) * (weights.likeness * share), np.float32)
        self._rest = np.float32(weights.pause) - lean
        self._pauses = np.flatnonzero(row.is_pause)
        self._extra = np.zeros(len(row.word), np.float32)
        self._extra[row.pauses_within_lines] = weights.within_line

    def emissions(self, frames: range, states: slice) -> Floats:
        """Give log scores, shape (frames, states)."""
        span = slice(frames.start, frames.stop)
        scores = self._timbre[span] @ self._spoken[:, states]
        scores += np.take(self._fit.posteriors[span], self._fit.sound[states], axis=1)
        scores += self._sung[span, None]
        first, last = np.searchsorted(self._pauses, [states.start, states.stop])
        pauses = self._pauses[first:last]
        scores[:, pauses - states.start] = self._rest[span, None] + self._extra[pauses]
        return scores

    def along(self, path: npt.NDArray[np.intp]) -> Floats:
        """Give the log score of each frame that is sung, shape (frames,); of pauses it means nothing."""
        likeness = np.einsum("fd,df->f", self._timbre, self._spoken[:, path])
        fits = self._fit.posteriors[np.arange(len(path)), self._fit.sound[path]]
        return np.asarray(fits + likeness + self._sung, np.float32)

    def gains(self, path: npt.NDArray[np.intp]) -> Floats:
        """Give how much better than music each frame fits, shape (frames,), 0 in pauses."""
        return np.where(np.isin(path, self._pauses), np.float32(0), self.along(path) - self._rest)
