"""The weights of transcribers: names, places on the hub, files. Sizes are about right, for people and for planning."""

from dataclasses import dataclass

from music_separator.engines.weights import Weights, WeightsFile

_WHISPER_FILES = (
    # The order in which faster-whisper's own download takes them does not matter; the first one fixes the revision.
    WeightsFile(names=("config.json",)),
    WeightsFile(names=("tokenizer.json",)),
    WeightsFile(names=("vocabulary.txt", "vocabulary.json")),
    WeightsFile(names=("preprocessor_config.json",), required=False),
    WeightsFile(names=("model.bin",)),
)
"""As faster-whisper loads them (faster_whisper/utils.py, ``allow_patterns``)."""


_GEMMA_FILES = (
    WeightsFile(names=("config.json",)),
    WeightsFile(names=("generation_config.json",)),
    WeightsFile(names=("preprocessor_config.json",)),
    WeightsFile(names=("tokenizer.json",)),
    WeightsFile(names=("model.safetensors.index.json", "model.safetensors")),
)


@dataclass(frozen=True, kw_only=True)
class WhisperSize:
    """One size; ``english`` ones were trained on English alone."""

    weights: Weights
    english: bool = False


def _whisper(size: str, repository: str, about_mb: int, *, english: bool = False) -> WhisperSize:
    # Conversions of OpenAI's and Hugging Face's networks; both and all publishers state MIT.
    weights = Weights(
        name=f"whisper-{size}",
        title=f"Whisper {size}",
        repository=repository,
        licence="MIT",
        about_mb=about_mb,
        files=_WHISPER_FILES,
    )
    return WhisperSize(weights=weights, english=english)


WHISPER_SIZES = (
    _whisper("tiny", "Systran/faster-whisper-tiny", 78),
    _whisper("base", "Systran/faster-whisper-base", 148),
    _whisper("small", "Systran/faster-whisper-small", 486),
    _whisper("medium", "Systran/faster-whisper-medium", 1530),
    _whisper("large-v1", "Systran/faster-whisper-large-v1", 3090),
    _whisper("large-v2", "Systran/faster-whisper-large-v2", 3090),
    _whisper("large-v3", "Systran/faster-whisper-large-v3", 3090),
    _whisper("turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", 1620),
    _whisper("distil-small.en", "Systran/faster-distil-whisper-small.en", 336, english=True),
    _whisper("distil-medium.en", "Systran/faster-distil-whisper-medium.en", 790, english=True),
    _whisper("distil-large-v2", "Systran/faster-distil-whisper-large-v2", 1520, english=True),
    _whisper("distil-large-v3", "Systran/faster-distil-whisper-large-v3", 1520, english=True),
    _whisper("distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2", 1520, english=True),
)
"""The repositories that faster-whisper itself names (faster_whisper/utils.py)."""


def _gemma(size: str, about_mb: int) -> Weights:
    return Weights(
        name=f"gemma-3n-{size.lower()}",
        title=f"Gemma 3n {size}",
        repository=f"google/gemma-3n-{size}-it",
        licence="Gemma Terms of Use",
        about_mb=about_mb,
        files=_GEMMA_FILES,
        gated=True,
    )


GEMMA_SIZES = (_gemma("E2B", 10_900), _gemma("E4B", 15_700))
"""Two bytes for each of their 5.44 and 7.85 thousand million parameters."""
