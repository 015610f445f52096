"""A second witness beside an aligner that says what it is told: what is confirmed, what is doubted, what stays."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from music_separator.audio.voice import VOICE_RATE, Voice
from music_separator.audio.waveform import SAMPLE_RATE, Waveform
from music_separator.domain.lyrics import Line, Lyrics, LyricsText, Word
from music_separator.domain.units import Ms
from music_separator.engines.alignment import ctc_weights
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.ctc_search import Scores, Tokens
from music_separator.engines.alignment.ctc_weights import ENGLISH, MMS, witness_for
from music_separator.engines.alignment.watch import Watch
from music_separator.engines.alignment.witness import WitnessedEngine
from music_separator.engines.weights import WeightsStore

FRAME_S = 0.02
ALPHABET = "_abcdefgh"
VOCABULARY = {letter: index for index, letter in enumerate(ALPHABET)}
PITCH_HZ = {letter: 400.0 + 200 * index for index, letter in enumerate(ALPHABET)}


class Ear:
    """A network that tells letters by the pitch of a tone, each lasting a frame or more; silence is the blank."""

    vocabulary = VOCABULARY
    tokens = Tokens(blank=0)

    def __init__(self) -> None:
        self.heard_s: list[float] = []

    def scores(self, voice: Voice) -> Scores:
        self.heard_s.append(len(voice) / VOICE_RATE)
        frame = round(FRAME_S * VOICE_RATE)
        frames = voice[: len(voice) // frame * frame].reshape(-1, frame)
        time = np.arange(frame) / VOICE_RATE
        tones = np.stack([np.exp(2j * np.pi * PITCH_HZ[letter] * time) for letter in ALPHABET])
        loud = np.abs(frames @ tones.conj().T) / frame
        loud[:, 0] = 0.1
        likely = loud / loud.sum(axis=1, keepdims=True)
        return np.log(np.maximum(likely, 1e-6)).astype(np.float32)


class Told:
    """An aligner that says what it is told, and reads all that it is given."""

    name, version = "told", "7"

    def __init__(self, *lines: Line) -> None:
        self._lines = lines

    def missing(self) -> str | None:
        return None

    def limits(self) -> str | None:
        return None

    def load(self) -> None: ...

    def align(self, request: AlignmentRequest, report: Watch) -> Lyrics:
        assert sum(block.shape[1] for block in request.vocals) > 0
        report(1.0)
        return Lyrics(lines=self._lines)


def line(*words: tuple[str, int, float]) -> Line:
    """Make a line of words: text, start in ms, confidence; 400 ms each."""
    made = tuple(
        Word(text=text, start_ms=Ms(start), end_ms=Ms(start + 400), confidence=sure) for text, start, sure in words
    )
    text = " ".join(word.text for word in made)
    return Line(text=text, start_ms=made[0].start_ms, end_ms=made[-1].end_ms, words=made)


def sung(seconds: float, *words: tuple[str, float]) -> Iterator[Waveform]:
    """Sing words, 80 ms a letter, from the given seconds on; a second at a time."""
    song = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for word, at_s in words:
        for number, letter in enumerate(word):
            start = round((at_s + 0.08 * number) * SAMPLE_RATE)
            time = np.arange(round(0.08 * SAMPLE_RATE)) / SAMPLE_RATE
            song[start : start + time.size] = 0.5 * np.sin(2 * np.pi * PITCH_HZ[letter] * time)
    for begin in range(0, song.size, SAMPLE_RATE):
        yield np.stack([song[begin : begin + SAMPLE_RATE]] * 2)


def align(lines: tuple[Line, ...], seconds: float, *words: tuple[str, float], ear: Ear | None = None) -> Lyrics:
    engine = WitnessedEngine(Told(*lines), lambda: ear or Ear(), name="ear", digest="d")  # type: ignore[arg-type, return-value]
    engine.load()
    text = LyricsText(lines=tuple(each.text for each in lines))
    request = AlignmentRequest(text=text, mixture=iter(()), vocals=sung(seconds, *words), duration_s=seconds)
    shares: list[float] = []
    found = engine.align(request, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return found


def test_where_both_agree_the_word_is_surer_and_its_times_are_the_witness_s() -> None:
    [found] = align((line(("abc", 2100, 0.6), ("def", 3150, 0.6)),), 6.0, ("abc", 2.0), ("def", 3.0)).lines
    first, second = found.words
    assert abs(first.start_ms - 2000) <= 40
    assert abs(second.start_ms - 3000) <= 40
    assert abs(first.end_ms - 2240) <= 40
    assert min(first.confidence, second.confidence) > 0.8
    assert (found.start_ms, found.end_ms) == (first.start_ms, second.end_ms)


def test_where_they_disagree_the_first_one_s_times_stay_and_are_doubted() -> None:
    [found] = align((line(("abc", 3500, 0.8)),), 6.0, ("abc", 2.0)).lines
    assert found.words == (Word(text="abc", start_ms=Ms(3500), end_ms=Ms(3900), confidence=0.4),)


def test_a_word_that_the_network_does_not_hear_stays_as_it_is() -> None:
    given = line(("abc", 2100, 0.7))
    assert align((given,), 6.0, ("fgh", 2.0)).lines == (given,)


def test_words_without_letters_stay_as_they_are() -> None:
    given = line(("42", 1000, 0.7))
    assert align((given,), 4.0, ("abc", 1.0)).lines == (given,)


def test_lines_that_the_first_one_did_not_find_are_not_looked_for() -> None:
    lost = line(("abc", 2000, 0.0))
    ear = Ear()
    assert align((lost,), 4.0, ("abc", 2.0), ear=ear).lines == (lost,)
    assert ear.heard_s == []


def test_lines_and_words_stay_in_their_order() -> None:
    lines = (line(("abc", 2000, 0.9)), line(("abd", 2050, 0.0)), line(("def", 2100, 0.9)))
    found = align(lines, 6.0, ("abc", 2.25), ("def", 2.5)).lines
    assert [each.text for each in found] == ["abc", "abd", "def"]
    assert [each.start_ms for each in found] == sorted(each.start_ms for each in found)


def test_a_long_song_is_heard_in_stretches() -> None:
    lines = tuple(line(("abc", 1000 * at, 0.9)) for at in range(2, 118, 10))
    ear = Ear()
    found = align(lines, 120.0, *(("abc", float(at)) for at in range(2, 118, 10)), ear=ear)
    assert max(ear.heard_s) <= 30
    assert all(abs(each.start_ms - 1000 * at) <= 40 for each, at in zip(found.lines, range(2, 118, 10), strict=True))


def test_names_and_versions_tell_the_weights() -> None:
    engine = WitnessedEngine(Told(), Ear, name="ctc-mms", digest="abc")  # type: ignore[arg-type]
    assert (engine.name, engine.version) == ("told and ctc-mms", "7, ctc-mms 1 abc")
    assert engine.missing() is None
    request: Any = SimpleNamespace()
    with pytest.raises(RuntimeError, match="load"):
        engine.align(request, lambda _share: None)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsStore:
    monkeypatch.setattr(ctc_weights, "missing", lambda: None)
    return WeightsStore(root=tmp_path, hub_url="http://127.0.0.1:9", offline=True)


def place(store: WeightsStore, name: str) -> None:
    folder = store.root / name
    folder.mkdir()
    for file in ENGLISH.files:
        (folder / file.names[0]).write_bytes(b"{}")


def test_the_network_of_the_language_comes_first_and_none_is_fetched(store: WeightsStore) -> None:
    assert witness_for("en", store) is None
    place(store, MMS.name)
    place(store, ENGLISH.name)
    names = {
        language: found.name for language in ("en", "en-GB", "hr", None) if (found := witness_for(language, store))
    }
    assert names == {"en": "ctc-english", "en-GB": "ctc-english", "hr": "ctc-mms", None: "ctc-mms"}


def test_without_the_extra_there_is_no_witness(store: WeightsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    place(store, MMS.name)
    monkeypatch.setattr(ctc_weights, "missing", lambda: "not installed")
    assert witness_for("hr", store) is None


def test_its_digest_is_that_of_the_weights(store: WeightsStore) -> None:
    place(store, MMS.name)
    unrecorded = witness_for("hr", store)
    store.ensure(MMS)
    recorded = witness_for("hr", store)
    assert unrecorded is not None
    assert recorded is not None
    assert unrecorded.digest == "placed by hand, not recorded"
    assert recorded.digest == store.digest(MMS)
