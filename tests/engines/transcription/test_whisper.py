"""The engine over a tiny model through the real loading code, and what becomes of the library's answers."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faster_whisper import WhisperModel

from music_separator.audio.voice import VOICE_RATE
from music_separator.domain.errors import NoTranscriber, OutOfMemory
from music_separator.engines.transcription import cuda
from music_separator.engines.transcription.base import Placement
from music_separator.engines.transcription.sizes import GB
from music_separator.engines.transcription.whisper import WhisperEngine, believed
from tests.engines.transcription.tiny_whisper import SUNG_TEXT, write_tiny_whisper

ON_PROCESSOR = Placement(device="cpu", threads=1)
VOICE = np.random.default_rng(1).normal(0, 0.1, 4 * VOICE_RATE).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_whisper(tmp_path_factory.mktemp("tiny"), language="hr")


@pytest.fixture(scope="module")
def engine(folder: Path) -> WhisperEngine:
    made = WhisperEngine("whisper-tiny", folder, ON_PROCESSOR)
    made.load()
    return made


def test_it_writes_down_words_with_times_inside_the_window(engine: WhisperEngine) -> None:
    [segment] = engine.transcribe(VOICE, language="hr")
    assert segment.text == SUNG_TEXT
    assert [word.text for word in segment.words] == SUNG_TEXT.split()
    starts = [word.start_ms for word in segment.words]
    assert starts == sorted(starts)
    assert segment.end_ms <= 4100


def test_the_same_window_gives_the_same(engine: WhisperEngine, folder: Path) -> None:
    again = WhisperEngine("whisper-tiny", folder, ON_PROCESSOR)
    again.load()
    again.load()
    assert again.transcribe(VOICE, language="hr") == engine.transcribe(VOICE, language="hr")


def test_it_guesses_the_language(engine: WhisperEngine) -> None:
    guessed = engine.guess_language(VOICE)
    assert max(guessed, key=lambda name: guessed[name]) == "hr"
    assert sum(guessed.values()) == pytest.approx(1.0, abs=0.01)
    assert {"hr", "en", "ja"} <= engine.languages()


def test_a_folder_without_a_model_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        WhisperEngine("whisper-tiny", tmp_path, ON_PROCESSOR).load()
    with pytest.raises(RuntimeError, match="load"):
        WhisperEngine("whisper-tiny", tmp_path, ON_PROCESSOR).languages()


def raw(*words: tuple[str, float, float], **figures: float) -> SimpleNamespace:
    """Make a segment as faster-whisper gives it."""
    listed = [SimpleNamespace(word=word, start=start, end=end, probability=0.9) for word, start, end in words]
    chosen = {"avg_logprob": -0.2, "no_speech_prob": 0.1, "compression_ratio": 1.0} | figures
    return SimpleNamespace(text="".join(word for word, _, _ in words), words=listed, **chosen)


def test_words_that_seem_to_run_backwards_are_put_in_order() -> None:
    [segment] = believed([raw((" La", 1.0, 1.5), (" lo", 0.8, 0.9), (" ", 2.0, 2.1), (" li", 1.2, 3.0))])
    assert [(word.text, word.start_ms, word.end_ms) for word in segment.words] == [
        ("La", 1000, 1500),
        ("lo", 1000, 1000),
        ("li", 1200, 3000),
    ]
    assert (segment.text, segment.start_ms, segment.end_ms) == ("La lo li", 1000, 3000)


def test_the_mark_of_sung_text_is_no_word() -> None:
    [segment] = believed([raw((" ♪", 0.0, 0.1), (" La", 0.1, 0.5), (" lo♪", 0.5, 1.0))])
    assert (segment.text, [word.text for word in segment.words]) == ("La lo", ["La", "lo"])


def test_segments_without_words_or_belief_are_left_out() -> None:
    found = [raw(), raw((" La", 0.0, 1.0), compression_ratio=3.0), raw((" La", 0.0, 1.0))]
    assert len(believed(found)) == 1


def test_a_size_of_english_alone_knows_nothing_else(folder: Path) -> None:
    made = WhisperEngine("whisper-tiny", folder, ON_PROCESSOR, english=True)
    made.load()
    assert made.languages() == {"en"}
    assert made.guess_language(VOICE) == {"en": 1.0}


class Card:
    """A graphics card as CTranslate2 shows it: what is loaded there, and how it fails."""

    def __init__(self, *, free_bytes: int | None = 8 * GB, fails: Exception | None = None) -> None:
        self.free_bytes, self.fails = free_bytes, fails
        self.opened: list[tuple[str, str]] = []

    def open(self, folder: str, *, device: str, compute_type: str, **options: Any) -> Any:
        self.opened.append((device, compute_type))
        if device == "cuda" and self.fails is not None:
            raise self.fails
        return WhisperModel(folder, **options | {"device": "cpu", "compute_type": "int8"})


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    made = Card()
    monkeypatch.setattr("faster_whisper.WhisperModel", made.open)
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(cuda, "free_card_bytes", lambda: made.free_bytes)
    return made


def loaded(folder: Path, device: str, weights_bytes: int = 10**6) -> WhisperEngine:
    made = WhisperEngine("whisper-tiny", folder, Placement(device=device, threads=1), weights_bytes=weights_bytes)
    made.check()
    made.load()
    return made


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_on_a_card_it_computes_in_float16(folder: Path, card: Card, device: str) -> None:
    engine = loaded(folder, device)
    assert card.opened == [("cuda", "float16")]
    assert engine.notice is None
    assert engine.transcribe(VOICE, language="hr")[0].text == SUNG_TEXT


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_on_the_processor_it_computes_in_whole_numbers(folder: Path, card: Card, device: str) -> None:
    loaded(folder, device)
    assert card.opened == [("cpu", "int8")]


def test_a_card_that_fails_is_left_for_the_processor_and_that_is_told(folder: Path, card: Card) -> None:
    card.fails = RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")
    engine = loaded(folder, "auto")
    assert card.opened == [("cuda", "float16"), ("cpu", "int8")]
    assert "could not be used (Library libcublas.so.12 is not found or cannot be loaded)" in (engine.notice or "")


def test_a_card_that_was_asked_for_is_never_replaced(folder: Path, card: Card) -> None:
    card.fails = RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")
    with pytest.raises(RuntimeError, match="libcublas"):
        loaded(folder, "cuda")


def test_a_card_without_room_is_not_tried_and_that_is_told(folder: Path, card: Card) -> None:
    card.free_bytes = 10**8
    engine = loaded(folder, "auto")
    assert card.opened == [("cpu", "int8")]
    assert "could not be used (0.5 GB are needed there and 0.1 GB are free)" in (engine.notice or "")
    with pytest.raises(OutOfMemory, match=r"needs about 0\.5 GB on the graphics card, where 0\.1 GB are free"):
        loaded(folder, "cuda")


def test_a_card_whose_memory_nobody_knows_is_tried(folder: Path, card: Card) -> None:
    card.free_bytes = None
    assert loaded(folder, "auto").notice is None
    assert card.opened == [("cuda", "float16")]


def test_memory_that_runs_out_while_it_is_loaded_is_told_as_such(folder: Path, card: Card) -> None:
    card.fails = RuntimeError("CUDA failed with error out of memory")
    with pytest.raises(OutOfMemory, match=r"^Model loading failed: out of memory\."):
        loaded(folder, "cuda")


def test_a_card_asked_for_that_is_not_there_is_said_before_anything_is_fetched(folder: Path) -> None:
    with pytest.raises(NoTranscriber, match="the device cuda was asked for and cannot be used"):
        WhisperEngine("whisper-tiny", folder, Placement(device="cuda")).check()


def test_a_size_that_does_not_fit_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    engine = WhisperEngine("whisper-large-v3", tmp_path, ON_PROCESSOR, weights_bytes=10**15)
    with pytest.raises(OutOfMemory, match=r"whisper-large-v3 needs about 1500000\.5 GB of memory, where"):
        engine.check()


def test_what_is_there_counts_and_not_what_was_expected(folder: Path) -> None:
    WhisperEngine("whisper-large-v3", folder, ON_PROCESSOR, weights_bytes=10**15).check()


def test_loading_and_hearing_need_no_network_and_no_torch(folder: Path) -> None:
    script = f"""
import socket, sys
def refuse(*_): raise AssertionError("the network")
socket.socket.connect = refuse; socket.getaddrinfo = refuse
import numpy as np
from pathlib import Path
from music_separator.engines.transcription.base import Placement
from music_separator.engines.transcription.whisper import WhisperEngine
engine = WhisperEngine("whisper-tiny", Path({str(folder)!r}), Placement()); engine.check(); engine.load()
print(engine.transcribe(np.full(32000, 0.1, np.float32), language="hr")[0].text)
print({{"torch", "transformers", "onnxruntime"}} & set(sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == [SUNG_TEXT, "set()"], ran.stderr
