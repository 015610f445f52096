import itertools

import numpy as np
import pytest

from music_separator.engines.alignment.search import Passage, best_path
from music_separator.engines.alignment.states import CONSONANT_FRAMES, PAUSE, VOWEL_FRAMES, StateRow, row_of


def ignore(share: float) -> None:
    """Take a report."""


def row(words: list[int]) -> StateRow:
    """Make a row from the word of each state; entering a pause costs 1."""
    word = np.array(words)
    return StateRow(
        column=np.zeros(len(words), np.intp), word=word, enter=np.where(word == PAUSE, -1.0, 0.0).astype(np.float32)
    )


def passage(of: StateRow, scores: np.ndarray) -> Passage:
    return Passage(row=of, emissions=lambda begin, end: scores[begin:end].astype(np.float32), frames=len(scores))


def worth(of: StateRow, scores: np.ndarray, path: tuple[int, ...]) -> float:
    """Score a path by the rules, -inf where it breaks them."""
    last = len(of.word) - 1
    if path[0] > 1 or path[-1] < last - 1:
        return -np.inf
    total = scores[np.arange(len(path)), list(path)].sum() - (0.5 if path[0] == 1 else 0)
    for before, now in itertools.pairwise(path):
        over_pause = now - before == 2 and of.word[before + 1] == PAUSE
        if now - before not in (0, 1) and not over_pause:
            return -np.inf
        total += of.enter[now] if now - before == 1 else 0
    return float(total)


@pytest.mark.parametrize("seed", range(5))
def test_no_path_is_better_than_the_one_found(seed: int) -> None:
    of = row([PAUSE, 0, 0, PAUSE, 1, PAUSE])
    scores = np.random.default_rng(seed).normal(0, 3, (7, 6))
    found = best_path(passage(of, scores), ignore)
    best = max(worth(of, scores, path) for path in itertools.product(range(6), repeat=7))
    assert worth(of, scores, tuple(found.tolist())) == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize("step_bytes", [1, 40 * 64, 40 * 150, 40 * 1000])
def test_little_memory_gives_the_same_path(step_bytes: int) -> None:
    of = row([PAUSE, *np.repeat(np.arange(13), 2).tolist(), *([PAUSE, 13] * 6), PAUSE])
    scores = np.random.default_rng(1).normal(0, 3, (517, len(of.word)))
    whole = best_path(passage(of, scores), ignore)
    np.testing.assert_array_equal(best_path(passage(of, scores), ignore, step_bytes=step_bytes), whole)


def test_what_only_just_fits_is_sung_without_a_pause() -> None:
    of = row_of([("AA", "T"), ("S",)], [0, 0], ("AA", "S", "T"))
    assert of.least_frames == VOWEL_FRAMES + 2 * CONSONANT_FRAMES
    path = best_path(passage(of, np.zeros((of.least_frames, len(of.word)))), ignore)
    assert of.word[path].tolist() == [0] * (VOWEL_FRAMES + CONSONANT_FRAMES) + [1] * CONSONANT_FRAMES
