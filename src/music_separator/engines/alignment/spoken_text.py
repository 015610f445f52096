"""The words of a song as sounds: the row of states to be searched, and the spoken frame that each state stands for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music_separator.domain.errors import LyricsTooLong
from music_separator.engines.alignment.acoustic_model import AcousticModel, Sounds
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.contexts import sounds_of
from music_separator.engines.alignment.likeness import SpokenSong
from music_separator.engines.alignment.mel import FRAMES_PER_S
from music_separator.engines.alignment.pronunciation import Pronunciation
from music_separator.engines.alignment.speech import Speech
from music_separator.engines.alignment.states import StateRow, row_of
from music_separator.engines.alignment.sung_text import SungText


@dataclass(frozen=True, kw_only=True, eq=False)
class SpokenText:
    """A text in the form in which it is looked for."""

    pronunciations: tuple[Pronunciation, ...]
    lines: tuple[int, ...]
    """The line of each word."""
    row: StateRow
    sounds: Sounds
    """The sounds of the text in their context, each once."""
    sound: npt.NDArray[np.intp]
    """Which of them each state is; 0, without meaning, for pauses."""
    anchors: Anchors | None
    """When lines are said to begin."""
    frames: npt.NDArray[np.float32]
    """What each state sounds like when spoken, unit vectors, shape (states, 24); zeros for pauses."""


def spoken_text(text: SungText, model: AcousticModel, duration_s: float, anchors: Anchors | None = None) -> SpokenText:
    """Have espeak-ng say the text. Raises AlignmentUnavailable; LyricsTooLong before anything is spoken aloud."""
    with Speech(text.task()) as speech:
        pronunciations = text.pronunciations(speech.phones())
        row = row_of([each.phones for each in pronunciations], text.lines, model.phones)
        check_fits(row, duration_s, words=len(text.spoken))
        frames = SpokenSong(speech.spoken()).under(row)
    sounds, sound = sounds_of([each.phones for each in pronunciations], text.lines, row, model.definitions)
    return SpokenText(
        pronunciations=pronunciations,
        lines=text.lines,
        row=row,
        sounds=sounds,
        sound=sound,
        anchors=anchors,
        frames=frames,
    )


def check_fits(row: StateRow, duration_s: float, *, words: int) -> None:
    """Raise LyricsTooLong where the words cannot be sung in so many seconds, however fast."""
    if row.least_frames > int(duration_s * FRAMES_PER_S):
        raise LyricsTooLong(words, duration_s)
