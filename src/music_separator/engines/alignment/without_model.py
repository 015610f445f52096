"""Where the package with the acoustic model is missing: every sound fits every frame equally well.

What then tells words apart is their likeness to espeak-ng speaking them, and what the song teaches about its phones.
"""

import numpy as np

from music_separator.engines.alignment.acoustic_model import SILENCE, STREAMS, AcousticModel, Floats, Sounds
from music_separator.engines.alignment.evidence import Weights
from music_separator.engines.alignment.ipa import PHONES
from music_separator.engines.alignment.sphinx_files import CEPSTRA, STATES_PER_PHONE, Definitions

EVEN_LOG = np.float32(-5.0)
SPEECH_ONLY = Weights(likeness=16.0)
"""Chosen on the eleven songs of docs/adr/0009, as is EVEN_LOG: 0.73 of their words are within 0.3 s so."""


class WithoutModel(AcousticModel):
    """The phones of the model, and no opinion about any frame."""

    def posteriors(self, streams: tuple[Floats, ...], sounds: Sounds) -> tuple[Floats, Floats]:
        """Give the same for all, in the shapes of AcousticModel."""
        frames = len(streams[0])
        return np.full((frames, self.states), EVEN_LOG), np.full((frames, len(sounds.state)), EVEN_LOG)


def without_model() -> WithoutModel:
    """Make it."""
    phones = (*sorted(PHONES), SILENCE)
    plain = np.arange(len(phones) * STATES_PER_PHONE).reshape(-1, STATES_PER_PHONE)
    nothing = np.zeros((STREAMS, 0, 0), np.float32)
    return WithoutModel(
        definitions=Definitions(
            phones=phones,
            plain=plain,
            contexts=np.zeros((0, 4), np.uint8),
            in_context=np.zeros((0, STATES_PER_PHONE), np.intp),
        ),
        quadratics=nothing,
        weights=nothing,
        expected=np.zeros((plain.size, CEPSTRA), np.float32),
    )
