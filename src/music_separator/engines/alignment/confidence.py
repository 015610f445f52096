"""How sure each word's time is: whether other ways of listening put it at the same place, and how well it fits there.

Errors of alignment are derailments: a verse laid on the wrong repeat. A derailed passage moves when the evidence is
weighed otherwise, a found one stays. So the song is searched again in a few ways, and agreement counts most.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.evidence import Weights
from music_separator.engines.alignment.rendering import Rendering

Doubles = npt.NDArray[np.float64]

_TOLERANCE_S = 0.3
"""Two starts this far apart agree to a third."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Another way of listening: fewer renderings, or other weights."""

    renderings: frozenset[Rendering] = frozenset(Rendering)
    weights: Weights = field(default_factory=Weights)
    in_context: bool = True
    """Listen for sounds in their context where all renderings are there; else for phones by themselves."""
    may_leave_out: bool = False
    """Leave out lines that nobody seems to sing."""


def variants_of(weights: Weights) -> tuple[Variant, ...]:
    """Give the ways that are asked for a second opinion."""
    alone = tuple(Variant(renderings=frozenset({kind}), weights=weights) for kind in Rendering)
    weighed = (
        replace(weights, pause=weights.pause + 1.0),
        replace(weights, pause=weights.pause - 1.5),
        replace(weights, likeness=0.0),
        replace(weights, likeness=2 * weights.likeness),
    )
    return (*alone, *(Variant(weights=other) for other in weighed))


@dataclass(frozen=True, kw_only=True, eq=False)
class Opinions:
    """What the searches say of each word."""

    starts_s: Doubles
    others_s: tuple[Doubles, ...]
    """Where each variant has the words begin."""
    scores: Doubles
    """Mean log score of the word's frames."""
    lines: npt.NDArray[np.intp]
    """The line of each word."""

    def agreement(self) -> Doubles:
        """Give how far the other searches agree on each word, 1 where all put it at the same frame."""
        deviation = np.abs(np.stack(self.others_s) - self.starts_s)
        return np.asarray(np.exp(-deviation / _TOLERANCE_S).mean(axis=0))


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Log odds that a word is within a second of its true place: a logistic regression."""

    word_agreement: float
    line_agreement: float
    line_score: float
    constant: float

    def confidence(self, opinions: Opinions) -> Doubles:
        """Give 0-1 per word."""
        agreement = opinions.agreement()
        odds = (
            self.word_agreement * agreement
            + self.line_agreement * _line_means(agreement, opinions.lines)
            + self.line_score * _line_means(opinions.scores, opinions.lines)
            + self.constant
        )
        return np.asarray(1 / (1 + np.exp(-odds)))


JUDGEMENT = Judgement(word_agreement=2.34, line_agreement=5.24, line_score=0.99, constant=-1.69)
"""Fitted on the words of eleven songs with times made by hand, with their own and with another song's lyrics.

Left out one by one it is worth as much: benchmarks/alignment.py prints it.
"""

_EVEN_MARGIN, _MARGIN_SLOPE = 0.2, 0.04
_EVEN_SURENESS, _SURENESS_SLOPE = 1.5, 0.4
_LEAST_BELONGING = 0.3
"""A song too hard to hear looks like wrong lyrics; it is doubted, but not denied."""


def belonging(right: Doubles, wrong: Doubles, margin: float) -> float:
    """Give the share of confidence that is left where a text fits little better than one that is surely wrong.

    ``right`` and ``wrong``: mean log score of each word in the text and in the same words backwards. ``margin``: log
    score of all of the one less that of the other, per frame sung. By how much the text is better: another song's
    lyrics reach -0.1 to 0.15, right ones 0.3 to 1.3. How surely: the t statistic over words; up to 2, and from 1.7.
    """
    better = right - wrong
    sureness = better.mean() * np.sqrt(len(better)) / (better.std() + 1e-6)
    by_much = _sigmoid((margin - _EVEN_MARGIN) / _MARGIN_SLOPE)
    surely = _sigmoid((sureness - _EVEN_SURENESS) / _SURENESS_SLOPE)
    return float(_LEAST_BELONGING + (1 - _LEAST_BELONGING) * by_much * surely)


def _sigmoid(odds: float) -> float:
    return float(1 / (1 + np.exp(np.clip(-odds, -50, 50))))


def _line_means(values: Doubles, lines: npt.NDArray[np.intp]) -> Doubles:
    """Give each word the mean of its line."""
    _, line = np.unique(lines, return_inverse=True)
    return np.asarray((np.bincount(line, values) / np.bincount(line))[line])
