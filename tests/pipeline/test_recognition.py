"""Recognition as a worker does it: a tiny model through the real loading code, on the voice of a stem."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from music_separator.audio.voice import VOICE_RATE, Voice
from music_separator.domain.errors import Cancelled, NoTranscriber, NoVoice
from music_separator.domain.lyrics import LyricsText, Word
from music_separator.domain.transcript import Segment
from music_separator.domain.units import Ms
from music_separator.engines.transcription.registry import Transcriber
from music_separator.engines.weights import Weights
from music_separator.karaoke.readers import read_lyrics
from music_separator.pipeline.stages import recognition
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
    assert facts == {"source": "whisper-tiny", "timed": False, "engine_version": "2", "language": "hr"}


def test_real_work_starts_at_ten_and_goes_by_audio(tmp_path: Path, stem: Path, models: Path) -> None:
    listener = Listener()
    run(task(tmp_path, stem, models), listener)
    first = listener.must_arrive[0]
    assert (first["message"], first["detail"]) == ("Transcribing lyrics with AI...", "transcribing")
    said = [(report["progress"], report.get("chunk"), report["detail"]) for report in listener.reports]
    # 0.8 and 11.8 of 20 seconds
    assert said == [
        (3, None, "reading_voice"),
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


class Parrot:
    """An engine whose windows hear different languages, by their length in whole seconds."""

    name, version, notice = "parrot", "1", None

    def __init__(self, heard: dict[int, dict[str, float]]) -> None:
        self._heard = heard
        self.asked: list[str | None] = []

    def check(self) -> None: ...

    def load(self) -> None: ...

    def languages(self) -> frozenset[str]:
        return frozenset({"de", "en", "hr"})

    def guess_language(self, voice: Voice) -> Mapping[str, float]:
        return self._heard[len(voice) // VOICE_RATE]

    def transcribe(self, voice: Voice, *, language: str | None) -> tuple[Segment, ...]:
        self.asked.append(language)
        return (Segment(text="La", start_ms=Ms(0), end_ms=Ms(len(voice) * 1000 // VOICE_RATE), words=()),)


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Parrot:
    made = Parrot(request.param)
    found = Transcriber(name="parrot", weights=NOTHING, version="1", make=lambda _folder, _placement: made)
    monkeypatch.setattr(recognition, "transcriber_for", lambda _name: found)
    return made


NOTHING = Weights(name="nothing", title="Parrot", repository="nobody/nothing", licence="MIT", about_mb=0, files=())
THREE = ((1.0, 4.0), (12.0, 16.0), (24.0, 29.0))
"""Phrases of 3, 4 and 5 s; the first and the last margin make windows of 3, 4 and 5 whole seconds."""


@pytest.mark.parametrize(
    ("parrot", "language"),
    [
        ({3: {"hr": 0.4, "en": 0.3}, 4: {"hr": 0.4, "de": 0.3}, 5: {"en": 1.0}}, "hr"),
        ({3: {"hr": 0.4}, 4: {"de": 0.5}, 5: {"en": 0.3}}, "de"),
        ({3: {}, 4: {}, 5: {"en": 0.2}}, "en"),
        ({3: {}, 4: {}, 5: {}}, None),
    ],
    ids=["the majority", "the surest of a tie", "the only one", "nobody can tell"],
    indirect=["parrot"],
)
def test_the_language_is_fixed_by_a_vote_of_the_windows_before_any_is_heard(
    tmp_path: Path, parrot: Parrot, language: str | None
) -> None:
    stem = write_stem(tmp_path / "vocals.flac", THREE, seconds=30.0)
    facts = run(task(tmp_path / "work", stem, tmp_path))["facts"]
    assert parrot.asked == [language] * 3
    assert facts["language"] == (language or "")


@pytest.mark.parametrize("parrot", [{}], indirect=True)
def test_a_given_language_needs_no_vote(tmp_path: Path, parrot: Parrot, stem: Path) -> None:
    assert run(task(tmp_path, stem, tmp_path, language="de"))["facts"]["language"] == "de"
    assert parrot.asked == ["de", "de"]


@pytest.mark.parametrize("parrot", [{}], indirect=True)
def test_an_engine_of_one_language_says_so_where_another_is_given(
    tmp_path: Path, parrot: Parrot, stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parrot, "languages", lambda: frozenset({"en"}))
    with pytest.raises(NoTranscriber, match="parrot knows no language but en, and the song's is hr"):
        run(task(tmp_path, stem, tmp_path, language="hrv"))


@pytest.mark.parametrize("parrot", [{4: {"en": 1.0}}], indirect=True)
def test_what_went_otherwise_than_planned_is_a_warning(
    tmp_path: Path, parrot: Parrot, stem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parrot, "notice", "Recognised on the processor.")
    [warning] = run(task(tmp_path, stem, tmp_path))["warnings"]
    assert (warning["code"], warning["message"]) == ("on_processor", "Recognised on the processor.")


@pytest.mark.parametrize("parrot", [{}], indirect=True)
def test_text_over_silence_is_left_out(tmp_path: Path, parrot: Parrot, monkeypatch: pytest.MonkeyPatch) -> None:
    stem = write_stem(tmp_path / "vocals.flac", ((1.0, 4.0), (8.0, 11.0)), seconds=12.0)
    lines = (("Sing", 200, 3_000), ("nobody sang", 3_900, 6_400), ("along", 7_200, 10_000))
    found = tuple(timed_segment(text, start_ms, end_ms) for text, start_ms, end_ms in lines)
    monkeypatch.setattr(parrot, "transcribe", lambda _voice, language: found)
    run(task(tmp_path / "work", stem, tmp_path, language="en"))
    assert (output_dir(str(tmp_path / "work")) / "lyrics.txt").read_text(encoding="utf-8") == "Sing\nalong\n"


def timed_segment(text: str, start_ms: int, end_ms: int) -> Segment:
    word = Word(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms))
    return Segment(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), words=(word,))


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


def test_a_transcriber_that_is_none_says_why(tmp_path: Path) -> None:
    with pytest.raises(NoTranscriber, match="switched off"):
        run(task(tmp_path, tmp_path, tmp_path, transcriber="none", vocals=None))


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
