"""A CTC network (wav2vec 2.0, Baevski 2020; MMS, Pratap 2023) through transformers: letters over time.

Loaded from a folder as published: safetensors only, and no code from the folder is run.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from music_separator.domain.errors import AlignmentUnavailable
from music_separator.engines.alignment.ctc_search import Scores, Tokens

if TYPE_CHECKING:
    from music_separator.audio.voice import Voice

PACKAGES = ("torch", "transformers")
BLANKS = ("<blank>", "<pad>", "[PAD]")
"""What the blank is called; the first that a vocabulary has."""
BETWEEN_WORDS = "|"


def missing() -> str | None:
    """Say in a clause what is not installed; nothing is imported."""
    here = all(find_spec(package) for package in PACKAGES)
    return None if here else "PyTorch and transformers are not installed (the extra ctc)"


@dataclass(frozen=True, kw_only=True)
class CtcNetwork:
    """A loaded network: its vocabulary by letter, and the tokens that stand for none."""

    vocabulary: Mapping[str, int]
    tokens: Tokens
    normalises: bool
    _model: Any

    def scores(self, voice: "Voice") -> Scores:
        """Give the log probability of every token, a frame about every 20 ms."""
        import torch

        heard = (voice - voice.mean()) / np.sqrt(voice.var() + 1e-7) if self.normalises else voice
        with torch.inference_mode():
            logits = self._model(torch.from_numpy(heard.astype(np.float32))[None]).logits[0]
            return np.asarray(logits.float().log_softmax(dim=-1).numpy(), np.float32)


def load_network(folder: Path, threads: int) -> CtcNetwork:
    """Load a network onto the processor. Raises AlignmentUnavailable, with the reason, where that cannot be done."""
    if reason := missing():
        raise AlignmentUnavailable(reason)
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    try:
        return _load(folder, threads)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise AlignmentUnavailable(f"the weights in {folder.name} are no CTC network ({error})") from error


def _load(folder: Path, threads: int) -> CtcNetwork:
    import torch
    from safetensors import SafetensorError
    from transformers import Wav2Vec2ForCTC

    torch.set_num_threads(threads)
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    blank = next((vocabulary[name] for name in BLANKS if name in vocabulary), None)
    if blank is None:
        raise ValueError("its vocabulary has no blank")
    settings = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    try:
        model, found = Wav2Vec2ForCTC.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, output_loading_info=True
        )
    except SafetensorError as error:
        raise ValueError(f"its weights are no whole safetensors file: {error}") from error
    if found["missing_keys"]:
        raise ValueError(f"its files lack {min(found['missing_keys'])}")
    return CtcNetwork(
        vocabulary=vocabulary,
        tokens=Tokens(blank=blank, between_words=vocabulary.get(BETWEEN_WORDS)),
        normalises=bool(settings.get("do_normalize", True)),
        _model=model.eval(),
    )
