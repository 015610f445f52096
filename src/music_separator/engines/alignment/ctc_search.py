"""Where words lie in the output of a CTC network: the best path through their letters, with a wildcard per gap.

Letters and blanks as in Graves 2006 (Connectionist temporal classification). Between lines, and before and after them,
anything may be sung at a fixed price, so that words which nobody wrote down do not pull the written ones over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WILDCARD = np.log(0.5)
"""Price of a frame of anything: above that of an unlikely blank, below that of silence, which is a likely one."""
IMPOSSIBLE = -1e9

Scores = npt.NDArray[np.float32]
"""Shape (frames, tokens): log probabilities."""
Letters = tuple[int, ...]
"""Of one word, as tokens; empty where the network knows none of them."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The tokens that stand for no letter: the blank, and what the network writes between words, if it does."""

    blank: int
    between_words: int | None = None


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a word was found: its first frame, the one after its last, and how likely its letters are there, 0..1."""

    start: int
    stop: int
    likelihood: float


def find_words(scores: Scores, lines: Sequence[Sequence[Letters]], tokens: Tokens) -> list[list[Spot | None]]:
    """Find every word of every line, in order; None for words without letters, and for all where they do not fit."""
    row = _Row.of(lines)
    places = _best_path(scores, row, tokens)
    if places is None:
        return [[None] * len(line) for line in lines]
    spots = iter(_spots(scores, row, places))
    return [[next(spots) if letters else None for letters in line] for line in lines]


@dataclass(frozen=True, kw_only=True)
class _Row:
    """All letters in a row. ``words`` has the first letter and the one after the last of each word; ``gaps`` says what
    lies before each letter and after the last: 0 nothing, 1 the end of a word, 2 that of a line or of the text.
    """

    letters: npt.NDArray[np.int64]
    words: tuple[tuple[int, int], ...]
    gaps: npt.NDArray[np.int64]

    @classmethod
    def of(cls, lines: Sequence[Sequence[Letters]]) -> "_Row":
        letters: list[int] = []
        words: list[tuple[int, int]] = []
        gaps: list[int] = []
        for line in lines:
            first_of_line = True
            for word in filter(None, line):
                words.append((len(letters), len(letters) + len(word)))
                letters += word
                gaps += [2 if first_of_line else 1] + [0] * (len(word) - 1)
                first_of_line = False
        return cls(letters=np.array(letters, np.int64), words=tuple(words), gaps=np.array([*gaps, 2], np.int64))


def _best_path(scores: Scores, row: _Row, tokens: Tokens) -> npt.NDArray[np.int64] | None:
    """Give the state of every frame: 2n is the gap before letter n, 2n + 1 that letter; None where there is no path."""
    if not row.letters.size or scores.shape[0] < row.letters.size:
        return None
    local = _local_scores(scores, row, tokens)
    states = local.shape[1]
    # from a letter on to the next one, past the gap between them, unless it is the same letter
    may_skip = np.zeros(states, bool)
    may_skip[3::2] = row.letters[1:] != row.letters[:-1]
    best = np.full(states, IMPOSSIBLE)
    best[:2] = local[0, :2]
    steps = np.zeros(local.shape, np.uint8)
    for frame in range(1, local.shape[0]):
        came = np.full((3, states), IMPOSSIBLE)
        came[0] = best
        came[1, 1:] = best[:-1]
        came[2, 2:] = np.where(may_skip[2:], best[:-2], IMPOSSIBLE)
        steps[frame] = came.argmax(axis=0)
        best = came.max(axis=0) + local[frame]
    state = states - 1 if best[-1] >= best[-2] else states - 2
    if best[state] <= IMPOSSIBLE / 2:
        return None
    path = np.empty(local.shape[0], np.int64)
    for frame in range(local.shape[0] - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    return path


def _local_scores(scores: Scores, row: _Row, tokens: Tokens) -> npt.NDArray[np.float64]:
    """Give the score of every state in every frame, shape (frames, 2 letters + 1)."""
    local = np.empty((scores.shape[0], 2 * row.letters.size + 1))
    local[:, 1::2] = scores[:, row.letters]
    blank = scores[:, tokens.blank]
    between = blank if tokens.between_words is None else np.maximum(blank, scores[:, tokens.between_words])
    by_gap = np.stack([blank, between, np.maximum(between, WILDCARD)])
    # (gaps, frames) to (frames, gaps)
    local[:, 0::2] = by_gap[row.gaps].T
    return local


def _spots(scores: Scores, row: _Row, path: npt.NDArray[np.int64]) -> list[Spot]:
    spots = []
    for first, after in row.words:
        inside = np.flatnonzero((path >= 2 * first + 1) & (path <= 2 * after - 1))
        sung = inside[path[inside] % 2 == 1]
        likelihood = np.exp(scores[sung, row.letters[path[sung] // 2]]).mean()
        spots.append(Spot(start=int(inside[0]), stop=int(inside[-1]) + 1, likelihood=float(likelihood)))
    return spots
