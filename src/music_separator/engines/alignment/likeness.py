"""How much a frame of the song sounds like the same words spoken by espeak-ng: a second opinion per state.

The spoken frames of a word are laid evenly under its states; likeness is the cosine between a sung and a spoken frame.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.features import cepstra
from music_separator.engines.alignment.mel import FRAMES_PER_S, SAMPLE_RATE, MelStream
from music_separator.engines.alignment.speech import Spoken
from music_separator.engines.alignment.states import StateRow

Floats = npt.NDArray[np.float32]

DIMENSIONS = 24
"""Twelve cepstra without the level, and their differences."""
_DIFFERENCE_WEIGHT = 0.7
_SILENT_PERCENTILE = 35
_LINE_GAP_S = 0.3
_NOISE_FLOOR = 1.0


def sung_features(values: Floats, active: npt.NDArray[np.bool_]) -> Floats:
    """Give unit vectors, shape (frames, 24), from cepstra; scaled by the frames in which somebody sings."""
    timbre = values[:, 1:]
    timbre = (timbre - timbre[active].mean(axis=0)) / (timbre[active].std(axis=0) + 1e-6)
    padded = np.pad(timbre, ((2, 2), (0, 0)), "edge")
    change = padded[4:] - padded[:-4]
    change = change / (change[active].std(axis=0) + 1e-6) * _DIFFERENCE_WEIGHT
    both = np.pad(np.hstack([timbre, change]), ((1, 1), (0, 0)))
    soft = 0.25 * both[:-2] + 0.5 * both[1:-1] + 0.25 * both[2:]
    return np.asarray(soft / (np.linalg.norm(soft, axis=1, keepdims=True) + 1e-9), np.float32)


class SpokenSong:
    """All utterances of a song one after the other: features of each frame, and where each word begins and ends."""

    def __init__(self, utterances: Iterable[Spoken]) -> None:
        mels, bounds, at = [], list[tuple[int, int]](), 0
        for spoken in utterances:
            mel, skipped_s = _trimmed_mel(spoken)
            edges = [max(0, round((start_s - skipped_s) * FRAMES_PER_S)) for start_s in spoken.starts_s]
            edges.append(len(mel) - round(_LINE_GAP_S * FRAMES_PER_S))
            bounds += [(at + begin, at + max(begin, end)) for begin, end in pairwise(edges)]
            mels.append(mel)
            at += len(mel)
        mel = np.concatenate(mels) + np.float32(_NOISE_FLOOR)
        loudness = np.log(mel).mean(axis=1)
        self._voiced = loudness > np.percentile(loudness, _SILENT_PERCENTILE)
        self._features = sung_features(cepstra(mel), self._voiced)
        self._bounds = bounds

    def under(self, row: StateRow) -> Floats:
        """Give the spoken frame that each state stands for, shape (states, 24); zeros for pauses."""
        frames = np.zeros((len(row.word), DIMENSIONS), np.float32)
        order = np.flatnonzero(~row.is_pause)
        starts = np.searchsorted(row.word[order], np.arange(len(self._bounds) + 1))
        last = len(self._features) - 1
        for word, (begin, end) in enumerate(self._bounds):
            states = order[starts[word] : starts[word + 1]]
            end = max(end, begin + 2)
            while end > begin + 3 and not self._voiced[min(end - 1, last)]:
                end -= 1
            picked = np.round(np.linspace(begin, end - 1, len(states))).astype(int)
            frames[states] = self._features[np.clip(picked, 0, last)]
        return frames


def _trimmed_mel(spoken: Spoken) -> tuple[Floats, float]:
    """Give mel power of an utterance without the silence around it, a gap behind it; and the seconds cut in front."""
    import soxr

    samples = soxr.resample(spoken.samples, spoken.sample_rate, SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    margin = SAMPLE_RATE // FRAMES_PER_S
    begin, end = (max(0, int(loud[0]) - margin), int(loud[-1]) + margin) if loud.size else (0, len(samples))
    gap = np.zeros(round(_LINE_GAP_S * SAMPLE_RATE), np.float32)
    return MelStream().feed(
        np.concatenate([samples[begin:end], gap, gap[:320]]).astype(np.float32)
    ), begin / SAMPLE_RATE
