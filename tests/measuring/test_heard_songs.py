"""What the benchmark of the aligner says of a transcriber: a tiny Whisper through the real code; what is missing."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.aligned_songs import Separated
from benchmarks.heard_songs import Listener, show_heard, summarise_heard

from music_separator.audio.pcm import PcmWriter
from music_separator.audio.stream import blocks_of
from music_separator.domain.lyrics import Line, Word
from music_separator.domain.units import Ms
from tests.engines.transcription.tiny_whisper import SUNG_TEXT, write_tiny_whisper
from tests.sung import write_stem
from tests.timed_songs import TimedSong

SUNG_S = (1.0, 5.0)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder of weights of this machine."""
    monkeypatch.setenv("MUSIC_SEPARATOR_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("MUSIC_SEPARATOR_HUB_URL", "http://127.0.0.1:9")
    return tmp_path / "models"


@pytest.fixture
def separated(tmp_path: Path) -> Separated:
    """Make the voice of a song as the benchmark has it."""
    voice = tmp_path / "vocals.pcm"
    stem = write_stem(tmp_path / "vocals.flac", (SUNG_S,), seconds=8.0)
    with PcmWriter(voice) as writer:
        for block in blocks_of(stem):
            writer.write(block)
    return Separated(mixture=voice, vocals=voice, duration_s=8.0, took_s=0.0)


def timed_song(text: str) -> TimedSong:
    words = tuple(
        Word(text=word, start_ms=Ms(1000 + 900 * n), end_ms=Ms(1800 + 900 * n)) for n, word in enumerate(text.split())
    )
    line = Line(text=text, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=words)
    return TimedSong(title="Tones", artist="Nobody", language="hr", audio=Path(), lines=(line,))


def test_a_transcriber_is_judged_by_its_words_and_by_the_times_of_those_it_heard(
    models: Path, separated: Separated, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_whisper(models / "whisper-tiny")
    song = timed_song(f"Never {SUNG_TEXT.lower()}")
    heard = Listener.of("whisper-tiny").hear(song, separated, np.array([9.0, 0.1, 0.2, 0.4]))
    assert heard.word_error_rate == 1 / 4
    assert heard.share == 3 / 4
    assert heard.errors_s.shape == (3,)
    assert heard.errors_s.max() < SUNG_S[1]
    assert heard.aligned_errors_s.tolist() == [0.1, 0.2, 0.4]
    show_heard("tiny", heard)
    summarise_heard("tiny", [heard, heard])
    said = capsys.readouterr().out
    assert "word error rate 0.250" in said
    assert "the aligner's of the same words median 0.200 s, 0.667 within 0.3 s" in said


def test_a_song_of_which_nothing_is_heard_has_every_word_wrong(models: Path, separated: Separated) -> None:
    write_tiny_whisper(models / "whisper-tiny", lines=((0.0, "Thanks for watching", 30.0),))
    heard = Listener.of("whisper-tiny").hear(timed_song("la la"), separated, np.zeros(2))
    assert (heard.word_error_rate, heard.share, heard.errors_s.size) == (1.0, 0.0, 0)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("whisper-tiny", "The weights of whisper-tiny are not on this machine, and a benchmark fetches nothing"),
        ("nonsense", "There is no transcriber 'nonsense'. Known: "),
        ("none", "The transcriber none hears nothing"),
    ],
)
def test_what_cannot_be_run_is_said_before_any_song_is_separated(models: Path, name: str, says: str) -> None:
    assert not models.exists()
    with pytest.raises(SystemExit, match=says):
        Listener.of(name)
