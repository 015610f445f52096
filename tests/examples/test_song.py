"""The example song: its committed files fit together, and it becomes karaoke with nothing but itself."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from music_separator.audio.decode import decode
from music_separator.audio.media import MediaLimits
from music_separator.audio.pcm import PcmReader
from music_separator.audio.probe import probe
from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.lyrics import Lyrics
from music_separator.karaoke.readers import read_lyrics
from tests.listening import assert_tells_the_whole_story, assert_whole
from tests.running import Server, events, upload, wait_until_over

SONG = Path(__file__).parents[2] / "examples" / "song"
MIXTURE = SONG / "twinkle.mp3"
MAX_BYTES = 1_500_000
LRC_STEP_MS = 10
"""LRC tells hundredths of a second."""
CODING_LOSS_DB = -20.0
"""Three lossy files differ from their sum at least by this; a stem out of place by a millisecond leaves more."""


@pytest.fixture(scope="module")
def words() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads((SONG / "words.json").read_text(encoding="utf-8"))["lines"]
    return lines


def samples_of(path: Path, folder: Path) -> Waveform:
    """Decode a file, shape (2, samples)."""
    decode(path, folder / "sound.pcm", MediaLimits())
    with PcmReader(folder / "sound.pcm") as sound:
        return sound.read(0, sound.samples)


def level_db(sound: Waveform) -> float:
    return float(10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12))


def test_true_stems_add_up_to_the_song(tmp_path: Path):
    mixture, vocals, instrumental = (
        samples_of(path, tmp_path) for path in (MIXTURE, SONG / "vocals.opus", SONG / "instrumental.opus")
    )
    length = min(sound.shape[1] for sound in (mixture, vocals, instrumental))
    assert max(sound.shape[1] for sound in (mixture, vocals, instrumental)) - length < SAMPLE_RATE / 10
    rest = mixture[:, :length] - vocals[:, :length] - instrumental[:, :length]
    assert level_db(rest) - level_db(mixture) < CODING_LOSS_DB
    assert min(level_db(vocals), level_db(instrumental)) > -30


def test_words_are_sung_where_they_are_said_to_be(words: list[dict[str, Any]], tmp_path: Path):
    vocals = samples_of(SONG / "vocals.opus", tmp_path)
    sung = np.zeros(vocals.shape[1], dtype=bool)
    for word in (word for line in words for word in line["words"]):
        sung[word["start_ms"] * SAMPLE_RATE // 1000 : word["end_ms"] * SAMPLE_RATE // 1000] = True
    assert level_db(vocals[:, sung]) - level_db(vocals[:, ~sung]) > 15


def test_lyrics_in_the_tags_are_those_of_the_lrc_and_of_the_word_times(words: list[dict[str, Any]]):
    info = probe(MIXTURE, MediaLimits())
    assert (info.tags.title, info.tags.language) == ("Twinkle, Twinkle, Little Star", "eng")
    assert info.tags.lyrics is not None
    assert info.tags.lyrics.strip() == (SONG / "twinkle.lrc").read_text(encoding="utf-8").strip()
    lyrics = read_lyrics(info.tags.lyrics)
    assert isinstance(lyrics, Lyrics)
    assert [line.text for line in lyrics.lines] == [line["text"] for line in words]
    for line, true in zip(lyrics.lines, words, strict=True):
        assert [word.text for word in line.words] == [word["text"] for word in true["words"]]
        for word, measured in zip(line.words, true["words"], strict=True):
            assert abs(word.start_ms - measured["start_ms"]) <= LRC_STEP_MS


def test_song_is_small_enough_for_a_repository():
    assert sum(path.stat().st_size for path in SONG.iterdir() if path.is_file()) <= MAX_BYTES
    assert 35 < (probe(MIXTURE, MediaLimits()).duration_s or 0) < 45


def test_song_becomes_karaoke_with_nothing_but_itself(server: Server, words: list[dict[str, Any]]):
    file_id = upload(server, MIXTURE)["file_id"]
    job = wait_until_over(server, file_id)
    assert (job["status"], job["error"]) == ("done", None)
    assert job["song_name"] == "Twinkle, Twinkle, Little Star"
    log = events(server, file_id)
    assert_tells_the_whole_story(log)
    assert_whole(log)
    with server.client() as client:
        sync = client.get(f"/download/{file_id}/{file_id}_sync.json").json()
    assert [line["text"] for line in sync["lines"]] == [line["text"] for line in words]
