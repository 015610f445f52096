"""What a worker really does, on a real short song: interrupted at a chunk and gone on with, or not at all."""

import json
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from music_separator.domain.errors import (
    AudioTooShort,
    Cancelled,
    LyricsTooLong,
    MusicSeparatorError,
    NoTranscriber,
    SilentAudio,
)
from music_separator.domain.progress import WORKING_MESSAGES, StageName
from music_separator.pipeline.tasks import KaraokeTask, SeparationTask, TranscriptionTask, output_dir, to_message
from music_separator.pipeline.work import Desk
from tests.songs import LINE_LRC, LRC, write_song

SONG_S = 18.0
CHUNKS = 3
"""Of eight seconds, the last one short."""
Message = dict[str, Any]


@dataclass
class Listener:
    """Reporter: keeps what is said, and stops the work once it has come to a chunk."""

    stop_at_chunk: int | None = None
    reports: list[Message] = field(default_factory=list)
    must_arrive: list[Message] = field(default_factory=list)

    def report(self, report: Message, *, must_arrive: bool = False) -> None:
        self.reports.append(report)
        if must_arrive:
            self.must_arrive.append(report)

    def check_cancelled(self) -> None:
        if self.stop_at_chunk is not None and any(self.stop_at_chunk == said.get("chunk") for said in self.reports):
            raise Cancelled

    def separated(self) -> list[tuple[int, int]]:
        """Give percent and chunk of every chunk that was begun."""
        return [(said["progress"], said["chunk"]) for said in self.reports if said["detail"] == "separating"]


def separation(folder: Path, song: Path) -> SeparationTask:
    folder.mkdir(parents=True, exist_ok=True)
    return SeparationTask(work_dir=str(folder), source=str(song), engine="center", max_duration_s=3600.0)


def run(task: SeparationTask | TranscriptionTask | KaraokeTask, listener: Listener | None = None) -> Message:
    return Desk().run_task(to_message(task), listener or Listener())


def sums(result: Message) -> dict[str, str]:
    return {item["name"]: item["sha256"] for item in result["artifacts"]}


def whole_numbers(path: Path) -> np.ndarray:
    """Decode a 16-bit FLAC, shape (2, n)."""
    with av.open(str(path)) as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
    return np.concatenate(frames, axis=1).reshape(-1, 2).T.astype(np.int32)


def mixture_of(song: Path) -> np.ndarray:
    with wave.open(str(song)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).T.astype(np.int32)


@pytest.fixture(scope="module")
def long_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_song(tmp_path_factory.mktemp("songs") / "song.wav", seconds=SONG_S)


@pytest.fixture(scope="module")
def uninterrupted(long_song: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Message, Listener]:
    """The folder, the result and the reports of a separation that nothing disturbed."""
    folder, listener = tmp_path_factory.mktemp("uninterrupted"), Listener()
    return folder, run(separation(folder, long_song), listener), listener


def test_progress_is_one_step_a_chunk(uninterrupted: tuple[Path, Message, Listener]) -> None:
    _, _, listener = uninterrupted
    assert listener.separated() == [(10, 0), (39, 1), (68, 2)]
    percents = [said["progress"] for said in listener.reports]
    assert percents == sorted(percents)
    assert 97 <= percents[-1] <= 99


def test_the_start_of_real_work_must_arrive(uninterrupted: tuple[Path, Message, Listener]) -> None:
    _, _, listener = uninterrupted
    assert [(said["progress"], said["message"]) for said in listener.must_arrive] == [
        (10, WORKING_MESSAGES[StageName.SEPARATION])
    ]


def test_vocals_and_instrumental_add_up_to_the_mixture_in_every_sample(
    uninterrupted: tuple[Path, Message, Listener], long_song: Path
) -> None:
    folder, result, _ = uninterrupted
    assert set(sums(result)) == {"vocals", "no_vocals"}
    out = output_dir(str(folder))
    vocals, instrumental = (whole_numbers(out / f"{name}.flac") for name in ("vocals", "no_vocals"))
    assert np.abs(vocals).max() > 1000
    np.testing.assert_array_equal(vocals + instrumental, mixture_of(long_song))


def test_the_facts_say_what_later_stages_need(uninterrupted: tuple[Path, Message, Listener]) -> None:
    _, result, _ = uninterrupted
    assert result["facts"] == {
        "engine": "center",
        "engine_version": "1",
        "weights": "",
        "fallback": False,
        "duration_s": SONG_S,
        "mono": False,
        "vocals_db": -4.2,
        "mixture_db": -13.7,
    }
    assert result["warnings"] == ()
    json.dumps(result)


def test_a_resumed_run_computes_unfinished_chunks_only_and_gives_the_same_bits(
    uninterrupted: tuple[Path, Message, Listener], long_song: Path, tmp_path: Path
) -> None:
    task = separation(tmp_path / "work", long_song)
    with pytest.raises(Cancelled):
        run(task, Listener(stop_at_chunk=1))
    chunks = tmp_path / "work" / "chunks-center"
    finished = {path.name: path.stat().st_mtime_ns for path in chunks.iterdir()}
    assert len(finished) == 2
    decoded_at = (tmp_path / "work" / "mixture.f32").stat().st_mtime_ns
    (chunks / "vocals.00002.partial").write_bytes(b"cut short")

    listener = Listener()
    result = run(task, listener)

    assert {name: (chunks / name).stat().st_mtime_ns for name in finished} == finished
    assert (tmp_path / "work" / "mixture.f32").stat().st_mtime_ns == decoded_at
    assert listener.separated() == [(68, 2)]
    assert sums(result) == sums(uninterrupted[1])


def test_the_chunk_that_a_resumed_run_begins_with_must_arrive(
    uninterrupted: tuple[Path, Message, Listener], long_song: Path
) -> None:
    """Deaths at a late chunk were counted for chunk 0: finished chunks were passed through faster than reports are."""
    folder, _, _ = uninterrupted
    chunk = folder / "chunks-center" / "vocals.00001.f32"
    chunk.unlink()
    listener = Listener()
    run(separation(folder, long_song), listener)
    assert [said["chunk"] for said in listener.must_arrive] == [1]


def test_what_an_interrupted_run_left_in_the_output_is_not_published(long_song: Path, tmp_path: Path) -> None:
    task = TranscriptionTask(work_dir=str(tmp_path), given=LRC, from_tags=None)
    (output_dir(task.work_dir) / "half.flac").touch()
    run(task)
    assert [path.name for path in output_dir(task.work_dir).iterdir()] == ["lyrics.txt"]


@pytest.mark.parametrize(("level", "seconds", "error"), [(0.0, 4.0, SilentAudio), (1.0, 0.2, AudioTooShort)])
def test_what_only_decoding_shows_fails_the_stage(
    tmp_path: Path, level: float, seconds: float, error: type[MusicSeparatorError]
) -> None:
    song = write_song(tmp_path / "song.wav", seconds=seconds)
    samples = (mixture_of(song) * level).astype("<i2")
    with wave.open(str(song), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(samples.T.tobytes())
    with pytest.raises(error):
        run(separation(tmp_path / "work", song))


@pytest.mark.parametrize(
    ("given", "from_tags", "detail", "text"),
    [
        (LRC, "tags", "lyrics_given", LRC),
        (None, LRC, "lyrics_from_tags", LRC),
        ("La la\n", None, "lyrics_given", "La la\n"),
    ],
)
def test_given_lyrics_win_over_those_in_the_tags(
    tmp_path: Path, given: str | None, from_tags: str | None, detail: str, text: str
) -> None:
    listener = Listener()
    result = run(TranscriptionTask(work_dir=str(tmp_path), given=given, from_tags=from_tags), listener)
    assert [(said["progress"], said["detail"]) for said in listener.must_arrive] == [(10, detail)]
    assert (output_dir(str(tmp_path)) / "lyrics.txt").read_text(encoding="utf-8") == text
    source = "given" if given else "timed_tags"
    assert result["facts"] == {"source": source, "timed": text == LRC}


def test_no_lyrics_at_all_fail_the_transcription(tmp_path: Path) -> None:
    with pytest.raises(NoTranscriber):
        run(TranscriptionTask(work_dir=str(tmp_path), given=None, from_tags=None, transcriber="none"))


def karaoke(folder: Path, stems: Path, lyrics: str) -> KaraokeTask:
    return KaraokeTask(
        work_dir=str(folder),
        file_id="song-1",
        lyrics=lyrics,
        vocals=str(stems / "out" / "vocals.flac"),
        instrumental=str(stems / "out" / "no_vocals.flac"),
        duration_s=SONG_S,
        title="La la",
        artist=None,
        language=None,
        made_at="2026-01-02T03:04:05.678Z",
    )


def test_karaoke_is_the_instrumental_and_the_words_in_every_format(
    uninterrupted: tuple[Path, Message, Listener], tmp_path: Path
) -> None:
    listener = Listener()
    result = run(karaoke(tmp_path, uninterrupted[0], LRC), listener)
    assert {"song-1_karaoke.mp3", "song-1_karaoke.lrc", "song-1_sync.json"} <= set(sums(result))
    assert all((output_dir(str(tmp_path)) / item["filename"]).stat().st_size for item in result["artifacts"])
    percents = [said["progress"] for said in listener.reports]
    assert percents == sorted(percents)
    assert (percents[0], listener.must_arrive[0]["message"]) == (10, "Generating karaoke with synced lyrics...")
    assert result["facts"] == {"lines": 2, "aligned": False, "lines_aligned": 0, "lines_worded": 0}


def test_words_of_lines_with_times_are_looked_for_and_the_lines_stay(
    uninterrupted: tuple[Path, Message, Listener], tmp_path: Path
) -> None:
    listener = Listener()
    result = run(karaoke(tmp_path, uninterrupted[0], LINE_LRC), listener)
    sync = json.loads((output_dir(str(tmp_path)) / "song-1_sync.json").read_text(encoding="utf-8"))
    lines = [(line["text"], line["start_ms"], line["end_ms"]) for line in sync["lines"]]
    assert lines == [("La la la", 500, 2000), ("Lo lo lo", 2000, 3500)]
    percents = [said["progress"] for said in listener.reports]
    details = [said["detail"] for said in listener.reports]
    assert percents == sorted(percents)
    assert details == sorted(details, key=("loading_model", "aligning", "encoding").index)
    assert (result["facts"]["lines"], result["facts"]["lines_aligned"]) == (2, 0)


def test_lyrics_without_times_are_timed_by_the_voice(
    uninterrupted: tuple[Path, Message, Listener], tmp_path: Path
) -> None:
    listener = Listener()
    result = run(karaoke(tmp_path, uninterrupted[0], "La la la\nLo lo lo\n"), listener)
    percents = [said["progress"] for said in listener.reports]
    details = [said["detail"] for said in listener.reports]
    assert percents == sorted(percents)
    assert details == sorted(details, key=("loading_model", "aligning", "encoding").index)
    assert (result["facts"]["lines"], result["facts"]["aligned"]) == (2, True)


def test_lyrics_that_nobody_could_sing_fail_the_karaoke_with_what_to_do(
    uninterrupted: tuple[Path, Message, Listener], tmp_path: Path
) -> None:
    with pytest.raises(LyricsTooLong, match="Check that they belong to this song"):
        run(karaoke(tmp_path, uninterrupted[0], "never so many words\n" * 500))
