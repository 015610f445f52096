"""The best way through a row of states over a whole song (Viterbi, 1967), in bounded memory.

Steps are kept for one stretch of frames at a time; at the edges between stretches only the scores are kept, and all but
the last stretch are searched a second time on the way back. Ways that lie far behind the best, or that leave too little
time for the words to come, are given up, so that a long song costs what its words within reach cost.
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
"""How many states back each state came from, or LEFT_OUT; shape (frames, states) or (states,)."""

Emissions = Callable[[range, slice], Floats]
"""Log scores of some states in some frames, shape (frames, states)."""

IMPOSSIBLE = np.float32(-1e30)
LEFT_OUT = 3
"""The step from the pause before a line to the pause behind it."""
BEAM = 1500.0
"""How far a way may lie behind the best before it is given up. The right way through a long break may lie hundreds
behind for a while: eleven real songs had the same path with 750 as without a beam."""
_BLOCK_FRAMES = 64
_BORDERS_AHEAD = 2
"""Lines that may be left out within a block of frames."""
STEP_BYTES = 96 * 2**20
"""Memory for the steps of one stretch, a byte each."""
_ENTER_FIRST_WORD = np.float32(-0.5)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One search: how the states score, and over how many frames."""

    row: StateRow
    emissions: Emissions
    frames: int
    skips: Floats | None = None
    """Log weight of leaving out each line, shape (lines,); None: every line is sung."""
    beam: float = BEAM


def best_path(passage: Passage, watch: Watch, *, step_bytes: int = STEP_BYTES) -> npt.NDArray[np.intp]:
    """Give the state of each frame, shape (frames,); ``watch`` is told the share done, 0-1, and may raise.

    The row must fit: no more states than frames, pauses not counted.
    """
    stretch = _Stretch(passage)
    length = max(_BLOCK_FRAMES, step_bytes // len(passage.row.word))
    # the first stretch is the odd one: the last, which is searched once only, is then a whole one
    edges = [0, *range(passage.frames % length or length, passage.frames + 1, length)]
    work = _Work(watch, passage.frames + edges[-2])
    scores = [_first_scores(passage)]
    for begin, end in pairwise(edges):
        last = end == edges[-1]
        steps = np.zeros((end - begin, len(passage.row.word)), np.int8) if last else None
        scores.append(stretch.advance(scores[-1], (begin, end), steps, work))
    state = _final_state(scores[-1])
    path = np.empty(passage.frames, np.intp)
    for index in range(len(edges) - 2, -1, -1):
        begin, end = edges[index], edges[index + 1]
        if end != edges[-1]:
            steps = np.zeros((end - begin, len(passage.row.word)), np.int8)
            stretch.advance(scores[index], (begin, end), steps, work)
        assert steps is not None
        state = stretch.follow_back(steps, state, path[begin:end])
    return path


class _Work:
    """Counts frames searched and tells the share."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch, self._total, self._done = watch, max(1, total), 0

    def add(self, frames: int) -> None:
        self._done += frames
        self._watch(min(1.0, self._done / self._total))


class _Stretch:
    """The recursion: stay in a state, come from the one before, skip the pause between two words, leave a line out."""

    def __init__(self, passage: Passage) -> None:
        row = passage.row
        self._passage, self._enter = passage, row.enter
        # states that follow a pause, the first word left out: nothing lies before its pause
        self._word_starts = np.flatnonzero(row.is_pause[1:-1]) + 2
        self._borders = row.borders if passage.skips is not None else row.borders[:0]
        self._before_border = np.zeros(len(row.word), np.intp)
        self._before_border[self._borders[1:]] = self._borders[:-1]
        # how many frames before the end each state is too late for the words to come
        self._given_up = np.cumsum(np.where(row.is_pause, 0, -1)[::-1])[::-1]

    def advance(self, scores: Floats, span: tuple[int, int], steps: Steps | None, work: _Work) -> Floats:
        """Give the scores after frames ``span``; ``steps``, if given, takes how far back each state came from."""
        best = scores.copy()
        for begin in range(span[0], span[1], _BLOCK_FRAMES):
            end = min(begin + _BLOCK_FRAMES, span[1])
            within = self._within_reach(best, begin)
            reach = _Reach(self, within)
            for frame, emission in enumerate(self._passage.emissions(range(begin, end), within), begin):
                if frame:  # the first scores are those of the first frame: nothing led there
                    reach.step(best[within], None if steps is None else steps[frame - span[0], within])
                best[within] += emission
            work.add(end - begin)
        return best

    def _within_reach(self, best: Floats, frame: int) -> slice:
        """Give the states that a block from ``frame`` on is searched in; all others become impossible."""
        late = int(np.searchsorted(self._given_up, frame - self._passage.frames - 1))
        best[:late] = IMPOSSIBLE
        alive = np.flatnonzero(best > best.max() - self._passage.beam)
        first, last = int(alive[0]), int(alive[-1])
        ahead = last + 2 * _BLOCK_FRAMES
        border = int(np.searchsorted(self._borders, last)) + _BORDERS_AHEAD
        if len(self._borders):
            ahead = max(ahead, int(self._borders[min(border, len(self._borders) - 1)]))
        end = min(len(best), ahead + 1)
        best[:first] = best[end:] = IMPOSSIBLE
        return slice(first, end)

    def follow_back(self, steps: Steps, state: int, path: npt.NDArray[np.intp]) -> int:
        """Fill ``path`` from its end; give the state before its first frame."""
        for frame in range(len(path) - 1, -1, -1):
            path[frame] = state
            step = int(steps[frame, state])
            state = int(self._before_border[state]) if step == LEFT_OUT else state - step
        return state


class _Reach:
    """One frame's step for the states of one slice."""

    def __init__(self, stretch: _Stretch, within: slice) -> None:
        self._enter = stretch._enter[within][1:]
        self._word_starts = _inside(stretch._word_starts, within, behind=2)
        borders = stretch._borders
        first, last = np.searchsorted(borders, [within.start, within.stop])
        self._borders = borders[first:last] - within.start
        skips = stretch._passage.skips
        self._skips = None if skips is None else skips[first : max(first, last - 1)]

    def step(self, best: Floats, steps: Steps | None) -> None:
        """Move ``best`` on by a frame, and note in ``steps`` where it came from; the earlier choice wins a draw."""
        skipping = best[self._word_starts - 2]
        entering = best[:-1] + self._enter
        leaving_out = None if self._skips is None else best[self._borders[:-1]] + self._skips
        if steps is not None:
            np.greater(entering, best[1:], out=steps[1:].view(np.bool_))
        np.maximum(best[1:], entering, out=best[1:])
        _improve(best, steps, self._word_starts, skipping, 2)
        if leaving_out is not None:
            _improve(best, steps, self._borders[1:], leaving_out, LEFT_OUT)


def _improve(best: Floats, steps: Steps | None, states: npt.NDArray[np.intp], scores: Floats, step: int) -> None:
    better = scores > best[states]
    improved = states[better]
    best[improved] = scores[better]
    if steps is not None:
        steps[improved] = step


def _inside(states: npt.NDArray[np.intp], within: slice, *, behind: int) -> npt.NDArray[np.intp]:
    """Give the states that lie in a slice with so many before them, counted from its start."""
    first, last = np.searchsorted(states, [within.start + behind, within.stop])
    return np.asarray(states[first:last] - within.start, np.intp)


def _first_scores(passage: Passage) -> Floats:
    scores = np.full(len(passage.row.word), IMPOSSIBLE)
    scores[0], scores[1] = 0, _ENTER_FIRST_WORD
    return scores


def _final_state(scores: Floats) -> int:
    """A song ends in the last pause or in the last word."""
    last = len(scores) - 1
    return last if scores[last] >= scores[last - 1] else last - 1
