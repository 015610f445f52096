"""The second look: what the first search found tells how this singer sounds, and how this song sounds without singing.

The cepstra are moved towards where the model expects the phones just found; voice and music are told apart by a linear
rule learnt from the frames found to be sung and not.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import AcousticModel
from music_separator.engines.alignment.activity import smoothed
from music_separator.engines.alignment.hearing import HeardSong, posteriors_of
from music_separator.engines.alignment.watch import Watch, part_of

Floats = npt.NDArray[np.float32]

_TOWARDS_MODEL = 0.5
"""How much of the difference to the model is taken for the singer; the rest is errors of the first search."""
_CONTEXT_FRAMES, _RESULT_FRAMES = 25, 9
_RIDGE = 50.0
_ODDS_SCALE = 2.5
"""A linear rule is timid: its odds are too near to even."""
_LEAST_SHARE, _MOST_SHARE = 0.1, 0.97
"""Of frames that are sung, between which there is something to learn."""


def adapted(song: HeardSong, states: npt.NDArray[np.intp], model: AcousticModel, watch: Watch) -> HeardSong:
    """Give the song as heard by who knows it better; ``states``: the model's state of each frame, -1 in pauses."""
    sung = states >= 0
    expected = model.expected[states[sung]].mean(axis=0)
    renderings = []
    for index, heard in enumerate(song.renderings):
        here = part_of(watch, index / len(song.renderings), (index + 1) / len(song.renderings))
        middle = heard.cepstra[sung].mean(axis=0) - _TOWARDS_MODEL * expected
        renderings.append(replace(heard, posteriors=posteriors_of(heard.cepstra - middle, model, here)))
    return HeardSong(renderings=tuple(renderings), activity=_learnt_activity(song, sung))


def _learnt_activity(song: HeardSong, sung: npt.NDArray[np.bool_]) -> Floats:
    """Give activity, shape (frames,), by ridge regression of ``sung`` on cepstra, their surroundings and squares."""
    share = float(sung.mean())
    if not _LEAST_SHARE < share < _MOST_SHARE:
        return song.activity
    now = np.hstack([heard.cepstra for heard in song.renderings])
    around = np.column_stack([smoothed(column, _CONTEXT_FRAMES) for column in now.T])
    seen = np.hstack([now, around, around**2])
    seen = (seen - seen.mean(axis=0)) / (seen.std(axis=0) + 1e-6)
    seen = np.hstack([seen, np.ones((len(seen), 1), np.float32)]).astype(np.float64)
    rule = np.linalg.solve(seen.T @ seen + _RIDGE * np.eye(seen.shape[1]), seen.T @ sung)
    guess = np.clip(smoothed(np.asarray(seen @ rule, np.float32), _RESULT_FRAMES), 0.02, 0.98)
    odds = _ODDS_SCALE * np.log(guess / (1 - guess)) - np.log(share / (1 - share))
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)
