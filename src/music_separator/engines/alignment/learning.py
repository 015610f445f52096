"""What a search teaches about one song: voice and music told apart, and how this singer's phones sound in it.

Both are linear rules learnt from the frames just found. Phones are learnt from the rest of the song only, so that a
line laid in the wrong place does not speak for itself.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import BLOCK_FRAMES
from music_separator.engines.alignment.activity import smoothed
from music_separator.engines.alignment.hearing import HeardSong

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_CONTEXT_FRAMES, _RESULT_FRAMES = 25, 9
_RIDGE = 50.0
_ODDS_SCALE = 2.5
"""A linear rule is timid: its odds are too near to even."""
_LEAST_SHARE, _MOST_SHARE = 0.1, 0.97
"""Of frames that are sung, between which there is something to learn."""

_PARTS = 8
"""Of the song; the phones of each are told by what was learnt in the others."""
_AROUND = (-6, -3, 0, 3, 6)
"""Frames that tell the phone of the one in the middle."""
_FLAT = 0.1
"""Of the mean variance, added to every direction."""
_PRIOR_FRAMES = 50.0
"""Frames of the mean of all phones that each phone begins with."""
_LEAST_LOG, _EVEN_LOG = -10.0, -3.0
"""Where log posteriors end, and what speaks neither for nor against a phone: one of twenty."""


def learnt_activity(song: HeardSong, sung: npt.NDArray[np.bool_]) -> Floats:
    """Give activity, shape (frames,), by ridge regression of ``sung`` on cepstra, their surroundings and squares."""
    share = float(sung.mean())
    if not _LEAST_SHARE < share < _MOST_SHARE:
        return song.activity
    now = np.hstack([heard.cepstra for heard in song.renderings])
    around = np.column_stack([smoothed(column, _CONTEXT_FRAMES) for column in now.T])
    seen = np.hstack([now, around, around**2])
    seen -= seen.mean(axis=0)
    seen /= seen.std(axis=0) + np.float32(1e-6)
    alike, told = _RIDGE * np.eye(seen.shape[1]), np.zeros(seen.shape[1])
    for block, is_sung in zip(_blocks(seen), _blocks(sung), strict=True):
        exact = block.astype(np.float64)
        alike += exact.T @ exact
        told += exact.T @ (is_sung - share)
    rule = np.linalg.solve(alike, told)
    guess = np.clip(smoothed(seen @ rule.astype(np.float32) + np.float32(share), _RESULT_FRAMES), 0.02, 0.98)
    odds = _ODDS_SCALE * np.log(guess / (1 - guess)) - np.log(share / (1 - share))
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def learnt_phones(song: HeardSong, phone: npt.NDArray[np.intp], phones: int) -> Floats:
    """Give how much each frame speaks for each phone, in logarithms, shape (frames, phones).

    ``phone``: that of each frame, -1 in pauses. Linear discriminants (Fisher, 1936) with equal priors, cepstra of all
    renderings and of frames around as features.
    """
    speaks = np.zeros((song.frames, phones), np.float32)
    learnt = [_Statistics.of(seen, phone[part], phones) for part, seen in _parts(song)]
    for own, (part, seen) in enumerate(_parts(song)):
        others = [each for index, each in enumerate(learnt) if index != own]
        rest = _Statistics(*(sum(values) for values in zip(*(each.values for each in others), strict=True)))
        speaks[part] = np.maximum(rest.log_posteriors(seen), _LEAST_LOG) - _EVEN_LOG
    return speaks


def _blocks(values: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    return (values[begin : begin + BLOCK_FRAMES] for begin in range(0, len(values), BLOCK_FRAMES))


def _parts(song: HeardSong) -> Iterator[tuple[slice, Floats]]:
    """Give stretches of a song and what is seen in each frame, shape (frames, renderings * 13 * 5)."""
    scaled = []
    for heard in song.renderings:
        middle, spread = heard.cepstra.mean(axis=0), heard.cepstra.std(axis=0) + 1e-6
        scaled.append((heard.cepstra - middle) / spread)
    now = np.hstack(scaled)
    edges = np.linspace(0, song.frames, _PARTS + 1).astype(int)
    for begin, end in pairwise(edges.tolist()):
        at = np.arange(begin, end)
        yield slice(begin, end), np.hstack([now[np.clip(at + step, 0, song.frames - 1)] for step in _AROUND])


class _Statistics:
    """Counts, sums and products of features by phone: what discriminants are made of."""

    def __init__(self, counts: Doubles, sums: Doubles, products: Doubles) -> None:
        self.values = counts, sums, products

    @classmethod
    def of(cls, seen: Floats, phone: npt.NDArray[np.intp], phones: int) -> "_Statistics":
        known = phone >= 0
        is_phone = (phone[known][:, None] == np.arange(phones)).astype(np.float32)
        inside = seen[known]
        return cls(
            is_phone.sum(axis=0, dtype=np.float64),
            (is_phone.T @ inside).astype(np.float64),
            (inside.T @ inside).astype(np.float64),
        )

    def log_posteriors(self, seen: Floats) -> Floats:
        counts, sums, products = self.values
        frames = max(1.0, float(counts.sum()))
        middle = sums.sum(axis=0) / frames
        means = (sums + _PRIOR_FRAMES * middle) / (counts + _PRIOR_FRAMES)[:, None]
        within = (products - (means * counts[:, None]).T @ means) / frames
        within = (within + within.T) / 2
        within += (_FLAT * np.trace(within) / len(within) + 1e-6) * np.eye(len(within))
        slopes = np.linalg.solve(within, means.T)
        scores = seen @ slopes.astype(np.float32) - 0.5 * (means.T * slopes).sum(axis=0).astype(np.float32)
        scores -= scores.max(axis=1, keepdims=True)
        return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), np.float32)
