"""The best way through a row of states over a whole song (Viterbi, 1967), exact, in bounded memory.

Steps are kept for one stretch of frames at a time; at the edges between stretches only the scores are kept, and all but
the last stretch are searched a second time on the way back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.states import StateRow
from music_separator.engines.alignment.watch import Watch

Floats = npt.NDArray[np.float32]

Steps = npt.NDArray[np.int8]
"""How many states back each state came from, shape (frames, states) or (states,)."""

Emissions = Callable[[int, int], Floats]
"""Log scores of every state in frames begin to end, shape (frames, states)."""

IMPOSSIBLE = np.float32(-1e30)
_BLOCK_FRAMES = 64
STEP_BYTES = 160 * 2**20
"""Memory for the steps of one stretch, a byte each."""
_ENTER_FIRST_WORD = np.float32(-0.5)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One search: how the states score, and over how many frames."""

    row: StateRow
    emissions: Emissions
    frames: int


def best_path(passage: Passage, watch: Watch, *, step_bytes: int = STEP_BYTES) -> npt.NDArray[np.intp]:
    """Give the state of each frame, shape (frames,); ``watch`` is told the share done, 0-1, and may raise.

    The row must fit: no more states than frames, pauses not counted.
    """
    stretch = _Stretch(passage.row)
    length = max(_BLOCK_FRAMES, step_bytes // len(passage.row.word))
    # the first stretch is the odd one: the last, which is searched once only, is then a whole one
    edges = [0, *range(passage.frames % length or length, passage.frames + 1, length)]
    work = _Work(watch, passage.frames + edges[-2])
    scores = [_first_scores(passage)]
    for begin, end in pairwise(edges):
        last = end == edges[-1]
        steps = np.zeros((end - begin, len(passage.row.word)), np.int8) if last else None
        scores.append(stretch.advance(passage, scores[-1], (begin, end), steps, work))
    state = _final_state(scores[-1])
    path = np.empty(passage.frames, np.intp)
    for index in range(len(edges) - 2, -1, -1):
        begin, end = edges[index], edges[index + 1]
        if end != edges[-1]:
            steps = np.zeros((end - begin, len(passage.row.word)), np.int8)
            stretch.advance(passage, scores[index], (begin, end), steps, work)
        assert steps is not None
        state = _follow_back(steps, state, path[begin:end])
    return path


class _Work:
    """Counts frames searched and tells the share."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch, self._total, self._done = watch, max(1, total), 0

    def add(self, frames: int) -> None:
        self._done += frames
        self._watch(min(1.0, self._done / self._total))


class _Stretch:
    """The recursion: stay in a state, come from the one before, or skip the pause between two words."""

    def __init__(self, row: StateRow) -> None:
        self._enter = row.enter[1:]
        # states that follow a pause, the first word left out: nothing lies before its pause
        self._word_starts = np.flatnonzero(row.is_pause[1:-1]) + 2

    def advance(
        self, passage: Passage, scores: Floats, span: tuple[int, int], steps: Steps | None, work: _Work
    ) -> Floats:
        """Give the scores after frames ``span``; ``steps``, if given, takes how far back each state came from."""
        best = scores.copy()
        for begin in range(span[0], span[1], _BLOCK_FRAMES):
            end = min(begin + _BLOCK_FRAMES, span[1])
            for frame, emission in enumerate(passage.emissions(begin, end), begin):
                if frame:  # the first scores are those of the first frame: nothing led there
                    self._step(best, None if steps is None else steps[frame - span[0]])
                best += emission
            work.add(end - begin)
        return best

    def _step(self, best: Floats, steps: Steps | None) -> None:
        """Move ``best`` on by a frame, and note 0, 1 or 2 in ``steps``; the earlier choice wins a draw."""
        skipping = best[self._word_starts - 2]
        entering = best[:-1] + self._enter
        if steps is not None:
            np.greater(entering, best[1:], out=steps[1:].view(np.bool_))
        np.maximum(best[1:], entering, out=best[1:])
        better = skipping > best[self._word_starts]
        skipped = self._word_starts[better]
        best[skipped] = skipping[better]
        if steps is not None:
            steps[skipped] = 2


def _first_scores(passage: Passage) -> Floats:
    scores = np.full(len(passage.row.word), IMPOSSIBLE)
    scores[0], scores[1] = 0, _ENTER_FIRST_WORD
    return scores


def _final_state(scores: Floats) -> int:
    """A song ends in the last pause or in the last word."""
    last = len(scores) - 1
    return last if scores[last] >= scores[last - 1] else last - 1


def _follow_back(steps: Steps, state: int, path: npt.NDArray[np.intp]) -> int:
    """Fill ``path`` from its end; give the state before its first frame."""
    for frame in range(len(path) - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    return state
