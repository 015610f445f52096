"""What the acoustic model and our ears make of a song: speech sounds per frame, timbre per frame, voice per frame."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import BLOCK_FRAMES, NO_SOUNDS, AcousticModel, Sounds
from music_separator.engines.alignment.activity import active_frames, vocal_activity
from music_separator.engines.alignment.features import cepstra, model_streams, without_noise
from music_separator.engines.alignment.likeness import sung_features
from music_separator.engines.alignment.rendering import Rendered, Rendering
from music_separator.engines.alignment.watch import Watch, part_of

Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """One rendering of a song, frame by frame."""

    kind: Rendering
    cepstra: Floats
    """Without noise, not centred, shape (frames, 13)."""
    posteriors: Halves
    """Log posteriors of the phones' states by themselves, shape (frames, phones * 3)."""
    timbre: Floats
    """Unit vectors to compare with speech, shape (frames, 24)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeardSong:
    """A song in all its renderings, which have the same number of frames."""

    renderings: tuple[Heard, ...]
    activity: Floats
    """Where somebody seems to sing, 0-1, shape (frames,)."""
    sounds: Floats | None = None
    """Log posteriors of the text's sounds in their context, mean over renderings, shape (frames, sounds)."""

    @property
    def frames(self) -> int:
        """Length in frames of 10 ms."""
        return len(self.activity)


def hear(rendered: tuple[Rendered, ...], model: AcousticModel, watch: Watch) -> HeardSong:
    """Score every rendering; the vocals must be among them. ``watch`` is told the share done, 0-1."""
    frames = min(len(each.mel) for each in rendered)
    mels = {each.kind: each.mel[:frames] for each in rendered}
    activity = vocal_activity(mels[Rendering.VOCALS], mels[Rendering.MIXTURE])
    active = active_frames(activity)
    heard = []
    for index, (kind, quiet) in enumerate(zip(mels, without_noise(list(mels.values())), strict=True)):
        values = cepstra(quiet)
        each_watch = part_of(watch, index / len(mels), (index + 1) / len(mels))
        heard.append(
            Heard(
                kind=kind,
                cepstra=values,
                posteriors=posteriors_of(values - values[active].mean(axis=0), model, each_watch),
                timbre=sung_features(cepstra(mels[kind]), active),
            )
        )
    return HeardSong(renderings=tuple(heard), activity=activity)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sum:
    """The sounds of a text, and their log posteriors as they add up over renderings, shape (frames, sounds)."""

    sounds: Sounds
    total: Floats
    share: float
    """What one rendering counts."""


def posteriors_of(centred: Floats, model: AcousticModel, watch: Watch) -> Halves:
    """Give log posteriors of the phones by themselves, shape (frames, phones * 3).

    ``centred``: cepstra, moved to where the model expects them.
    """
    posteriors = np.empty((len(centred), model.states), np.float16)
    score_again(posteriors, centred, model, watch)
    return posteriors


def score_again(
    posteriors: Halves, centred: Floats, model: AcousticModel, watch: Watch, add_to: Sum | None = None
) -> None:
    """Write log posteriors as ``posteriors_of`` gives them; add those of a text's sounds."""
    streams = model_streams(centred)
    for begin in range(0, len(centred), BLOCK_FRAMES):
        block = slice(begin, begin + BLOCK_FRAMES)
        cut = tuple(each[block] for each in streams)
        posteriors[block], wanted = model.posteriors(cut, add_to.sounds if add_to else NO_SOUNDS)
        if add_to:
            add_to.total[block] += add_to.share * wanted
        watch(min(1.0, (begin + BLOCK_FRAMES) / len(centred)))
