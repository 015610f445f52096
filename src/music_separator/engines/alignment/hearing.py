"""What the acoustic model and our ears make of a song: speech sounds per frame, timbre per frame, voice per frame."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import AcousticModel
from music_separator.engines.alignment.activity import active_frames, vocal_activity
from music_separator.engines.alignment.features import cepstra, model_streams, without_noise
from music_separator.engines.alignment.likeness import sung_features
from music_separator.engines.alignment.rendering import Rendered, Rendering
from music_separator.engines.alignment.watch import Watch, part_of

Floats = npt.NDArray[np.float32]

FLOOR = -12.0
"""Log posteriors lie above this: one frame shall not forbid what hundreds speak for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """One rendering of a song, frame by frame."""

    kind: Rendering
    cepstra: Floats
    """Without noise, not centred, shape (frames, 13)."""
    posteriors: Floats
    """Log posteriors of the model's states, shape (frames, phones * 3), at least FLOOR."""
    timbre: Floats
    """Unit vectors to compare with speech, shape (frames, 24)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeardSong:
    """A song in all its renderings, which have the same number of frames."""

    renderings: tuple[Heard, ...]
    activity: Floats
    """Where somebody seems to sing, 0-1, shape (frames,)."""

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


def posteriors_of(centred: Floats, model: AcousticModel, watch: Watch) -> Floats:
    """Give log posteriors, shape (frames, states), of cepstra that are centred as the model expects them."""
    posteriors = np.empty((len(centred), model.states), np.float32)
    done = 0
    for scores in model.log_likelihoods(model_streams(centred)):
        posteriors[done : done + len(scores)] = log_posteriors(scores)
        done += len(scores)
        watch(done / len(centred))
    return posteriors


def log_posteriors(scores: Floats) -> Floats:
    """Turn log likelihoods into floored log posteriors under equal priors."""
    peak = scores.max(axis=1, keepdims=True)
    total = peak + np.log(np.exp(scores - peak).sum(axis=1, keepdims=True))
    return np.asarray(np.maximum(scores - total, FLOOR), np.float32)
