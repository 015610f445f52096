"""A transcript held against the words that are sung: the fewest changes between the two (Levenshtein, 1966)."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class WordErrors:
    """``pairs`` are the places of the same word in the true and in the heard text."""

    true: int
    changes: int
    pairs: tuple[tuple[int, int], ...]

    @property
    def rate(self) -> float:
        """Word error rate: words changed, left out and put in, for each true word; may exceed 1."""
        return self.changes / self.true


def plain(word: str) -> str:
    """Give a word without what is not heard: case, punctuation, forms of letters."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LMN")


def word_errors(true: Sequence[str], heard: Sequence[str]) -> WordErrors:
    """Compare words in order; those of punctuation alone are none. Raises ValueError where no true word is left."""
    ours, theirs = (
        [(place, plain(word)) for place, word in enumerate(words) if plain(word)] for words in (true, heard)
    )
    if not ours:
        raise ValueError("there are no words to be heard")
    costs = _costs([word for _, word in ours], [word for _, word in theirs])
    pairs = [(ours[row][0], theirs[column][0]) for row, column in _matches(costs, ours, theirs)]
    return WordErrors(true=len(ours), changes=int(costs[-1, -1]), pairs=tuple(reversed(pairs)))


def _said(words: Sequence[str]) -> list[tuple[int, str]]:
    return [(place, plain(word)) for place, word in enumerate(words) if plain(word)]


def _costs(true: Sequence[str], heard: Sequence[str]) -> np.ndarray:
    """Give the fewest changes between all beginnings of the two, shape (true + 1, heard + 1)."""
    costs = np.zeros((len(true) + 1, len(heard) + 1), np.int64)
    costs[0] = steps = np.arange(len(heard) + 1)
    for row, word in enumerate(true, 1):
        costs[row, 0] = row
        differs = np.array([word != other for other in heard], np.int64)
        best = np.minimum(costs[row - 1, 1:] + 1, costs[row - 1, :-1] + differs)
        # a word put in costs one more than the place before: the least of (best - step) so far, and the step
        costs[row] = np.minimum.accumulate(np.append(row, best) - steps) + steps
    return costs


def _matches(
    costs: np.ndarray, true: Sequence[tuple[int, str]], heard: Sequence[tuple[int, str]]
) -> Iterator[tuple[int, int]]:
    """Walk back through the fewest changes; gives the places of the same words, the last first."""
    row, column = len(true), len(heard)
    while row and column:
        same = true[row - 1][1] == heard[column - 1][1]
        if costs[row, column] == costs[row - 1, column - 1] + (not same):
            row, column = row - 1, column - 1
            if same:
                yield row, column
        elif costs[row, column] == costs[row - 1, column] + 1:
            row -= 1
        else:
            column -= 1
