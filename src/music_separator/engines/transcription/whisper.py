"""Whisper (Radford 2022) through faster-whisper and CTranslate2, on the processor, in 8-bit whole numbers.

Beam search of 5, as the published figures of faster-whisper: a greedy decoder would save a quarter of the decoder's
time, which is the smaller part (research: 0.30 against 0.41 s for 64 tokens after 0.56 s of encoder). One more try,
sampled with a fixed seed, where the result compresses too well or is too unlikely. No detector of speech and no
``hallucination_silence_threshold``, which takes held notes for anomalies: windows are cut by the energy of the stem.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from music_separator.audio.voice import Voice
from music_separator.domain.lyrics import Word
from music_separator.domain.transcript import Segment
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.engines.transcription import guards

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

BEAM = 5
TEMPERATURES = (0.0, 0.4)
SEED = 0
COMPUTE_TYPE = "int8"
NOTE = "♪"
"""How captions mark that something is sung."""


class WhisperEngine:
    """One size of Whisper, loaded from a folder in the format of CTranslate2."""

    version = "1"

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder
        self._model: WhisperModel | None = None

    def load(self) -> None:
        """Load the weights. Raises RuntimeError or ValueError for files that are no model."""
        if self._model is not None:
            return
        # Everything is in the folder; whatever is not shall fail here and not reach for the network.
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(self._folder),
            device="cpu",
            compute_type=COMPUTE_TYPE,
            cpu_threads=usable_cores(),
            local_files_only=True,
        )

    def languages(self) -> frozenset[str]:
        """Give the languages of the model."""
        return frozenset(self._loaded().supported_languages)

    def guess_language(self, voice: Voice) -> Mapping[str, float]:
        """Give the probability of each language for one window."""
        _, _, probabilities = self._loaded().detect_language(voice)
        return dict(probabilities)

    def transcribe(self, voice: Voice, *, language: str) -> tuple[Segment, ...]:
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


def usable_cores() -> int:
    """Count the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
