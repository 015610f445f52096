import itertools

import numpy as np
import pytest

from music_separator.engines.alignment.repeats import sung_once
from music_separator.engines.alignment.search import Passage, best_path
from music_separator.engines.alignment.states import (
    CONSONANT_FRAMES,
    CONSONANT_LONGEST,
    PAUSE,
    PAUSE_LONGEST,
    VOWEL_FRAMES,
    StateRow,
    row_of,
)


def ignore(share: float) -> None:
    """Take a report."""


def row(words: list[int]) -> StateRow:
    """Make a row from the word of each state; entering a pause costs 1."""
    word = np.array(words)
    return StateRow(
        column=np.zeros(len(words), np.intp),
        word=word,
        enter=np.where(word == PAUSE, -1.0, 0.0).astype(np.float32),
        longest=np.full(len(words), PAUSE_LONGEST, np.int32),
        borders=np.flatnonzero(word == PAUSE),
    )


def passage(
    of: StateRow,
    scores: np.ndarray,
    *,
    skips: np.ndarray | None = None,
    again: float | None = None,
    beam: float = 1e9,
) -> Passage:
    def emissions(frames: range, states: slice) -> np.ndarray:
        return scores[frames.start : frames.stop, states].astype(np.float32)

    return Passage(row=of, emissions=emissions, frames=len(scores), skips=skips, again=again, beam=beam)


def worth(of: StateRow, scores: np.ndarray, path: tuple[int, ...], skip: float = -np.inf) -> float:
    """Score a path by the rules, -inf where it breaks them; each word is a line that may be left out."""
    last = len(of.word) - 1
    if path[0] > 1 or path[-1] < last - 1:
        return -np.inf
    total = scores[np.arange(len(path)), list(path)].sum() - (0.5 if path[0] == 1 else 0)
    for before, now in itertools.pairwise(path):
        over_pause = now - before == 2 and of.word[before + 1] == PAUSE
        if of.word[before] == of.word[now] == PAUSE and now > before:
            left_out = of.borders.searchsorted(now) - of.borders.searchsorted(before) == 1
            total += skip if left_out else -np.inf
            continue
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


@pytest.mark.parametrize("seed", range(5))
def test_a_line_is_left_out_where_that_is_the_best_path(seed: int) -> None:
    of = row([PAUSE, 0, PAUSE, 1, 1, PAUSE])
    scores = np.random.default_rng(seed).normal(0, 3, (6, 6))
    found = best_path(passage(of, scores, skips=np.full(2, -2, np.float32)), ignore)
    best = max(worth(of, scores, path, -2) for path in itertools.product(range(6), repeat=6))
    assert worth(of, scores, tuple(found.tolist()), -2) == pytest.approx(best, abs=1e-4)


def test_a_line_that_fits_nowhere_is_left_out_and_the_others_stay() -> None:
    of = row([PAUSE, 0, 0, PAUSE, 1, 1, PAUSE, 2, 2, PAUSE])
    scores = np.full((300, 10), -1.0)
    scores[:, of.word >= 0] = -40
    scores[50:90, 1:3] = scores[200:240, 7:9] = 0
    path = best_path(passage(of, scores, skips=np.full(3, -20, np.float32)), ignore)
    assert np.flatnonzero(of.word[path] == 0)[[0, -1]].tolist() == [50, 89]
    assert np.flatnonzero(of.word[path] == 2)[[0, -1]].tolist() == [200, 239]
    assert 1 not in of.word[path]


def test_giving_up_what_lies_far_behind_does_not_change_a_clear_path() -> None:
    of = row([PAUSE, *[state for word in range(60) for state in (word, word, PAUSE)]])
    path = np.repeat(np.arange(len(of.word)), 10)
    scores = np.random.default_rng(3).normal(-4, 1, (len(path), len(of.word)))
    scores[np.arange(len(path)), path] = 0
    whole = best_path(passage(of, scores), ignore)
    np.testing.assert_array_equal(best_path(passage(of, scores, beam=100), ignore), whole)


def test_words_that_only_just_fit_are_kept_within_any_beam() -> None:
    of = row([PAUSE, *[state for word in range(100) for state in (word, word, word, PAUSE)]])
    scores = np.where(of.word == PAUSE, 0.0, -30.0) * np.ones((320, 1))
    path = best_path(passage(of, scores, beam=10), ignore)
    assert np.unique(of.word[path]).tolist() == [PAUSE, *range(100)]


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


def test_a_consonant_is_not_held_over_music_that_sounds_like_it() -> None:
    of = row_of([("T",), ("S",)], [0, 1], ("S", "T"))
    scores = np.full((1000, len(of.word)), -9.0)
    scores[:, of.is_pause] = -5
    scores[:700, of.word == 0] = -4  # a hiss that is a little like a T, then the words
    scores[700:720, of.word == 0] = scores[800:820, of.word == 1] = -1
    path = best_path(passage(of, scores), ignore)
    assert np.flatnonzero(of.word[path] == 0)[[0, -1]] == pytest.approx([700, 719], abs=3 * CONSONANT_LONGEST)
    assert np.flatnonzero(of.word[path] == 1)[[0, -1]].tolist() == [800, 819]


def sung_twice() -> tuple[StateRow, np.ndarray]:
    """Five lines of which 1 and 2 come again before the last; that is a little like what comes again."""
    of = row([PAUSE, *[state for line in range(5) for state in (line, line, PAUSE)]])
    scores = np.where(of.word == PAUSE, -5.0, -40.0) * np.ones((700, 1))
    scores[400:600, of.word == 4] = -3
    for number, line in enumerate([0, 1, 2, 3, 1, 2, 4]):
        scores[100 * number + 20 : 100 * number + 80, of.word == line] = 0
    return of, scores


def test_lines_sung_again_do_not_draw_the_next_line_away() -> None:
    of, scores = sung_twice()
    drawn_away = of.word[best_path(passage(of, scores), ignore)]
    assert np.flatnonzero(drawn_away == 4)[0] == 400
    path = best_path(passage(of, scores, again=-150), ignore)
    gains = np.where(of.word[path] == PAUSE, 0, scores[np.arange(700), path] + 5).astype(np.float32)
    once = sung_once(path, of.borders, gains)
    heard = of.word[once].reshape(7, 100)
    assert [set(part[20:80].tolist()) for part in heard] == [{0}, {1}, {2}, {3}, {PAUSE}, {PAUSE}, {4}]
    assert (np.diff(once) >= 0).all()


@pytest.mark.parametrize("step_bytes", [1, 16 * 64, 16 * 150])
def test_little_memory_finds_lines_sung_again_too(step_bytes: int) -> None:
    of, scores = sung_twice()
    whole = best_path(passage(of, scores, again=-150), ignore)
    assert (np.diff(whole) < 0).any()
    np.testing.assert_array_equal(best_path(passage(of, scores, again=-150), ignore, step_bytes=step_bytes), whole)


ROW = row([PAUSE, 0, 0, PAUSE, 1, 1, PAUSE, 2, 2, PAUSE])
FIRST, AGAIN, ON = [1, 2, 4, 5, 6], [0, 1, 2, 4, 5], [7, 8]


@pytest.mark.parametrize(
    ("path", "gains", "once"),
    [
        ([*FIRST, *AGAIN, *ON], [2, 2, 2, 2, 0, 0, 1, 1, 1, 1, 3, 3], [1, 2, 4, 5, 6, 6, 6, 6, 6, 6, 7, 8]),
        ([*FIRST, *AGAIN, *ON], [1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 3, 3], [0, 0, 0, 0, 0, 0, 1, 2, 4, 5, 7, 8]),
        ([*FIRST, *AGAIN, *ON], [2, 2, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3], [1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 7, 8]),
        # the song returns after line 0: line 1 would come before it
        ([*FIRST, 0, 1, 2, 3, 6, *ON], [1, 1, 1, 1, 0, 0, 2, 2, 0, 0, 3, 3], [1, 2, 4, 5, 6, 6, 6, 6, 6, 6, 7, 8]),
        # line 1 three times
        ([*FIRST, 3, 4, 5, 6, 3, 4, 5, *ON], [1] * 6 + [9, 9] + [1] * 6, [1, 2, 3, 3, 3, 3, 4, 5, 6, 6, 6, 6, 7, 8]),
    ],
)
def test_of_passes_the_best_gives_the_times(path: list[int], gains: list[int], once: list[int]) -> None:
    worth_of = np.array(gains, np.float32)
    assert sung_once(np.array(path), ROW.borders, worth_of).tolist() == once
