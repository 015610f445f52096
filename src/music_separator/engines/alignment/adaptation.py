"""The second look: what the first search found tells how this singer sounds.

The cepstra are moved towards where the model expects the phones just found, and scored again: the phones by themselves
in every rendering, and the text's sounds in their context as the mean over renderings.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import AcousticModel, Sounds
from music_separator.engines.alignment.hearing import HeardSong, Sum, score_again
from music_separator.engines.alignment.watch import Watch, part_of

_TOWARDS_MODEL = 0.5
"""How much of the difference to the model is taken for the singer; the rest is errors of the first search."""
MOST_CELLS = 64 * 2**20
"""Frames times sounds that are scored in context, 4 bytes each; a longer song is matched by phones alone."""


def adapted(
    song: HeardSong, states: npt.NDArray[np.intp], model: AcousticModel, sounds: Sounds, watch: Watch
) -> HeardSong:
    """Give the song as heard by who knows the singer; ``states``: the model's state of each frame, -1 in pauses.

    Long songs take much memory: what was heard before is written over.
    """
    sung = states >= 0
    expected = model.expected[states[sung]].mean(axis=0)
    share = 1 / len(song.renderings)
    fits = song.frames * len(sounds.state) <= MOST_CELLS
    total = np.zeros((song.frames, len(sounds.state) if fits else 0), np.float32)
    add_to = Sum(sounds=sounds, total=total, share=share) if fits else None
    for index, heard in enumerate(song.renderings):
        middle = heard.cepstra[sung].mean(axis=0) - _TOWARDS_MODEL * expected
        here = part_of(watch, index * share, (index + 1) * share)
        score_again(heard.posteriors, heard.cepstra - middle, model, here, add_to)
    return replace(song, sounds=total if fits else None)
