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
    fit_of,
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

Doubles = npt.NDArray[np.float64]

_LEARNT_ACTIVITY_WEIGHT = 0.7
"""Instead of 0.3: what was learnt from the song itself may lean harder."""
_LEARNT_PHONES_WEIGHT = np.float32(0.3)
"""Of log posteriors that eight parts of one song taught each other."""

_FIRST, _ADAPTED, _SECOND, _ANCHORED, _FOUND = 0.05, 0.4, 0.45, 0.48, 0.55
"""Share of the work that is done after each search and the adaptation; then second opinions."""

_UNCERTAIN = 0.5
"""Times the confidence of a word whose pronunciation nobody knows."""


def word_times(
    song: HeardSong, text: SpokenText, model: AcousticModel, weights: Weights, watch: Watch
) -> tuple[TimedWord | None, ...]:
    """Search three times, each time by what the one before has taught, then ask for second opinions.

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
    anchored = look.anchored(path)
    if anchored.windows is not None:
        path = anchored.path(Variant(weights=weights), part_of(watch, _SECOND, _ANCHORED))
    look = replace(anchored, song=_taught(look.song, text, look.states_of(path), model))
    own = Variant(weights=replace(weights, activity=_LEARNT_ACTIVITY_WEIGHT))
    here = part_of(watch, _ANCHORED, _FOUND)
    path = look.path(replace(own, may_leave_out=True), part_of(here, 0, 0.5))
    if look.left_out(path) > _MOST_LEFT_OUT:
        path = look.path(own, part_of(here, 0.5, 1.0))
    return look, own, path


_MOST_LEFT_OUT = 0.25
"""Of the lines: where more are not found, it is the ear that fails, or all of the lyrics; then none is left out."""


def _taught(song: HeardSong, text: SpokenText, states: Path, model: AcousticModel) -> HeardSong:
    """Give the song with voice and phones told by what was found in it; ``states`` as in ``adapted``."""
    activity = learnt_activity(song, states >= 0)
    if song.sounds is not None:
        phone = np.where(states >= 0, states // STATES_PER_PHONE, -1)
        speaks = learnt_phones(song, phone, len(model.phones)) * _LEARNT_PHONES_WEIGHT
        for column, phone_number in enumerate(text.sounds.phone):
            song.sounds[:, column] += speaks[:, phone_number]
    return replace(song, activity=activity)


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
    )
    confidence = JUDGEMENT.confidence(opinions)
    if len(confidence) < FEW_WORDS and len(scores := look.scores(own, path)):
        confidence *= fit_of(scores)
    return confidence
