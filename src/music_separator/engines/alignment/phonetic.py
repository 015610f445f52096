"""The engine ``phonetic``: words to times by their sounds, with nothing downloaded.

Known lyrics are laid through the whole song at once (forced alignment): phones of the words by espeak-ng, how well each
fits each frame by the acoustic model of the pocketsphinx package, and by likeness to espeak-ng speaking the same words.
docs/adr/0009 has the reasons and the figures.
"""

import logging

from music_separator.domain.errors import AlignmentUnavailable, NoVoice
from music_separator.domain.lyrics import Lyrics
from music_separator.engines.alignment.acoustic_model import AcousticModel, model_folder, read_model
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.evidence import Weights
from music_separator.engines.alignment.hearing import hear
from music_separator.engines.alignment.mel import FRAMES_PER_S
from music_separator.engines.alignment.pronunciation import read_dictionary
from music_separator.engines.alignment.rendering import Rendered, render_mixture, render_vocals
from music_separator.engines.alignment.speech import espeak_files
from music_separator.engines.alignment.sphinx_files import UnreadableModel
from music_separator.engines.alignment.spoken_text import check_fits, spoken_text
from music_separator.engines.alignment.sung_text import SungText
from music_separator.engines.alignment.timing import to_lyrics
from music_separator.engines.alignment.watch import Watch, part_of
from music_separator.engines.alignment.without_model import SPEECH_ONLY, WithoutModel, without_model
from music_separator.engines.alignment.word_times import word_times

logger = logging.getLogger(__name__)

WITHOUT_MODEL = (
    "Words are timed by their likeness to speech alone, which finds a third fewer of them: the acoustic model (the "
    "package pocketsphinx) is not installed."
)
_LEAST_VOICE_DB = -50.0
"""Loudest sample of the vocals against that of the mixture; below it the stem is only what separation left over."""

_LISTENED, _HEARD = 0.2, 0.4
"""Share of the work that is done after reading and after the first scoring; the rest is searching."""


class PhoneticEngine:
    """The engine ``phonetic``."""

    name = "phonetic"

    @property
    def version(self) -> str:
        """Tell results with and without the acoustic model apart."""
        return "3" if model_folder() else "3-speech"

    def __init__(self, weights: Weights | None = None) -> None:
        self._given_weights = weights
        self._loaded: tuple[AcousticModel, dict[str, tuple[str, ...]]] | None = None

    def missing(self) -> str | None:
        """Say where espeak-ng is not here; without the acoustic model words are told by their likeness to speech."""
        if espeak_files() is None:
            return "espeak-ng (the package espeakng-loader) is not installed"
        return None

    def limits(self) -> str | None:
        """Say where the acoustic model is not here."""
        return None if model_folder() else WITHOUT_MODEL

    def load(self) -> None:
        """Read the acoustic model and its dictionary, about 0.3 s. Raises AlignmentUnavailable."""
        self._ready()

    def align(self, request: AlignmentRequest, report: Watch) -> Lyrics:
        """Give every word a time. Raises AlignmentUnavailable, EmptyLyrics, LyricsTooLong, NoVoice."""
        model, dictionary = self._ready()
        text = SungText.of(request.text, request.language, dictionary)
        spoken = spoken_text(text, model, request.duration_s, request.anchors)
        rendered = _listen(request, part_of(report, 0, _LISTENED))
        frames = min(len(each.mel) for each in rendered)
        check_fits(spoken.row, frames / FRAMES_PER_S, words=len(text.spoken))
        song = hear(rendered, model, part_of(report, _LISTENED, _HEARD))
        del rendered
        weights = self._given_weights or (SPEECH_ONLY if isinstance(model, WithoutModel) else Weights())
        timed = word_times(song, spoken, model, weights, part_of(report, _HEARD, 1.0))
        return to_lyrics(request.text, text.shown, timed, language=text.language)

    def _ready(self) -> tuple[AcousticModel, dict[str, tuple[str, ...]]]:
        if self._loaded is None:
            if reason := self.missing():
                raise AlignmentUnavailable(reason)
            folder = model_folder()
            if folder is None:
                logger.warning(WITHOUT_MODEL)
                self._loaded = without_model(), {}
                return self._loaded
            try:
                self._loaded = read_model(folder / "en-us"), read_dictionary(folder / "cmudict-en-us.dict")
            except (UnreadableModel, OSError) as error:
                raise AlignmentUnavailable(str(error)) from error
        return self._loaded


def _listen(request: AlignmentRequest, watch: Watch) -> tuple[Rendered, ...]:
    """Read mixture and vocals. Raises NoVoice where the vocals are as good as silent."""
    total_s = 2 * request.duration_s
    mixture = render_mixture(request.mixture, lambda heard_s: watch(min(0.5, heard_s / total_s)))
    vocals = render_vocals(request.vocals, lambda heard_s: watch(min(1.0, 0.5 + heard_s / total_s)))
    if vocals.peak <= mixture[0].peak * 10 ** (_LEAST_VOICE_DB / 20):
        raise NoVoice
    return (*mixture, vocals)
