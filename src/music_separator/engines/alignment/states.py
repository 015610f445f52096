"""A song's text as one row of states: sounds that must follow each other, and pauses that may lie between words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import STATES_PER_PHONE
from music_separator.engines.alignment.ipa import VOWELS

PAUSE = -1

VOWEL_FRAMES, CONSONANT_FRAMES = 6, 3
"""Least length of a sung phone: 60 and 30 ms, a state per frame."""
_ENTER_WITHIN_LINE, _ENTER_AT_LINE = -4.0, -1.0
"""Log weight of pausing before a word within a line, and before a line. Lines are usually parted by music."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StateRow:
    """States from left to right, shape (states,) each. Before every word, and at the end, stands a pause."""

    column: npt.NDArray[np.intp]
    """State of the acoustic model; 0, without meaning, for pauses."""
    word: npt.NDArray[np.intp]
    """Number of the word; PAUSE for pauses."""
    enter: npt.NDArray[np.float32]
    """Log weight of coming into the state from the one before it."""

    @property
    def is_pause(self) -> npt.NDArray[np.bool_]:
        """Tell which states are pauses."""
        return np.asarray(self.word == PAUSE, np.bool_)

    @property
    def least_frames(self) -> int:
        """The shortest time that all words can be sung in."""
        return int((~self.is_pause).sum())


def row_of(pronunciations: Sequence[Sequence[str]], lines: Sequence[int], phones: tuple[str, ...]) -> StateRow:
    """Build the row for words of these phones; ``lines`` has the line of each word."""
    number = {phone: index for index, phone in enumerate(phones)}
    column: list[int] = []
    word: list[int] = []
    enter: list[float] = []
    before = None
    for index, (spoken, line) in enumerate(zip(pronunciations, lines, strict=True)):
        column.append(0)
        word.append(PAUSE)
        enter.append(_ENTER_WITHIN_LINE if line == before else _ENTER_AT_LINE)
        before = line
        for phone in spoken:
            frames = VOWEL_FRAMES if phone in VOWELS else CONSONANT_FRAMES
            column += [STATES_PER_PHONE * number[phone] + STATES_PER_PHONE * step // frames for step in range(frames)]
            word += [index] * frames
            enter += [0.0] * frames
    column.append(0)
    word.append(PAUSE)
    enter.append(_ENTER_AT_LINE)
    return StateRow(column=np.array(column, np.intp), word=np.array(word, np.intp), enter=np.array(enter, np.float32))
