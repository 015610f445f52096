"""The best way through a row of states over a whole song (Viterbi, 1967), in bounded memory.

Steps are kept for one stretch of frames at a time; at the edges between stretches only the scores are kept, and all but
the last stretch are searched a second time on the way back. Ways that lie far behind the best, or that leave too little
time for the words to come, are given up, so that a long song costs what its words within reach cost.

Every state has one way, its best; that way knows how long it has stayed there, and pays for staying too long. A way
that came later and would not have to pay is lost where it lies behind at first: nearly the best is found.
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
_TOO_LONG = np.float32(-3.0)
"""Log weight of each frame that a state is held for longer than its sound lasts."""


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
    ways = [_Ways.of(passage)]
    for begin, end in pairwise(edges):
        last = end == edges[-1]
        steps = np.zeros((end - begin, len(passage.row.word)), np.int8) if last else None
        ways.append(stretch.advance(ways[-1], (begin, end), steps, work))
    state = ways[-1].final_state
    path = np.empty(passage.frames, np.intp)
    for index in range(len(edges) - 2, -1, -1):
        begin, end = edges[index], edges[index + 1]
        if end != edges[-1]:
            steps = np.zeros((end - begin, len(passage.row.word)), np.int8)
            stretch.advance(ways[index], (begin, end), steps, work)
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


@dataclass(frozen=True, eq=False)
class _Ways:
    """The best way to each state: its log score, and the frame since which it stays there. Written in place."""

    scores: Floats
    since: npt.NDArray[np.int32]

    @classmethod
    def of(cls, passage: Passage) -> "_Ways":
        """Give the ways of the first frame: a song begins in the first pause or in the first word."""
        scores = np.full(len(passage.row.word), IMPOSSIBLE)
        scores[0], scores[1] = 0, _ENTER_FIRST_WORD
        return cls(scores, np.zeros(len(scores), np.int32))

    @property
    def final_state(self) -> int:
        """A song ends in the last pause or in the last word."""
        last = len(self.scores) - 1
        return last if self.scores[last] >= self.scores[last - 1] else last - 1

    def copy(self) -> "_Ways":
        return _Ways(self.scores.copy(), self.since.copy())

    def within(self, states: slice) -> "_Ways":
        return _Ways(self.scores[states], self.since[states])

    def improve(self, states: npt.NDArray[np.intp], scores: Floats, frame: int) -> npt.NDArray[np.intp]:
        """Take the better of these scores; give the states that they are better for."""
        better = scores > self.scores[states]
        improved = states[better]
        self.scores[improved] = scores[better]
        self.since[improved] = frame
        return improved


class _Stretch:
    """The recursion: stay in a state, come from the one before, skip the pause between two words, leave a line out."""

    def __init__(self, passage: Passage) -> None:
        row = passage.row
        self._passage, self.skips = passage, passage.skips
        self.enter, self.longest = row.enter, row.longest
        # states that follow a pause, the first word left out: nothing lies before its pause
        self.word_starts = np.flatnonzero(row.is_pause[1:-1]) + 2
        self.borders = row.borders if passage.skips is not None else row.borders[:0]
        self._before_border = np.zeros(len(row.word), np.intp)
        self._before_border[self.borders[1:]] = self.borders[:-1]
        # how many frames before the end each state is too late for the words to come
        self._given_up = np.cumsum(np.where(row.is_pause, 0, -1)[::-1])[::-1]

    def advance(self, ways: _Ways, span: tuple[int, int], steps: Steps | None, work: _Work) -> _Ways:
        """Give the ways after frames ``span``; ``steps``, if given, takes how far back each state came from."""
        best = ways.copy()
        for begin in range(span[0], span[1], _BLOCK_FRAMES):
            end = min(begin + _BLOCK_FRAMES, span[1])
            within = self._within_reach(best.scores, begin)
            reach = _Reach(self, within, best.within(within))
            for frame, emission in enumerate(self._passage.emissions(range(begin, end), within), begin):
                if frame:  # the first scores are those of the first frame: nothing led there
                    reach.step(frame, None if steps is None else steps[frame - span[0], within])
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
        border = int(np.searchsorted(self.borders, last)) + _BORDERS_AHEAD
        if len(self.borders):
            ahead = max(ahead, int(self.borders[min(border, len(self.borders) - 1)]))
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

    def __init__(self, stretch: _Stretch, within: slice, ways: _Ways) -> None:
        self.ways = ways
        self._enter = stretch.enter[within][1:]
        self._longest = stretch.longest[within]
        self._word_starts = _inside(stretch.word_starts, within, behind=2)
        borders = stretch.borders
        first, last = np.searchsorted(borders, [within.start, within.stop])
        self._borders = borders[first:last] - within.start
        self._skips = None if stretch.skips is None else stretch.skips[first : max(first, last - 1)]

    def hear(self, emission: Floats) -> None:
        """Add how well each state fits the frame."""
        np.add(self.ways.scores, emission, out=self.ways.scores)

    def step(self, frame: int, steps: Steps | None) -> None:
        """Move the ways on to a frame, and note in ``steps`` where they came from; the earlier choice wins a draw."""
        scores, since = self.ways.scores, self.ways.since
        np.add(scores, _TOO_LONG, out=scores, where=frame - since > self._longest)
        skipping = scores[self._word_starts - 2]
        entering = scores[:-1] + self._enter
        leaving_out = None if self._skips is None else scores[self._borders[:-1]] + self._skips
        entered = entering > scores[1:]
        np.copyto(scores[1:], entering, where=entered)
        np.copyto(since[1:], frame, where=entered)
        skipped = self.ways.improve(self._word_starts, skipping, frame)
        left_out = None if leaving_out is None else self.ways.improve(self._borders[1:], leaving_out, frame)
        if steps is not None:
            steps[1:] = entered
            steps[skipped] = 2
            if left_out is not None:
                steps[left_out] = LEFT_OUT


def _inside(states: npt.NDArray[np.intp], within: slice, *, behind: int) -> npt.NDArray[np.intp]:
    """Give the states that lie in a slice with so many before them, counted from its start."""
    first, last = np.searchsorted(states, [within.start + behind, within.stop])
    return np.asarray(states[first:last] - within.start, np.intp)
