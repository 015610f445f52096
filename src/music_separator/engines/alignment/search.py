"""The best way through a row of states over a whole song (Viterbi, 1967), in bounded memory.

Steps are kept for one stretch of frames at a time; at the edges between stretches only the ways are kept, and all but
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
from music_separator.engines.alignment.ways import IMPOSSIBLE, Moves, Reach, Steps, Ways

Floats = npt.NDArray[np.float32]

Emissions = Callable[[range, slice], Floats]
"""Log scores of some states in some frames, shape (frames, states)."""

BEAM = 1500.0
"""How far a way may lie behind the best before it is given up. The right way through a long break may lie hundreds
behind for a while: eleven real songs had the same path with 750 as without a beam."""
_BLOCK_FRAMES = 64
_BORDERS_AHEAD = 2
"""Lines that may be left out within a block of frames."""
_BORDERS_BEHIND = 24
"""Lines that a song may go back, to sing them again."""
STEP_BYTES = 96 * 2**20
"""Memory for the steps of one stretch, a byte each."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One search: how the states score, and over how many frames."""

    row: StateRow
    emissions: Emissions
    frames: int
    skips: Floats | None = None
    """Log weight of leaving out each line, shape (lines,); None: every line is sung."""
    again: float | None = None
    """Log weight of going back to sing lines again that are written once; None: nobody does."""
    beam: float = BEAM


def best_path(passage: Passage, watch: Watch, *, step_bytes: int = STEP_BYTES) -> npt.NDArray[np.intp]:
    """Give the state of each frame, shape (frames,); ``watch`` is told the share done, 0-1, and may raise.

    It falls where lines are sung again, to the pause before them.
    The row must fit: no more states than frames, pauses not counted.
    """
    stretch = _Stretch(passage)
    states = len(passage.row.word)
    length = max(_BLOCK_FRAMES, step_bytes // states)
    # the first stretch is the odd one: the last, which is searched once only, is then a whole one
    edges = [0, *range(passage.frames % length or length, passage.frames + 1, length)]
    work = _Work(watch, passage.frames + edges[-2])
    ways = [Ways.first(states)]
    for begin, end in pairwise(edges):
        steps = Steps.of(end - begin, states) if end == edges[-1] else None
        ways.append(stretch.advance(ways[-1], (begin, end), steps, work))
    state = ways[-1].final_state
    path = np.empty(passage.frames, np.intp)
    for index in range(len(edges) - 2, -1, -1):
        begin, end = edges[index], edges[index + 1]
        if end != edges[-1]:
            steps = Steps.of(end - begin, states)
            stretch.advance(ways[index], (begin, end), steps, work)
        assert steps is not None
        state = steps.follow_back(state, path[begin:end], passage.row.borders)
    return path


class _Work:
    """Counts frames searched and tells the share."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch, self._total, self._done = watch, max(1, total), 0

    def add(self, frames: int) -> None:
        self._done += frames
        self._watch(min(1.0, self._done / self._total))


class _Stretch:
    """The recursion over a stretch of frames, block by block, in the states within reach."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._moves = Moves.of(passage.row, passage.skips, passage.again)
        # how many frames before the end each state is too late for the words to come
        self._given_up = np.cumsum(np.where(passage.row.is_pause, 0, -1)[::-1])[::-1]

    def advance(self, ways: Ways, span: tuple[int, int], steps: Steps | None, work: _Work) -> Ways:
        """Give the ways after frames ``span``; ``steps``, if given, takes where they came from."""
        best = ways.copy()
        for begin in range(span[0], span[1], _BLOCK_FRAMES):
            end = min(begin + _BLOCK_FRAMES, span[1])
            within = self._within_reach(best.scores, begin)
            reach = Reach(self._moves, within, best, steps)
            for frame, emission in enumerate(self._passage.emissions(range(begin, end), within), begin):
                if frame:  # the first scores are those of the first frame: nothing led there
                    reach.step(frame, frame - span[0])
                reach.hear(emission)
            work.add(end - begin)
        return best

    def _within_reach(self, best: Floats, frame: int) -> slice:
        """Give the states that a block from ``frame`` on is searched in; all others become impossible."""
        late = int(np.searchsorted(self._given_up, frame - self._passage.frames - 1))
        best[:late] = IMPOSSIBLE
        alive = np.flatnonzero(best > best.max() - self._passage.beam)
        first, last = int(alive[0]), int(alive[-1])
        ahead = last + 2 * _BLOCK_FRAMES
        borders = self._moves.borders
        if len(borders):
            border = int(np.searchsorted(borders, last)) + _BORDERS_AHEAD
            ahead = max(ahead, int(borders[min(border, len(borders) - 1)]))
        if self._passage.again is not None:
            behind = int(np.searchsorted(borders, int(best.argmax()))) - _BORDERS_BEHIND
            first = min(first, max(late, int(borders[max(0, behind)])))
        end = min(len(best), ahead + 1)
        best[:first] = best[end:] = IMPOSSIBLE
        return slice(first, end)
