"""When each word of a text is sung in a song that was heard, and how sure that is."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import AcousticModel
from music_separator.engines.alignment.adaptation import adapted
from music_separator.engines.alignment.confidence import (
    FEW_WORDS,
    JUDGEMENT,
    Opinions,
    Variant,
    fit_of_few,
    variants_of,
)
from music_separator.engines.alignment.evidence import Weights
from music_separator.engines.alignment.hearing import HeardSong
from music_separator.engines.alignment.learning import learnt_activity, learnt_phones
from music_separator.engines.alignment.look import Look, Path
from music_separator.engines.alignment.sphinx_files import STATES_PER_PHONE
from music_separator.engines.alignment.spoken_text import SpokenText
from music_separator.engines.alignment.timing import TimedWord
from music_separator.engines.alignment.watch import Watch, part_of

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_LEARNT_ACTIVITY_WEIGHT = 0.7
"""Instead of 0.3: what was learnt from the song itself may lean harder."""
_LEARNT_PHONES_WEIGHT = np.float32(0.3)
"""Of log posteriors that eight parts of one song taught each other."""

_LESSONS = 2
"""How often the song teaches: the second time by what the first has put right."""

_MOST_LEFT_OUT = 0.25
"""Of the lines: where more are not found, it is the ear that fails, or all of the lyrics; then none is left out."""

_FIRST, _ADAPTED, _SECOND, _ANCHORED, _TAUGHT, _FOUND = 0.05, 0.35, 0.4, 0.43, 0.55, 0.6
"""Share of the work that is done after each search and the adaptation; then second opinions."""

_UNCERTAIN = 0.5
"""Times the confidence of a word whose pronunciation nobody knows."""


def word_times(
    song: HeardSong, text: SpokenText, model: AcousticModel, weights: Weights, watch: Watch
) -> tuple[TimedWord | None, ...]:
    """Search four times, each time by what the one before has taught, then ask for second opinions.

    None for the words of lines that were not found.
    """
    look, own, path = _search(song, text, model, weights, watch)
    confidence = _confidence(look, own, path, part_of(watch, _FOUND, 1.0))
    found = look.found(path)
    return tuple(
        TimedWord(start_s=start_s, end_s=end_s, confidence=sure if spoken.certain else _UNCERTAIN * sure)
        if is_found
        else None
        for start_s, end_s, sure, spoken, is_found in zip(
            look.starts_s(path).tolist(),
            look.ends_s(path).tolist(),
            confidence.tolist(),
            text.pronunciations,
            found.tolist(),
            strict=True,
        )
    )


def _search(
    song: HeardSong, text: SpokenText, model: AcousticModel, weights: Weights, watch: Watch
) -> tuple[Look, Variant, Path]:
    """Give the song as it is known at last, how it was listened to, and the path found."""
    look = Look(song, text)
    path = look.path(Variant(weights=weights), part_of(watch, 0, _FIRST))
    look = Look(adapted(song, look.states_of(path), model, text.sounds, part_of(watch, _FIRST, _ADAPTED)), text)
    path = look.path(Variant(weights=weights), part_of(watch, _ADAPTED, _SECOND))
    look = look.anchored(path)
    if look.windows is not None:
        path = look.path(Variant(weights=weights), part_of(watch, _SECOND, _ANCHORED))
    own = Variant(weights=replace(weights, activity=_LEARNT_ACTIVITY_WEIGHT))
    told: Floats | None = None
    for lesson in range(_LESSONS):
        taught, told = _taught(look.song, text, look.states_of(path), model, told)
        look = replace(look, song=taught)
        path = look.path(replace(own, may_differ=lesson == _LESSONS - 1), part_of(watch, *_share_of(lesson)))
    if look.left_out(path) > _MOST_LEFT_OUT:
        path = look.path(own, part_of(watch, _TAUGHT, _FOUND))
    return look, own, path


def _share_of(lesson: int) -> tuple[float, float]:
    """Give where in the work the search after a lesson begins and ends."""
    step = (_TAUGHT - _ANCHORED) / _LESSONS
    return _ANCHORED + lesson * step, _ANCHORED + (lesson + 1) * step


def _taught(
    song: HeardSong, text: SpokenText, states: Path, model: AcousticModel, before: Floats | None
) -> tuple[HeardSong, Floats | None]:
    """Give the song with voice and phones told by what was found in it, and how much each frame speaks for each phone.

    ``states`` as in ``adapted``; ``before``: what was told last time, which no longer counts. Sounds are written over.
    """
    taught = replace(song, activity=learnt_activity(song, states >= 0))
    if song.sounds is None:
        return taught, None
    phone = np.where(states >= 0, states // STATES_PER_PHONE, -1)
    speaks = learnt_phones(song, phone, len(model.phones)) * _LEARNT_PHONES_WEIGHT
    news = speaks if before is None else speaks - before
    for column, phone_number in enumerate(text.sounds.phone):
        song.sounds[:, column] += news[:, phone_number]
    return taught, speaks


def _confidence(look: Look, own: Variant, path: Path, watch: Watch) -> Doubles:
    """Give the confidence of each word from other searches for it."""
    others = [variant for variant in variants_of(own.weights) if look.can(variant)]
    steps = np.linspace(0, 1, len(others) + 1)
    opinions = Opinions(
        starts_s=look.starts_s(path),
        others_s=tuple(
            look.starts_s(look.path(variant, part_of(watch, begin, end)))
            for variant, begin, end in zip(others, steps[:-1].tolist(), steps[1:].tolist(), strict=True)
        ),
        lines=np.array(look.text.lines),
        fits=look.fits(own, path),
    )
    confidence = JUDGEMENT.confidence(opinions)
    found = look.found(path)
    if len(confidence) < FEW_WORDS and found.any():
        confidence *= fit_of_few(opinions.fits[found])
    return confidence
