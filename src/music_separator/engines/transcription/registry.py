"""The transcribers there are, what each needs, and which one a name means. Nothing heavy is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from music_separator.domain.errors import InvalidRequest, WeightsError
from music_separator.engines.graphics import torch_build
from music_separator.engines.machine import memory_of_this_machine, usable_cores
from music_separator.engines.transcription import cuda, gemma
from music_separator.engines.transcription.base import Placement, TranscriptionEngine
from music_separator.engines.transcription.gemma import GemmaEngine
from music_separator.engines.transcription.known_weights import GEMMA_SIZES, WHISPER_SIZES, WhisperSize
from music_separator.engines.transcription.sizes import Capacity, gemma_size, whisper_size
from music_separator.engines.transcription.whisper import WhisperEngine
from music_separator.engines.weights import Weights, WeightsStore

BEST_AVAILABLE = "whisper"
"""Means: the size that fits this machine."""
GEMMA = "gemma_3n"
"""The earlier backend's name; means: the size of Gemma 3n that fits this machine."""
NONE = "none"
"""Means: recognise nothing."""
ALIASES = {"whisper-large": "whisper-large-v3", "whisper-large-v3-turbo": "whisper-turbo"}
"""Other names of the same weights, as faster-whisper has them."""
MEGABYTE = 10**6


def _nothing_missing() -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Transcriber:
    """A transcriber by its exact name. ``make`` gives its engine over the folder of its weights, not loaded yet;
    ``missing`` says in a clause what is not installed.
    """

    name: str
    weights: Weights
    version: str
    make: Callable[[Path, Placement], TranscriptionEngine]
    missing: Callable[[], str | None] = _nothing_missing


@dataclass(frozen=True, kw_only=True)
class TranscriberState:
    """Whether a transcriber can run here; where not, ``reason`` says why; where weights are to be fetched, that."""

    name: str
    available: bool
    reason: str | None = None


def _whisper(size: WhisperSize) -> Transcriber:
    def make(folder: Path, placement: Placement) -> TranscriptionEngine:
        weights_bytes = size.weights.about_mb * MEGABYTE
        return WhisperEngine(size.weights.name, folder, placement, weights_bytes=weights_bytes, english=size.english)

    return Transcriber(name=size.weights.name, weights=size.weights, version=WhisperEngine.version, make=make)


def _gemma(weights: Weights) -> Transcriber:
    def make(folder: Path, placement: Placement) -> TranscriptionEngine:
        weights_bytes = weights.about_mb * MEGABYTE
        return GemmaEngine(weights.name, weights.title, folder, placement, weights_bytes=weights_bytes)

    return Transcriber(
        name=weights.name, weights=weights, version=GemmaEngine.version, make=make, missing=gemma.missing
    )


TRANSCRIBERS = (*map(_whisper, WHISPER_SIZES), *map(_gemma, GEMMA_SIZES))
TRANSCRIBER_WEIGHTS = tuple(transcriber.weights for transcriber in TRANSCRIBERS)


def known_transcribers() -> tuple[str, ...]:
    """Give every name that may be asked for."""
    return (BEST_AVAILABLE, *(transcriber.name for transcriber in TRANSCRIBERS), *ALIASES, GEMMA, NONE)


def check_transcriber(name: str | None) -> None:
    """Raise InvalidRequest for a name that ``transcriber_for`` would not know."""
    if name is not None and name not in known_transcribers():
        raise InvalidRequest(f"There is no transcriber {name!r}. Known: {', '.join(known_transcribers())}.")


def transcriber_for(name: str | None, machine: Capacity | None = None) -> Transcriber | None:
    """Give what a name means; None for ``none``. Raises InvalidRequest.

    Without a name, or with ``whisper``, it is the size of Whisper that fits the machine, with ``gemma_3n`` that of
    Gemma 3n; this machine where none is given.
    """
    check_transcriber(name)
    if name is None or name == BEST_AVAILABLE:
        name = f"whisper-{whisper_size(machine or this_machine())}"
    elif name == GEMMA:
        name = f"gemma-3n-{gemma_size(machine or this_machine())}"
    exact = ALIASES.get(name, name)
    return next((transcriber for transcriber in TRANSCRIBERS if transcriber.name == exact), None)


def this_machine() -> Capacity:
    """Look at what this machine has. Nothing is imported for it."""
    build = torch_build()
    return Capacity(
        memory_bytes=memory_of_this_machine(),
        cores=usable_cores(),
        card_bytes=cuda.card_bytes() if cuda.has_libraries() else 0,
        torch_card_bytes=cuda.card_bytes() if build is not None and build.cuda is not None else 0,
    )


def states(store: WeightsStore) -> tuple[TranscriberState, ...]:
    """Tell of every transcriber whether it can run here. Nothing is asked of the network."""
    return tuple(_state(transcriber, store) for transcriber in TRANSCRIBERS)


def _state(transcriber: Transcriber, store: WeightsStore) -> TranscriberState:
    if reason := transcriber.missing():
        return TranscriberState(name=transcriber.name, available=False, reason=reason)
    try:
        store.require(transcriber.weights)
    except WeightsError as error:
        return TranscriberState(name=transcriber.name, available=False, reason=error.why)
    if store.is_here(transcriber.weights):
        return TranscriberState(name=transcriber.name, available=True)
    size = f"about {transcriber.weights.about_mb} MB"
    fetched = f"its weights ({size}) are fetched when it is first used"
    if transcriber.weights.gated and not store.token:
        fetched += ", with a token of who has accepted their licence"
    return TranscriberState(name=transcriber.name, available=True, reason=fetched)
