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
    activity: float = 0.3
    """Of the log odds that somebody sings."""
    likeness: float = 4.0
    """Of the cosine between sung and spoken frame."""
    expected_likeness: float = 0.2
    """Cosine that speaks neither for nor against."""


class Evidence:
    """The scores of a row of states, a block of frames at a time."""

    def __init__(
        self, row: StateRow, heard: tuple[Heard, ...], activity: Floats, spoken: Floats, weights: Weights
    ) -> None:
        """``spoken``: the spoken frame of each state, shape (states, 24); ``activity``: shape (frames,)."""
        bounded = np.clip(activity, 0.02, 0.98)
        lean = weights.activity * np.log(bounded / (1 - bounded)) / 2
        share = 1 / len(heard)
        sounds = sum(each.posteriors * np.float32(share) for each in heard)
        self._sounds = np.asarray(sounds + (lean - weights.likeness * weights.expected_likeness)[:, None], np.float32)
        self._timbre = np.hstack([each.timbre for each in heard])
        self._spoken = np.ascontiguousarray(np.tile(spoken.T, (len(heard), 1)) * (weights.likeness * share), np.float32)
        self._pauses = np.asarray(weights.pause - lean, np.float32)
        self._column, self._is_pause = row.column, np.flatnonzero(row.is_pause)

    def emissions(self, begin: int, end: int) -> Floats:
        """Give log scores, shape (frames, states)."""
        scores = self._timbre[begin:end] @ self._spoken
        scores += np.take(self._sounds[begin:end], self._column, axis=1)
        scores[:, self._is_pause] = self._pauses[begin:end, None]
        return scores

    def along(self, path: npt.NDArray[np.intp]) -> Floats:
        """Give the log score of each frame for the state that ``path`` has there, shape (frames,)."""
        frames = np.arange(len(path))
        likeness = np.einsum("fd,df->f", self._timbre, self._spoken[:, path])
        scores = self._sounds[frames, self._column[path]] + likeness
        paused = np.isin(path, self._is_pause)
        scores[paused] = self._pauses[paused]
        return np.asarray(scores, np.float32)
