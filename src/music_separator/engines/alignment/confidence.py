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
    may_differ: bool = False
    """Leave out lines that nobody seems to sing, and expect lines to be sung again that are written once."""


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
    lines: npt.NDArray[np.intp]
    """The line of each word."""
    fits: Doubles
    """How well the line of each word fits where it was put: mean log score of its frames."""

    def agreement(self) -> Doubles:
        """Give how far the other searches agree on each word, 1 where all put it at the same frame."""
        deviation = np.abs(np.stack(self.others_s) - self.starts_s)
        return np.asarray(np.exp(-deviation / _TOLERANCE_S).mean(axis=0))


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Log odds that a word is within a second of its true place: what each kind of agreement beyond the even counts."""

    word: float
    line: float
    weakest: float
    """That of the word of the line that is agreed on least: lines often go wrong at one end."""
    fit: float
    """For each natural logarithm that its line fits better: a wrong line may have one place that all agree on."""
    even: float
    """Agreement that speaks neither for nor against."""
    even_weakest: float
    even_fit: float

    def confidence(self, opinions: Opinions) -> Doubles:
        """Give 0-1 per word."""
        agreement = opinions.agreement()
        _, line = np.unique(opinions.lines, return_inverse=True)
        mean = (np.bincount(line, agreement) / np.bincount(line))[line]
        weakest = np.ones(line.max() + 1)
        np.minimum.at(weakest, line, agreement)
        odds = (
            self.word * (agreement - self.even)
            + self.line * (mean - self.even)
            + self.weakest * (weakest[line] - self.even_weakest)
            + self.fit * (opinions.fits - self.even_fit)
        )
        return np.asarray(1 / (1 + np.exp(-odds)))


EVEN_FIT = -3.5
"""Mean log score at which words fit as well as not. Measured songs have -1 to -3, with square waves or a choir -4;
another song's words -3.5 to -7; tones without a voice -4.2.
"""
JUDGEMENT = Judgement(word=3.0, line=4.0, weakest=3.0, fit=0.7, even=0.75, even_weakest=0.65, even_fit=EVEN_FIT)
"""Round numbers, chosen on eleven songs with times made by hand so that about one line of six falls below 0.5.

What that is worth benchmarks/alignment.py prints.
"""

FEW_WORDS = 10
"""Fewer of them fit anywhere, and every search puts them at the same place: agreement alone says little."""
_FEW_SLOPE = 3.0
"""How fast few words become believable as they fit better."""


def fit_of_few(fits: Doubles) -> float:
    """Give how well a few words fit where they were put, 0-1, by the mean log score of each one's line."""
    return float(1 / (1 + np.exp(-_FEW_SLOPE * (float(fits.mean()) - EVEN_FIT))))
