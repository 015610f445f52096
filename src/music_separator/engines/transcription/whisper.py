"""Whisper (Radford 2022) through faster-whisper and CTranslate2: 8-bit whole numbers on the processor, float16 on an
NVIDIA card.

Beam search of 5, as the published figures of faster-whisper: a greedy decoder would save a quarter of the decoder's
time, which is the smaller part (research: 0.30 against 0.41 s for 64 tokens after 0.56 s of encoder). One more try,
sampled with a fixed seed, where the result compresses too well or is too unlikely. No detector of speech, and not the
library's ``hallucination_silence_threshold``: it takes a held note for an anomaly and drops it where a pause is on both
sides, which is how songs go. What is written down over silence is dropped by the energy of the stem (guards.py).
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from music_separator.audio.voice import VOICE_RATE, Voice
from music_separator.domain.errors import NoTranscriber, OutOfMemory
from music_separator.domain.lyrics import Word
from music_separator.domain.transcript import Segment
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.engines.machine import free_memory
from music_separator.engines.transcription import cuda, guards
from music_separator.engines.transcription.base import Placement

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

BEAM = 5
TEMPERATURES = (0.0, 0.4)
SEED = 0
CUDA, PROCESSOR = "cuda", "cpu"
COMPUTE_TYPES = {CUDA: "float16", PROCESSOR: "int8"}
MEMORY_PER_BYTE = {CUDA: 1.1, PROCESSOR: 1.5}
"""Of the files, which hold 16-bit numbers: on the processor they and their 8-bit copies are there together."""
MEMORY_BESIDE = 500 * 10**6
"""Bytes for what is computed in between, own estimate."""
WHERE = {CUDA: "on the graphics card", PROCESSOR: "of memory"}
NOTE = "♪"
"""How captions mark that something is sung."""
ENGLISH = "en"


class WhisperEngine:
    """One size of Whisper, loaded from a folder in the format of CTranslate2; ``weights_bytes`` is about its size, for
    as long as it is not there.
    """

    version = "2"

    def __init__(
        self, name: str, folder: Path, placement: Placement, *, weights_bytes: int = 0, english: bool = False
    ) -> None:
        self.name = name
        self.notice: str | None = None
        self._folder, self._placement = folder, placement
        self._weights_bytes, self._english = weights_bytes, english
        self._model: WhisperModel | None = None

    def check(self) -> None:
        """Raise NoTranscriber where the device asked for is not there, OutOfMemory where it does not fit."""
        if self._placement.device == CUDA and not cuda.sees_card():
            raise NoTranscriber("the device cuda was asked for and cannot be used (`doctor` says why)")
        devices = self._devices()
        if not any(self._fits(device) for device in devices):
            raise self._out_of_memory(devices[-1])

    def load(self) -> None:
        """Load the weights. Raises OutOfMemory; RuntimeError or ValueError for files that are no model."""
        if self._model is not None:
            return
        # Everything is in the folder; whatever is not shall fail here and not reach for the network.
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        first, *others = self._devices()
        try:
            self._model = self._open(first)
        except (RuntimeError, ValueError, OutOfMemory) as error:
            if not others:
                raise
            self.notice = (
                f"Recognised on the processor, because the graphics card could not be used ({_clause(error)}). "
                "It takes longer."
            )
            self._model = self._open(*others)

    def _devices(self) -> list[str]:
        """Give what to load it on, the second where the first does not work."""
        match self._placement.device:
            case "cuda":
                return [CUDA]
            case "auto" if cuda.sees_card():
                return [CUDA, PROCESSOR]
            case _:
                return [PROCESSOR]

    def _open(self, device: str) -> "WhisperModel":
        from faster_whisper import WhisperModel
        from faster_whisper.audio import pad_or_trim

        if not self._fits(device):
            raise self._out_of_memory(device)
        if device == CUDA:
            cuda.load_libraries()
        try:
            model = WhisperModel(
                str(self._folder),
                device=device,
                compute_type=COMPUTE_TYPES[device],
                cpu_threads=self._placement.threads,
                local_files_only=True,
            )
            if device == CUDA:
                # The libraries of the card are first needed, and first missed, when something is computed.
                model.encode(pad_or_trim(model.feature_extractor(np.zeros(VOICE_RATE, np.float32))))
        except (RuntimeError, MemoryError) as error:
            if isinstance(error, MemoryError) or "out of memory" in str(error):
                raise self._out_of_memory(device) from error
            raise
        return model

    def _fits(self, device: str) -> bool:
        free = _free(device)
        return free is None or self._needed(device) <= free

    def _needed(self, device: str) -> int:
        model = self._folder / "model.bin"
        size = model.stat().st_size if model.is_file() else self._weights_bytes
        return int(size * MEMORY_PER_BYTE[device]) + MEMORY_BESIDE

    def _out_of_memory(self, device: str) -> OutOfMemory:
        return OutOfMemory(self.name, self._needed(device), _free(device) or 0, WHERE[device])

    def close(self) -> None:
        """Let go of the weights."""
        self._model = None

    def languages(self) -> frozenset[str]:
        """Give the languages of the model."""
        return frozenset({ENGLISH} if self._english else self._loaded().supported_languages)

    def guess_language(self, voice: Voice) -> Mapping[str, float]:
        """Give the probability of each language for one window."""
        if self._english:
            return {ENGLISH: 1.0}
        _, _, probabilities = self._loaded().detect_language(voice)
        return dict(probabilities)

    def transcribe(self, voice: Voice, *, language: str | None) -> tuple[Segment, ...]:
        """Write down one window; what is hardly sung is left out (guards.py)."""
        import ctranslate2

        ctranslate2.set_random_seed(SEED)
        found, _ = self._loaded().transcribe(
            voice,
            language=language,
            beam_size=BEAM,
            temperature=TEMPERATURES,
            compression_ratio_threshold=guards.MAX_COMPRESSION_RATIO,
            log_prob_threshold=guards.MIN_LOG_PROBABILITY,
            no_speech_threshold=guards.MAX_NO_SPEECH,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,
        )
        return believed(found)

    def _loaded(self) -> "WhisperModel":
        if self._model is None:
            raise RuntimeError("load() comes first")
        return self._model


def believed(found: Iterable[Any]) -> tuple[Segment, ...]:
    """Turn segments of faster-whisper into ours, without those that the guards do not believe."""
    heard = (
        guards.Heard(
            segment=segment,
            log_probability=float(raw.avg_logprob),
            no_speech=float(raw.no_speech_prob),
            compression_ratio=float(raw.compression_ratio),
        )
        for raw in found
        if (segment := _segment(raw)) is not None
    )
    return tuple(item.segment for item in heard if guards.believable(item))


def _segment(raw: Any) -> Segment | None:
    """Give a segment with its words in the order of their times; None where it has no word."""
    words: list[Word] = []
    for found in raw.words or ():
        text = found.word.replace(NOTE, "").strip()
        if not text:
            continue
        # attention is not monotonic: a word may seem to begin before the one before it
        start = max(ms_from_seconds(max(float(found.start), 0.0)), words[-1].start_ms if words else Ms(0))
        end = max(start, ms_from_seconds(float(found.end)))
        confidence = round(min(max(float(found.probability), 0.0), 1.0), 3)
        words.append(Word(text=text, start_ms=start, end_ms=end, confidence=confidence))
    if not words:
        return None
    end = max(word.end_ms for word in words)
    return Segment(
        text=" ".join(raw.text.replace(NOTE, " ").split()), start_ms=words[0].start_ms, end_ms=end, words=tuple(words)
    )


def _free(device: str) -> int | None:
    return cuda.free_card_bytes() if device == CUDA else free_memory()


def _clause(error: Exception) -> str:
    if isinstance(error, OutOfMemory):
        return f"{error.needed_bytes / 1e9:.1f} GB are needed there and {error.free_bytes / 1e9:.1f} GB are free"
    return str(error).rstrip(".")
