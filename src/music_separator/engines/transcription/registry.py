"""The transcribers there are, what each needs, and which one a name means. Nothing heavy is imported."""

from dataclasses import dataclass
from pathlib import Path

from music_separator.domain.errors import InvalidRequest, WeightsError
from music_separator.engines.machine import memory_of_this_machine
from music_separator.engines.transcription.base import TranscriptionEngine
from music_separator.engines.transcription.whisper import WhisperEngine
from music_separator.engines.weights import Weights, WeightsFile, WeightsStore

BEST_AVAILABLE = "whisper"
"""Means: the size that fits this machine."""
NONE = "none"
"""Means: recognise nothing."""
SMALL_MEMORY_BYTES = 8 * 10**9
"""Below it `base`: a machine sold with 8 GB shows more than this, one with less shows less."""

_FILES = (
    # The order in which faster-whisper's own download takes them does not matter; the first one fixes the revision.
    WeightsFile(names=("config.json",)),
    WeightsFile(names=("tokenizer.json",)),
    WeightsFile(names=("vocabulary.txt", "vocabulary.json")),
    WeightsFile(names=("preprocessor_config.json",), required=False),
    WeightsFile(names=("model.bin",)),
)
"""As faster-whisper loads them (faster_whisper/utils.py, ``allow_patterns``)."""


def _whisper(size: str, repository: str, about_mb: int) -> Weights:
    # Conversions of OpenAI's networks; OpenAI and both publishers state MIT.
    return Weights(
        name=f"whisper-{size}",
        title=f"Whisper {size}",
        repository=repository,
        licence="MIT",
        about_mb=about_mb,
        files=_FILES,
    )


WHISPER_WEIGHTS = (
    _whisper("tiny", "Systran/faster-whisper-tiny", 78),
    _whisper("base", "Systran/faster-whisper-base", 148),
    _whisper("small", "Systran/faster-whisper-small", 486),
    _whisper("medium", "Systran/faster-whisper-medium", 1530),
    _whisper("large-v1", "Systran/faster-whisper-large-v1", 3090),
    _whisper("large-v2", "Systran/faster-whisper-large-v2", 3090),
    _whisper("large-v3", "Systran/faster-whisper-large-v3", 3090),
    _whisper("turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", 1620),
)
"""The repositories that faster-whisper itself names (faster_whisper/utils.py)."""

_UNAVAILABLE = {"gemma_3n": "this version has no engine for Gemma 3n"}


@dataclass(frozen=True, kw_only=True)
class Transcriber:
    """A transcriber by its exact name."""

    name: str
    weights: Weights
    version: str = WhisperEngine.version

    def make(self, folder: Path) -> TranscriptionEngine:
        """Make the engine over its weights; ``load`` is still to be called."""
        return WhisperEngine(self.name, folder)


@dataclass(frozen=True, kw_only=True)
class TranscriberState:
    """Whether a transcriber can run here; where not, ``reason`` says why; where weights are to be fetched, that."""

    name: str
    available: bool
    reason: str | None = None


TRANSCRIBERS = tuple(Transcriber(name=weights.name, weights=weights) for weights in WHISPER_WEIGHTS)


def known_transcribers() -> tuple[str, ...]:
    """Give every name that may be asked for."""
    return (BEST_AVAILABLE, *(transcriber.name for transcriber in TRANSCRIBERS), *_UNAVAILABLE, NONE)


def check_transcriber(name: str | None) -> None:
    """Raise InvalidRequest for a name that ``transcriber_for`` would not know."""
    if name is not None and name not in known_transcribers():
        raise InvalidRequest(f"There is no transcriber {name!r}. Known: {', '.join(known_transcribers())}.")


def transcriber_for(name: str | None, memory_bytes: int | None = None) -> Transcriber | None:
    """Give what a name means; None for ``none`` and for what no engine here can do. Raises InvalidRequest.

    Without a name, or with ``whisper``, it is `small`, and `base` on a machine with less than 8 GB of memory.
    """
    check_transcriber(name)
    if name is None or name == BEST_AVAILABLE:
        size = "base" if (memory_bytes or memory_of_this_machine()) < SMALL_MEMORY_BYTES else "small"
        name = f"whisper-{size}"
    return next((transcriber for transcriber in TRANSCRIBERS if transcriber.name == name), None)


def why_none(name: str | None) -> str:
    """Say in a clause why a name means no transcriber."""
    return _UNAVAILABLE.get(name or "", "recognising them is switched off (transcriber none)")


def states(store: WeightsStore) -> tuple[TranscriberState, ...]:
    """Tell of every transcriber whether it can run here. Nothing is asked of the network."""
    known = [_state(transcriber, store) for transcriber in TRANSCRIBERS]
    lacking = [TranscriberState(name=name, available=False, reason=why) for name, why in _UNAVAILABLE.items()]
    return (*known, *lacking)


def _state(transcriber: Transcriber, store: WeightsStore) -> TranscriberState:
    try:
        store.require(transcriber.weights)
    except WeightsError as error:
        return TranscriberState(name=transcriber.name, available=False, reason=error.why)
    if store.is_here(transcriber.weights):
        return TranscriberState(name=transcriber.name, available=True)
    fetched = f"its weights (about {transcriber.weights.about_mb} MB) are fetched when it is first used"
    return TranscriberState(name=transcriber.name, available=True, reason=fetched)
