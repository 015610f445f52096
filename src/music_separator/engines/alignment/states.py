"""A song's text as one row of states: sounds that must follow each other, and pauses that may lie between words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.ipa import VOWELS
from music_separator.engines.alignment.sphinx_files import STATES_PER_PHONE

PAUSE = -1

VOWEL_FRAMES, CONSONANT_FRAMES = 6, 3
"""Least length of a sung phone: 60 and 30 ms, a state per frame."""
VOWEL_LONGEST, CONSONANT_LONGEST, PAUSE_LONGEST = 10**9, 20, 10**9
"""Frames for which one state of a phone may be held. In songs timed by hand 99.5 % of the states of consonants are held
for at most 22; vowels are held for seconds.
"""
_ENTER_WITHIN_LINE, _ENTER_AT_LINE = -4.0, -1.0
"""Log weight of pausing before a word within a line, and before a line. Lines are usually parted by music."""


def _no_borders() -> npt.NDArray[np.intp]:
    return np.zeros(0, np.intp)


@dataclass(frozen=True, kw_only=True, eq=False)
class StateRow:
    """States from left to right, shape (states,) each. Before every word, and at the end, stands a pause."""

    column: npt.NDArray[np.intp]
    """State of the acoustic model, of the phone by itself; 0, without meaning, for pauses."""
    word: npt.NDArray[np.intp]
    """Number of the word; PAUSE for pauses."""
    enter: npt.NDArray[np.float32]
    """Log weight of coming into the state from the one before it."""
    longest: npt.NDArray[np.int32]
    """Frames that a state may be held for; held longer, it is hardly that sound."""
    borders: npt.NDArray[np.intp] = field(default_factory=_no_borders)
    """The pause before each line and, at last, the pause at the end."""

    @property
    def is_pause(self) -> npt.NDArray[np.bool_]:
        """Tell which states are pauses."""
        return np.asarray(self.word == PAUSE, np.bool_)

    @property
    def pauses_within_lines(self) -> npt.NDArray[np.intp]:
        """Give the pauses between words of one line."""
        return np.setdiff1d(np.flatnonzero(self.is_pause), self.borders)

    @property
    def least_frames(self) -> int:
        """The shortest time that all words can be sung in."""
        return int((~self.is_pause).sum())


def thirds_of(phone: str) -> tuple[int, ...]:
    """Give which of the three states of a phone stands in each frame of its least length."""
    frames = VOWEL_FRAMES if phone in VOWELS else CONSONANT_FRAMES
    return tuple(STATES_PER_PHONE * step // frames for step in range(frames))


def row_of(pronunciations: Sequence[Sequence[str]], lines: Sequence[int], phones: tuple[str, ...]) -> StateRow:
    """Build the row for words of these phones; ``lines`` has the line of each word."""
    number = {phone: index for index, phone in enumerate(phones)}
    column: list[int] = []
    word: list[int] = []
    enter: list[float] = []
    longest: list[int] = []
    borders: list[int] = []
    before = None
    for index, (spoken, line) in enumerate(zip(pronunciations, lines, strict=True)):
        if line != before:
            borders.append(len(word))
        column.append(0)
        word.append(PAUSE)
        enter.append(_ENTER_WITHIN_LINE if line == before else _ENTER_AT_LINE)
        longest.append(PAUSE_LONGEST)
        before = line
        for phone in spoken:
            states = [STATES_PER_PHONE * number[phone] + third for third in thirds_of(phone)]
            column += states
            word += [index] * len(states)
            enter += [0.0] * len(states)
            longest += [VOWEL_LONGEST if phone in VOWELS else CONSONANT_LONGEST] * len(states)
    borders.append(len(word))
    column.append(0)
    word.append(PAUSE)
    enter.append(_ENTER_AT_LINE)
    longest.append(PAUSE_LONGEST)
    return StateRow(
        column=np.array(column, np.intp),
        word=np.array(word, np.intp),
        enter=np.array(enter, np.float32),
        longest=np.array(longest, np.int32),
        borders=np.array(borders, np.intp),
    )
