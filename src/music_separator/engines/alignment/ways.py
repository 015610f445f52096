"""The best way to every state of a row, moved on frame by frame, and notes of where each came from.

A way stays in a state, comes from the one before, skips the pause between two words, leaves a line out, or goes back to
lines that are sung again and returns. Every state has one way, its best. That way knows how long it has stayed there,
and pays for staying too long: one that came later and would not have to pay is lost where it lies behind at first.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.states import StateRow

Floats = npt.NDArray[np.float32]
States = npt.NDArray[np.intp]

IMPOSSIBLE = np.float32(-1e30)
_ENTER_FIRST_WORD = np.float32(-0.5)
_TOO_LONG = np.float32(-3.0)
"""Log weight of each frame that a state is held for longer than its sound lasts."""

_OVER_PAUSE = 2
_LEFT_OUT = 3
"""From the pause before a line to the pause behind it."""
_SUNG_AGAIN = 4
"""From the pause behind a line to the pause before it, or before one above."""
_RETURNED = 5
"""From the pause behind a line sung again to the one that the song had come to."""


@dataclass(frozen=True, eq=False)
class Moves:
    """The steps that a row allows. ``borders`` is empty where lines are neither left out nor sung again."""

    enter: Floats
    longest: npt.NDArray[np.int32]
    word_starts: States
    """States that follow a pause, the first word left out: nothing lies before its pause."""
    borders: States
    skips: Floats | None
    again: float | None

    @classmethod
    def of(cls, row: StateRow, skips: Floats | None, again: float | None) -> "Moves":
        """Give the steps of a row; ``skips``: log weight of leaving out each line, ``again``: of going back."""
        borders = row.borders[:0] if skips is None and again is None else row.borders
        return cls(row.enter, row.longest, np.flatnonzero(row.is_pause[1:-1]) + 2, borders, skips, again)


@dataclass(frozen=True, eq=False)
class Ways:
    """The ways to some states, shape (states,) each. Written in place."""

    scores: Floats
    since: npt.NDArray[np.int32]
    """The frame since which each stays in its state."""
    reached: npt.NDArray[np.int32]
    """The pause that it went back from to sing lines again."""

    @classmethod
    def first(cls, states: int) -> "Ways":
        """Give the ways of the first frame: a song begins in the first pause or in the first word."""
        scores = np.full(states, IMPOSSIBLE)
        scores[0], scores[1] = 0, _ENTER_FIRST_WORD
        return cls(scores, np.zeros(states, np.int32), np.zeros(states, np.int32))

    @property
    def final_state(self) -> int:
        """A song ends in the last pause or in the last word."""
        last = len(self.scores) - 1
        return last if self.scores[last] >= self.scores[last - 1] else last - 1

    def copy(self) -> "Ways":
        """Give ways that are written by themselves."""
        return Ways(self.scores.copy(), self.since.copy(), self.reached.copy())

    def within(self, states: slice) -> "Ways":
        """Give the same ways, of some states."""
        return Ways(self.scores[states], self.since[states], self.reached[states])

    def at(self, states: States) -> "Ways":
        """Give a copy of some ways."""
        return Ways(self.scores[states], self.since[states], self.reached[states])

    def improve(self, states: States, coming: "Ways", weight: Floats | float, frame: int) -> States:
        """Take the ways that come to ``states`` where they are better; give these states."""
        scores = coming.scores + np.asarray(weight, np.float32)
        better = scores > self.scores[states]
        improved = states[better]
        self.scores[improved], self.since[improved] = scores[better], frame
        self.reached[improved] = coming.reached[better]
        return improved


@dataclass(frozen=True, eq=False)
class Steps:
    """Where the ways of a stretch of frames came from. Written in place."""

    back: npt.NDArray[np.int8]
    """How many states back, or the kind of step; shape (frames, states)."""
    again: States
    """The pause that all of _SUNG_AGAIN came from, and that of _RETURNED; shape (frames, 2)."""

    @classmethod
    def of(cls, frames: int, states: int) -> "Steps":
        """Give room."""
        return cls(np.zeros((frames, states), np.int8), np.zeros((frames, 2), np.intp))

    def within(self, states: slice) -> "Steps":
        """Give the same notes, of some states."""
        return Steps(self.back[:, states], self.again)

    def follow_back(self, state: int, path: States, borders: States) -> int:
        """Fill ``path`` from its end; give the state before its first frame."""
        for frame in range(len(path) - 1, -1, -1):
            path[frame] = state
            step = int(self.back[frame, state])
            if step == _LEFT_OUT:
                state = int(borders[np.searchsorted(borders, state) - 1])
            elif step in (_SUNG_AGAIN, _RETURNED):
                state = int(self.again[frame, step - _SUNG_AGAIN])
            else:
                state -= step
        return state


class Reach:
    """The states of one slice of the row on their way through a block of frames."""

    def __init__(self, moves: Moves, within: slice, ways: Ways, steps: Steps | None) -> None:
        self._ways, self._steps = ways.within(within), steps.within(within) if steps else None
        self._begin, self._again = within.start, moves.again
        self._enter, self._longest = moves.enter[within][1:], moves.longest[within]
        self._word_starts = _inside(moves.word_starts, within, behind=_OVER_PAUSE)
        first, last = np.searchsorted(moves.borders, [within.start, within.stop])
        self._borders = moves.borders[first:last] - within.start
        self._skips = None if moves.skips is None else moves.skips[first : max(first, last - 1)]

    def hear(self, emission: Floats) -> None:
        """Add how well each state fits the frame."""
        np.add(self._ways.scores, emission, out=self._ways.scores)

    def step(self, frame: int, number: int) -> None:
        """Move on to a frame, the one of this number in the steps; the earlier choice wins a draw."""
        ways = self._ways
        np.add(ways.scores, _TOO_LONG, out=ways.scores, where=frame - ways.since > self._longest)
        over_pauses, at_borders = ways.at(self._word_starts - _OVER_PAUSE), ways.at(self._borders)
        self._enter_next(frame, number)
        self._note(number, _OVER_PAUSE, ways.improve(self._word_starts, over_pauses, 0.0, frame))
        if self._skips is not None:
            before = at_borders.within(slice(0, -1))
            self._note(number, _LEFT_OUT, ways.improve(self._borders[1:], before, self._skips, frame))
        if self._again is not None and len(self._borders):
            self._go_back(at_borders, self._again, frame, number)
            self._return(at_borders, frame, number)

    def _enter_next(self, frame: int, number: int) -> None:
        ways = self._ways
        entering = ways.scores[:-1] + self._enter
        entered = entering > ways.scores[1:]
        np.copyto(ways.scores[1:], entering, where=entered)
        np.copyto(ways.since[1:], frame, where=entered)
        if self._again is not None:
            np.copyto(ways.reached[1:], ways.reached[:-1].copy(), where=entered)
        if self._steps is not None:
            self._steps.back[number, 1:] = entered

    def _go_back(self, at_borders: Ways, weight: float, frame: int, number: int) -> None:
        """Let the best of the ways between lines go back to any line above."""
        best = int(at_borders.scores.argmax())
        source = self._borders[best] + self._begin
        reached = np.full(best, max(source, at_borders.reached[best]), np.int32)
        coming = Ways(np.full(best, at_borders.scores[best]), reached, reached)
        improved = self._ways.improve(self._borders[:best], coming, weight, frame)
        self._note(number, _SUNG_AGAIN, improved, source)

    def _return(self, at_borders: Ways, frame: int, number: int) -> None:
        """Let the best of the ways that went back return."""
        behind = np.flatnonzero(at_borders.reached > self._borders + self._begin)
        if not len(behind):
            return
        best = behind[[at_borders.scores[behind].argmax()]]
        goal = at_borders.reached[best].astype(np.intp) - self._begin
        if goal[0] < len(self._ways.scores):
            improved = self._ways.improve(goal, at_borders.at(best), 0.0, frame)
            self._note(number, _RETURNED, improved, self._borders[best[0]] + self._begin)

    def _note(self, number: int, step: int, states: States, source: np.intp | int = 0) -> None:
        if self._steps is not None:
            self._steps.back[number, states] = step
            if step in (_SUNG_AGAIN, _RETURNED):
                self._steps.again[number, step - _SUNG_AGAIN] = source


def _inside(states: States, within: slice, *, behind: int) -> States:
    """Give the states that lie in a slice with so many before them, counted from its start."""
    first, last = np.searchsorted(states, [within.start + behind, within.stop])
    return np.asarray(states[first:last] - within.start, np.intp)
