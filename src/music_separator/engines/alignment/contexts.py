"""Which state of the model each sung sound is between its neighbours: an A after an L is another sound than after a K.

Words of one line lean on each other; a line begins and ends beside silence. Where the model has not met a sound between
two others, it is looked for beside one of them, then by itself.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import SILENCE, Sounds
from music_separator.engines.alignment.sphinx_files import Definitions
from music_separator.engines.alignment.states import StateRow, thirds_of

_INSIDE, _FIRST, _LAST, _ALONE = range(4)
"""Where in its word a phone stands, as the model numbers it."""


def sounds_of(
    pronunciations: Sequence[Sequence[str]], lines: Sequence[int], row: StateRow, definitions: Definitions
) -> tuple[Sounds, npt.NDArray[np.intp]]:
    """Give the sounds of a text, each once, and which of them each state of its row is; 0 for pauses."""
    found = [
        (number, int(states[third]))
        for phone, number, states in _in_context(pronunciations, lines, definitions)
        for third in thirds_of(phone)
    ]
    sounds, which = np.unique(np.array(found, np.intp), axis=0, return_inverse=True)
    sound = np.zeros(len(row.word), np.intp)
    sound[~row.is_pause] = which.reshape(-1)
    return Sounds(sounds[:, 0], sounds[:, 1]), sound


def _in_context(
    pronunciations: Sequence[Sequence[str]], lines: Sequence[int], definitions: Definitions
) -> Iterator[tuple[str, int, npt.NDArray[np.intp]]]:
    """Give name, number and states of every phone of the text."""
    number = {phone: index for index, phone in enumerate(definitions.phones)}
    silence = number[SILENCE]
    for index, spoken in enumerate(pronunciations):
        joined = [0 < at < len(lines) and lines[at - 1] == lines[at] for at in (index, index + 1)]
        before = number[pronunciations[index - 1][-1]] if joined[0] else silence
        after = number[pronunciations[index + 1][0]] if joined[1] else silence
        phones = [before, *(number[phone] for phone in spoken), after]
        for at, phone in enumerate(spoken, 1):
            position = _position(at, len(spoken))
            around = phones[at - 1], phones[at], phones[at + 1]
            yield phone, phones[at], _states(definitions, position, around, silence)


def _position(at: int, length: int) -> int:
    if length == 1:
        return _ALONE
    return _FIRST if at == 1 else _LAST if at == length else _INSIDE


def _states(
    definitions: Definitions, position: int, around: tuple[int, int, int], silence: int
) -> npt.NDArray[np.intp]:
    before, phone, after = around
    tried = (
        *((place, before, after) for place in (position, _INSIDE, _FIRST, _LAST)),
        (position, silence, after),
        (position, before, silence),
    )
    known = (definitions.find(place, phone, left, right) for place, left, right in tried)
    return next((states for states in known if states is not None), definitions.plain[phone])
