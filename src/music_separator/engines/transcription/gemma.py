"""Gemma 3n (Google 2025) through transformers: a language model that hears, asked for the words of a window.

Audio alone: the half that looks at pictures is left out, so that neither timm nor torchvision is needed. Greedy
decoding, 16-bit numbers; safetensors only, and no code from the folder is run.
"""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from music_separator.audio.voice import VOICE_RATE, Voice
from music_separator.domain.errors import NoTranscriber, OutOfMemory
from music_separator.domain.transcript import Segment
from music_separator.domain.units import ms_from_seconds
from music_separator.engines.shards import bytes_in
from music_separator.engines.transcription import gemma_memory as memory
from music_separator.engines.transcription import gemma_prompt as prompt
from music_separator.engines.transcription.base import Placement

PACKAGES = ("torch", "transformers", "accelerate")
_NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory")
MISSING = "PyTorch, transformers and accelerate are not installed (the extra gemma)"


def missing() -> str | None:
    """Say in a clause what is not installed; nothing is imported."""
    return None if all(find_spec(package) for package in PACKAGES) else MISSING


class GemmaEngine:
    """One size of Gemma 3n, loaded from a folder as Google publishes it; ``weights_bytes`` is about its size, for as
    long as it is not there.
    """

    version = "1"

    def __init__(self, name: str, title: str, folder: Path, placement: Placement, *, weights_bytes: int = 0) -> None:
        self.name = name
        self.notice: str | None = None
        self._title, self._folder, self._placement = title, folder, placement
        self._weights_bytes = weights_bytes
        self._loaded: _Loaded | None = None

    def check(self) -> None:
        """Raise NoTranscriber without the extra or the device asked for, OutOfMemory where it does not fit."""
        if reason := missing():
            raise NoTranscriber(reason)
        self._choose()

    def load(self) -> None:
        """Load the weights. Raises OutOfMemory; ValueError or OSError for files that are no Gemma 3n."""
        if self._loaded is not None:
            return
        # Everything is in the folder; whatever is not shall fail here and not reach for the network.
        os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        room = self._choose()
        with self._memory_errors(room):
            self._loaded = _load(self._folder, room.device, self._placement.threads)

    def close(self) -> None:
        """Let go of the weights."""
        if self._loaded is None:
            return
        device, self._loaded = self._loaded.device, None
        gc.collect()
        if device == "cuda":
            import torch

            torch.cuda.empty_cache()

    def languages(self) -> frozenset[str]:
        """Give the languages that it can be told; it was trained on more."""
        return frozenset(prompt.LANGUAGE_NAMES)

    def guess_language(self, voice: Voice) -> Mapping[str, float]:
        """Ask for the language of one window; it does not say how sure it is."""
        language = prompt.language_of(self._answer(voice, prompt.language_request()))
        return {} if language is None else {language: 1.0}

    def transcribe(self, voice: Voice, *, language: str | None) -> tuple[Segment, ...]:
        """Write down one window; its lines have no times of their own."""
        seconds = len(voice) / VOICE_RATE
        answer = self._answer(voice, prompt.transcription_request(seconds, language))
        return prompt.believed_lines(answer, ms_from_seconds(seconds))

    def _answer(self, voice: Voice, request: prompt.Request) -> str:
        if self._loaded is None:
            raise RuntimeError("load() comes first")
        with self._memory_errors(memory.Room(device=self._loaded.device, free_bytes=0)):
            return self._loaded.answer(voice, request)

    @property
    def _needed_bytes(self) -> int:
        return memory.needed_bytes(bytes_in(self._folder) or self._weights_bytes)

    def _choose(self) -> memory.Room:
        room, self.notice = memory.choose(self._title, self._needed_bytes, memory.rooms(self._placement.device))
        return room

    @contextmanager
    def _memory_errors(self, room: memory.Room) -> Iterator[None]:
        """Tell memory that ran out, in whichever way PyTorch says it, as OutOfMemory."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            # torch.OutOfMemoryError is a RuntimeError; Apple's graphics and the processor raise that itself
            if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _NO_MEMORY):
                where = memory.WHERE[room.device]
                raise OutOfMemory(self._title, self._needed_bytes, room.free_bytes, where) from error
            raise


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """The network, its tokenizer, what makes features of sound, and the ids at which an answer ends."""

    device: str
    model: Any
    tokenizer: Any
    features: Any
    ends: tuple[int, ...]

    def answer(self, voice: Voice, request: prompt.Request) -> str:
        """Give the answer to a request about a window."""
        import torch
        from transformers import GenerationConfig

        heard = self.features([voice], return_tensors="pt")
        asked = torch.tensor([self._ids(request)], device=self.device)
        greedy = GenerationConfig(
            max_new_tokens=request.max_tokens, do_sample=False, eos_token_id=list(self.ends), pad_token_id=self.ends[0]
        )
        with torch.inference_mode():
            given = self.model.generate(
                input_ids=asked,
                attention_mask=torch.ones_like(asked),
                input_features=heard["input_features"].to(self.device, self.model.dtype),
                input_features_mask=heard["input_features_mask"].to(self.device),
                generation_config=greedy,
            )
        said = given[0, asked.shape[1] :].tolist()
        return str(self.tokenizer.decode(said, skip_special_tokens=True))

    def _ids(self, request: prompt.Request) -> list[int]:
        """Give the whole turn as the processor of transformers would, with a place for every token of audio."""
        config = self.model.config
        places = [config.audio_token_id] * config.audio_soft_tokens_per_image
        before = [config.text_config.bos_token_id, *self._encoded(prompt.BEGIN_OF_TURN), config.boa_token_id]
        return [*before, *places, config.eoa_token_id, *self._encoded(request.rest_of_turn)]

    def _encoded(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


def _load(folder: Path, device: str, threads: int) -> _Loaded:
    """Load all of it from a folder. Raises ValueError or OSError, with the reason, where that is no Gemma 3n."""
    import torch
    from safetensors import SafetensorError
    from tokenizers import Tokenizer
    from transformers import Gemma3nAudioFeatureExtractor, Gemma3nForConditionalGeneration

    torch.set_num_threads(threads)
    _leave_pictures_out()
    features = Gemma3nAudioFeatureExtractor.from_pretrained(folder, local_files_only=True)
    try:
        model, found = Gemma3nForConditionalGeneration.from_pretrained(
            folder,
            dtype=torch.bfloat16,
            device_map={"": device},
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except SafetensorError as error:
        raise ValueError(f"its weights are no whole safetensors files: {error}") from error
    if found["missing_keys"]:
        raise ValueError(f"its files lack {min(found['missing_keys'])}")
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing narrower
        raise ValueError(f"its tokenizer cannot be read: {error}") from error
    ends = _ends(model, tokenizer)
    return _Loaded(device=device, model=model.eval(), tokenizer=tokenizer, features=features, ends=ends)


def _ends(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Give the ids that end an answer: those of the published settings, and the end of a turn."""
    stated = model.generation_config.eos_token_id
    listed = stated if isinstance(stated, list) else [stated]
    found = [*listed, model.config.text_config.eos_token_id, tokenizer.token_to_id(prompt.END_OF_TURN)]
    return tuple(sorted({number for number in found if isinstance(number, int)}))


def _leave_pictures_out() -> None:
    """Have transformers build nothing where the half for pictures would be; their weights are then left on the disk."""
    from transformers import AutoModel, Gemma3nVisionConfig, PreTrainedModel

    class NoPictures(PreTrainedModel):  # type: ignore[misc]  # no stubs
        config_class = Gemma3nVisionConfig

    AutoModel.register(Gemma3nVisionConfig, NoPictures, exist_ok=True)
