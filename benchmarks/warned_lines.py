"""What the warnings are worth: lines more than a second off among those that are warned of.

Rule and limit were chosen on songs that are also measured here. So that the figure does not flatter, the limit is also
chosen for each song on the others alone, to warn of the same share of their lines; and recall is given without each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from music_separator.pipeline.doubt import DOUBTFUL

T = TypeVar("T")

OFF_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The lines of one song: errors of their starts, infinite where they were not found, and confidences."""

    errors_s: np.ndarray
    confidences: np.ndarray

    def warned(self, limit: float) -> np.ndarray:
        """Tell which lines are warned of below a limit."""
        return self.confidences < limit


def sentences(songs: Sequence[Judged]) -> list[str]:
    """Say what warnings at the product's limit are worth, and at limits chosen on other songs."""
    off = [song.errors_s > OFF_S for song in songs]
    warned = [song.warned(DOUBTFUL) for song in songs]
    rows = [
        f"lines: {np.concatenate(off).mean():.3f} of {len(np.concatenate(off))} begin more than {OFF_S:.0f} s off; "
        + _worth(warned, off)
    ]
    if len(songs) > 1:
        share = float(np.concatenate(warned).mean())
        limits = [_limit(_without(songs, index), share) for index in range(len(songs))]
        chosen = [song.warned(limit) for song, limit in zip(songs, limits, strict=True)]
        without = [_recall(_without(warned, index), _without(off, index)) for index in range(len(songs))]
        rows.append(f"limit chosen on the other songs, {min(limits):.2f} to {max(limits):.2f}: {_worth(chosen, off)}")
        rows.append(f"recall without one of the songs: {min(without):.3f} to {max(without):.3f}")
    return rows


def _worth(warned: Sequence[np.ndarray], off: Sequence[np.ndarray]) -> str:
    share, both = np.concatenate(warned), np.concatenate(warned) & np.concatenate(off)
    precision = both.sum() / max(1, share.sum())
    return f"{share.mean():.3f} are warned of; recall {_recall(warned, off):.3f}, precision {precision:.3f}"


def _recall(warned: Sequence[np.ndarray], off: Sequence[np.ndarray]) -> float:
    missed = np.concatenate(off) & ~np.concatenate(warned)
    return 1 - float(missed.sum()) / max(1, int(np.concatenate(off).sum()))


def _limit(songs: Sequence[Judged], share: float) -> float:
    return float(np.quantile(np.concatenate([song.confidences for song in songs]), share))


def _without(values: Sequence[T], index: int) -> list[T]:
    return [*values[:index], *values[index + 1 :]]
