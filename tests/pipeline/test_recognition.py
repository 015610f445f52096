"""Recognition as a worker does it: a tiny model through the real loading code, on the voice of a stem."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from music_separator.domain.errors import Cancelled, NoTranscriber, NoVoice
from music_separator.domain.lyrics import LyricsText
from music_separator.karaoke.readers import read_lyrics
from music_separator.pipeline.tasks import TranscriptionTask, output_dir, to_message
from music_separator.pipeline.work import Desk
from tests.engines.hub import running_hub
from tests.engines.transcription.tiny_whisper import SUNG_TEXT, write_tiny_whisper
from tests.pipeline.test_stages import Listener, sums
from tests.sung import write_stem

SUNG = ((1.0, 5.0), (12.0, 16.0))
"""Two phrases, a long pause between them: two windows."""
HEARD = f"{SUNG_TEXT}\n" * 2


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_whisper(folder / "whisper-tiny")
    return folder


@pytest.fixture(scope="module")
def stem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stem(tmp_path_factory.mktemp("stem") / "vocals.flac", SUNG, seconds=20.0)


def task(folder: Path, stem: Path, models: Path, **values: Any) -> TranscriptionTask:
    folder.mkdir(exist_ok=True)
    chosen = {
        "work_dir": str(folder),
        "given": None,
        "from_tags": None,
        "transcriber": "whisper-tiny",
        "vocals": str(stem),
        "weights_dir": str(models),
        "hub_url": "http://127.0.0.1:9",
        "offline": True,
    }
    return TranscriptionTask(**(chosen | values))


def run(task: TranscriptionTask, listener: Listener | None = None) -> dict[str, Any]:
    return Desk().run_task(to_message(task), listener or Listener())


def test_every_window_becomes_a_line_of_text_and_timed_words(tmp_path: Path, stem: Path, models: Path) -> None:
    result = run(task(tmp_path, stem, models))
    out = output_dir(str(tmp_path))
    transcript = json.loads((out / "transcript.json").read_text(encoding="utf-8"))
    assert (out / "lyrics.txt").read_text(encoding="utf-8") == HEARD
    assert (transcript["language"], transcript["engine"]) == ("hr", "whisper-tiny")
    assert [segment["text"] for segment in transcript["segments"]] == [SUNG_TEXT] * 2
    for segment, (start_s, stop_s) in zip(transcript["segments"], SUNG, strict=True):
        words = segment["words"]
        assert [word["text"] for word in words] == SUNG_TEXT.split()
        assert all(start_s * 1000 - 200 <= word["start_ms"] <= word["end_ms"] <= stop_s * 1000 + 220 for word in words)
    assert {item["name"] for item in result["artifacts"]} == {"lyrics", "transcript"}


def test_the_facts_name_the_weights_the_language_and_the_engine(tmp_path: Path, stem: Path, models: Path) -> None:
    facts = run(task(tmp_path, stem, models))["facts"]
    assert len(facts.pop("weights")) == 64
    assert facts == {"source": "whisper-tiny", "timed": False, "engine_version": "1", "language": "hr"}


def test_real_work_starts_at_ten_and_goes_by_audio(tmp_path: Path, stem: Path, models: Path) -> None:
    listener = Listener()
    run(task(tmp_path, stem, models), listener)
    first = listener.must_arrive[0]
    assert (first["message"], first["detail"]) == ("Transcribing lyrics with AI...", "transcribing")
    said = [(report["progress"], report.get("chunk"), report["detail"]) for report in listener.reports]
    # 0.8 and 11.8 of 20 seconds
    assert said == [
        (2, None, "reading_voice"),
        (9, None, "loading_model"),
        (13, 0, "transcribing"),
        (63, 1, "transcribing"),
    ]


def test_a_resumed_run_hears_unfinished_windows_only_and_gives_the_same(
    tmp_path: Path, stem: Path, models: Path
) -> None:
    whole = run(task(tmp_path / "whole", stem, models, language="hr"))
    with pytest.raises(Cancelled):
        run(task(tmp_path / "cut", stem, models, language="hr"), Listener(stop_at_chunk=0))
    finished = tmp_path / "cut" / "windows" / "00000.json"
    written_at = finished.stat().st_mtime_ns

    listener = Listener()
    resumed = run(task(tmp_path / "cut", stem, models, language="hr"), listener)

    assert [report["chunk"] for report in listener.reports if report["detail"] == "transcribing"] == [1]
    assert finished.stat().st_mtime_ns == written_at
    assert sums(resumed) == sums(whole)


@pytest.mark.parametrize(
    ("given", "used"),
    [("de-AT", "de"), ("ger", "de"), ("tlh", "hr"), (None, "hr")],
    ids=["region", "three letters", "unknown", "not given"],
)
def test_a_given_language_is_used_and_an_unknown_one_is_voted_on(
    tmp_path: Path, stem: Path, models: Path, given: str | None, used: str
) -> None:
    assert run(task(tmp_path, stem, models, language=given))["facts"]["language"] == used


@pytest.mark.parametrize(("sung", "level"), [((), 0.3), (((1.0, 5.0),), 0.001)], ids=["silence", "residue"])
def test_a_stem_without_a_voice_fails_before_anything_is_fetched_or_loaded(
    tmp_path: Path, sung: tuple[tuple[float, float], ...], level: float
) -> None:
    stem = write_stem(tmp_path / "vocals.flac", sung, seconds=8.0, level=level)
    with pytest.raises(NoVoice, match="add the lyrics as LRC and retry"):
        run(task(tmp_path / "work", stem, tmp_path / "models", offline=False))


def test_what_is_heard_and_not_believed_is_no_voice(tmp_path: Path, stem: Path) -> None:
    write_tiny_whisper(tmp_path / "whisper-tiny", lines=((0.0, "Thanks for watching!", 30.0),))
    with pytest.raises(NoVoice):
        run(task(tmp_path / "work", stem, tmp_path))


def test_offline_without_weights_there_is_no_transcriber(tmp_path: Path, stem: Path) -> None:
    with pytest.raises(NoTranscriber, match=r"whisper-tiny are not on this machine .*offline.*Add the lyrics as LRC"):
        run(task(tmp_path / "work", stem, tmp_path))


def test_without_a_network_there_is_soon_no_transcriber(tmp_path: Path, stem: Path) -> None:
    # the port of "discard", where nobody listens
    with pytest.raises(NoTranscriber, match=r"could not be fetched from http://127.0.0.1:9 \(Connection refused\)"):
        run(task(tmp_path / "work", stem, tmp_path, offline=False))


@pytest.mark.parametrize(("name", "why"), [("none", "switched off"), ("gemma_3n", "no engine for Gemma 3n")])
def test_a_transcriber_that_is_none_says_why(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(NoTranscriber, match=why):
        run(task(tmp_path, tmp_path, tmp_path, transcriber=name, vocals=None))


def test_files_that_are_no_model_are_no_transcriber(tmp_path: Path, stem: Path, models: Path) -> None:
    broken = tmp_path / "whisper-tiny"
    shutil.copytree(models / "whisper-tiny", broken, ignore=shutil.ignore_patterns("weights.json"))
    (broken / "model.bin").write_bytes(b"not a model")
    with pytest.raises(NoTranscriber, match="Whisper tiny could not be loaded"):
        run(task(tmp_path / "work", stem, tmp_path))


def test_weights_cut_short_since_they_were_recorded_are_no_transcriber(
    tmp_path: Path, stem: Path, models: Path
) -> None:
    run(task(tmp_path / "first", stem, models))
    shutil.copytree(models / "whisper-tiny", tmp_path / "whisper-tiny")
    with (tmp_path / "whisper-tiny" / "model.bin").open("rb+") as file:
        file.truncate(100)
    with pytest.raises(NoTranscriber, match=r"model.bin .* is not what it should be \(100 bytes instead of"):
        run(task(tmp_path / "work", stem, tmp_path))


def test_missing_weights_are_fetched_with_the_bytes_in_the_message(tmp_path: Path, stem: Path, models: Path) -> None:
    offered = {path.name: path.read_bytes() for path in (models / "whisper-tiny").iterdir() if path.suffix != ".lock"}
    listener = Listener()
    with running_hub(offered, repository="Systran/faster-whisper-tiny") as hub:
        run(task(tmp_path / "work", stem, tmp_path, offline=False, hub_url=hub.url), listener)
    fetching = [report for report in listener.reports if report["detail"] == "downloading_model"]
    percents = [report["progress"] for report in listener.reports]
    assert percents == sorted(percents)
    assert {report["progress"] for report in fetching} <= set(range(3, 9))
    assert fetching[0]["message"] == "Downloading Whisper tiny (MIT): 0 of 1 MB"
    assert fetching[-1]["progress"] == 8
    assert (tmp_path / "whisper-tiny" / "weights.json").is_file()


def test_a_cancel_while_weights_are_fetched_keeps_what_has_arrived(tmp_path: Path, stem: Path, models: Path) -> None:
    offered = {path.name: path.read_bytes() for path in (models / "whisper-tiny").iterdir()}

    class Impatient(Listener):
        def check_cancelled(self) -> None:
            if sum(said["detail"] == "downloading_model" for said in self.reports) > 8:
                raise Cancelled

    with running_hub(offered, repository="Systran/faster-whisper-tiny") as hub, pytest.raises(Cancelled):
        run(task(tmp_path / "work", stem, tmp_path, offline=False, hub_url=hub.url), Impatient())
    assert list((tmp_path / "whisper-tiny").glob("*.part"))


def test_whole_text_is_read_as_plain_lyrics(tmp_path: Path, stem: Path, models: Path) -> None:
    run(task(tmp_path, stem, models))
    text = (output_dir(str(tmp_path)) / "lyrics.txt").read_text(encoding="utf-8")
    assert read_lyrics(text) == LyricsText(lines=(SUNG_TEXT, SUNG_TEXT))
