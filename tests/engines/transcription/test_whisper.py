"""The engine over a tiny model through the real loading code, and what becomes of the library's answers."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from music_separator.audio.voice import VOICE_RATE
from music_separator.engines.transcription.whisper import WhisperEngine, believed, usable_cores
from tests.engines.transcription.tiny_whisper import SUNG_TEXT, write_tiny_whisper

VOICE = np.random.default_rng(1).normal(0, 0.1, 4 * VOICE_RATE).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_whisper(tmp_path_factory.mktemp("tiny"), language="hr")


@pytest.fixture(scope="module")
def engine(folder: Path) -> WhisperEngine:
    made = WhisperEngine("whisper-tiny", folder)
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
    again = WhisperEngine("whisper-tiny", folder)
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
        WhisperEngine("whisper-tiny", tmp_path).load()
    with pytest.raises(RuntimeError, match="load"):
        WhisperEngine("whisper-tiny", tmp_path).languages()


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


def test_it_may_use_at_least_one_core() -> None:
    assert usable_cores() >= 1


def test_loading_and_hearing_need_no_network_and_no_torch(folder: Path) -> None:
    script = f"""
import socket, sys
def refuse(*_): raise AssertionError("the network")
socket.socket.connect = refuse; socket.getaddrinfo = refuse
import numpy as np
from pathlib import Path
from music_separator.engines.transcription.whisper import WhisperEngine
engine = WhisperEngine("whisper-tiny", Path({str(folder)!r})); engine.load()
print(engine.transcribe(np.full(32000, 0.1, np.float32), language="hr")[0].text)
print({{"torch", "transformers", "onnxruntime"}} & set(sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == [SUNG_TEXT, "set()"], ran.stderr
