import importlib.util
import itertools
from dataclasses import replace
from importlib.machinery import ModuleSpec

import numpy as np
import pytest

from music_separator.domain.errors import AlignmentUnavailable, Cancelled, EmptyLyrics, LyricsTooLong, NoVoice
from music_separator.domain.lyrics import LyricsText
from music_separator.domain.units import Ms
from music_separator.engines.alignment.base import AlignmentRequest
from music_separator.engines.alignment.phonetic import WITHOUT_MODEL, PhoneticEngine
from tests.engines.alignment.singing import Song, blocks, sing, starts_s, sureness

ENGLISH = (
    "Walking down the river in the morning light",
    "Nobody remembers what the mountain said",
    "Seven yellow birds are singing over me",
    "Take another look before you turn away",
)
OTHER_ENGLISH = (
    "Every window in the house is closed",
    "Paper boats go sailing to the sea",
    "Long ago we used to be so young",
    "Tomorrow brings a heavy storm from the north",
    "My guitar is broken and I cannot play",
    "Give it up and dance with all your friends",
    "Money cannot buy the things I really need",
    "Sweet summer rain keeps falling on my skin",
    "Oh baby I want you to stay with me",
    "Dancing in the kitchen while the radio plays",
)
SONGS = {
    "en": ENGLISH,
    "hr": ("Tiho pada snijeg na naš stari grad", "Još uvijek čekam da se vratiš meni", "Čežnja je duboka kao more"),
    "es": ("Camino solo por la calle vieja", "La noche guarda todos mis secretos", "Mañana volveré a tu corazón"),
    "fr": ("Je marche seul le long de la rivière", "Personne ne connaît mon vrai visage", "Demain je chanterai encore"),
    "de": ("Ich gehe langsam durch die alte Straße", "Niemand kennt den Namen meiner Stadt", "Morgen singen wir"),
    "ru": ("Тихо падает снег на старый город", "Никто не помнит имя этой реки", "Завтра мы будем петь опять"),
    "ja": ("さくら のはな が さいて いる", "かわ の ほとり を あるいて いく", "あした また うたおう"),
}


@pytest.fixture(scope="module")
def engine() -> PhoneticEngine:
    made = PhoneticEngine()
    made.load()
    return made


@pytest.fixture(scope="module")
def song() -> Song:
    return sing(*ENGLISH)


def ignore(share: float) -> None:
    """Take a report."""


@pytest.mark.parametrize("language", SONGS)
def test_words_of_any_language_are_found_where_they_are_sung(engine: PhoneticEngine, language: str) -> None:
    song = sing(*SONGS[language], language=language)
    lyrics = engine.align(song.request(), ignore)
    words = [word.text for line in lyrics.lines for word in line.words]
    if language == "ja":  # a word is a beat there; those that begin a written word have a known time
        begins = np.cumsum([0] + [len(word) for line in song.lines for word in line.split()])[:-1]
        assert "".join(words) == "".join(song.lines).replace(" ", "")
        errors = np.abs(starts_s(lyrics)[begins] - song.starts_s)
    else:
        assert words == " ".join(song.lines).split()
        errors = np.abs(starts_s(lyrics) - song.starts_s)
    assert (errors < 0.3).mean() >= 0.9
    assert np.median(errors) < 0.1
    assert lyrics.language == language
    assert [line.text for line in lyrics.lines] == list(song.lines)


def test_the_same_request_gives_the_same_lyrics_whatever_came_before(engine: PhoneticEngine, song: Song) -> None:
    first = engine.align(song.request(), ignore)
    engine.align(sing("Something else entirely", seed=3).request(), ignore)
    assert engine.align(song.request(), ignore) == first
    assert PhoneticEngine().align(song.request(), ignore) == first


def test_how_the_sound_is_cut_into_blocks_does_not_matter(engine: PhoneticEngine, song: Song) -> None:
    whole = engine.align(song.request(block=10_000_000), ignore)
    cut = engine.align(song.request(block=30_011), ignore)
    np.testing.assert_allclose(starts_s(cut), starts_s(whole), atol=0.011)


def test_mono_songs_have_no_centre_and_are_aligned_too(engine: PhoneticEngine, song: Song) -> None:
    middle = np.repeat(song.mixture.mean(axis=0)[None], 2, axis=0)
    mono = Song(
        lines=song.lines, language="en", mixture=middle, vocals=song.vocals, starts_s=song.starts_s
    )  # fmt: skip
    errors = np.abs(starts_s(engine.align(mono.request(), ignore)) - song.starts_s)
    assert (errors < 0.3).mean() >= 0.9


def test_another_songs_lyrics_are_not_believed(engine: PhoneticEngine) -> None:
    song = sing(*ENGLISH, *OTHER_ENGLISH[:3], seed=5)
    right = engine.align(song.request(), ignore)
    wrong = engine.align(song.request(lines=OTHER_ENGLISH[3:]), ignore)
    assert sureness(right) > 0.8
    assert sureness(wrong) < 0.5


def test_a_given_time_says_which_repeat_a_line_is(engine: PhoneticEngine) -> None:
    chorus, verse = ENGLISH[0], ENGLISH[1]
    song = sing(chorus, verse, chorus, OTHER_ENGLISH[0], chorus, seed=2)
    begins = [song.starts_s[len(" ".join(song.lines[:count]).split())] for count in range(5)]
    for repeat in (0, 2, 4):
        anchored = replace(song.request(lines=(chorus,)), anchors=(Ms(round(1000 * begins[repeat]) + 500),))
        assert engine.align(anchored, ignore).lines[0].start_ms / 1000 == pytest.approx(begins[repeat], abs=0.3)


def test_a_wrong_time_does_not_hide_a_clear_line(engine: PhoneticEngine, song: Song) -> None:
    anchors = (Ms(round(1000 * song.starts_s[0])), None, None, Ms(1000))
    lyrics = engine.align(replace(song.request(), anchors=anchors), ignore)
    assert (np.abs(starts_s(lyrics) - song.starts_s) < 0.3).mean() >= 0.7


def test_every_line_has_an_anchor_or_none(song: Song) -> None:
    with pytest.raises(ValueError, match="1 anchors for 4 lines"):
        replace(song.request(), anchors=(Ms(0),))


def test_a_line_that_nobody_sings_is_not_found_and_moves_no_other(engine: PhoneticEngine) -> None:
    song = sing(*ENGLISH, *OTHER_ENGLISH[:3], seed=5)
    lines = (*ENGLISH[:2], OTHER_ENGLISH[6], *ENGLISH[2:], *OTHER_ENGLISH[:3])
    lyrics = engine.align(song.request(lines=lines), ignore)
    assert [line.found for line in lyrics.lines] == [number != 2 for number in range(8)]
    lost = lyrics.lines[2]
    assert lost.start_ms == lost.end_ms == lyrics.lines[1].end_ms
    assert [word.confidence for word in lost.words] == [0] * 8
    sung = np.array([word.start_ms / 1000 for line in lyrics.lines if line.found for word in line.words])
    assert (np.abs(sung - song.starts_s) < 0.3).mean() >= 0.9


def test_singing_without_a_line_moves_no_other(engine: PhoneticEngine) -> None:
    song = sing(*ENGLISH, *OTHER_ENGLISH[:3], seed=5)
    lyrics = engine.align(song.request(lines=(*ENGLISH[:2], *ENGLISH[3:], *OTHER_ENGLISH[:3])), ignore)
    missing = [len(" ".join(ENGLISH[:count]).split()) for count in (2, 3)]
    true = np.delete(np.array(song.starts_s), range(*missing))
    assert (np.abs(starts_s(lyrics) - true) < 0.3).mean() >= 0.9


def test_a_chorus_sung_twice_and_written_once_moves_no_other_line(engine: PhoneticEngine) -> None:
    chorus, verses = ENGLISH[:3], (ENGLISH[3], *OTHER_ENGLISH[:2])
    # the song ends with the end of its chorus: what is written of it must not be found in the repeat
    sung = (verses[0], *chorus, *verses[1:], *chorus, *chorus[1:])
    song = sing(*sung, seed=5)
    lyrics = engine.align(song.request(lines=(*sung[:6], *sung[9:])), ignore)
    again = [len(" ".join(sung[:count]).split()) for count in (6, 9)]
    true = np.delete(np.array(song.starts_s), range(*again))
    assert all(line.found for line in lyrics.lines)
    assert (np.abs(starts_s(lyrics) - true) < 0.3).mean() >= 0.9


def test_a_band_without_a_singer_is_not_believed(engine: PhoneticEngine, song: Song) -> None:
    band = song.mixture - song.vocals
    alone = Song(lines=song.lines, language="en", mixture=band, vocals=band / 20, starts_s=())
    assert sureness(engine.align(alone.request(), ignore)) < 0.4


def test_where_the_vocals_are_silent_nothing_is_invented(engine: PhoneticEngine, song: Song) -> None:
    silent = Song(lines=song.lines, language="en", mixture=song.mixture, vocals=song.vocals * 1e-4, starts_s=())
    with pytest.raises(NoVoice):
        engine.align(silent.request(), ignore)


@pytest.mark.parametrize("text", ["🎵", "♪ ♪", "...", "— —\n🎤🎤"])
def test_lyrics_without_a_word_are_refused(engine: PhoneticEngine, song: Song, text: str) -> None:
    with pytest.raises(EmptyLyrics):
        engine.align(song.request(lines=tuple(text.split("\n"))), ignore)


def test_five_thousand_words_in_a_short_song_are_refused(engine: PhoneticEngine, song: Song) -> None:
    with pytest.raises(LyricsTooLong, match="5,000 words"):
        engine.align(song.request(lines=("a thousand times more",) * 1250), ignore)


def test_the_sound_may_be_shorter_than_was_said(engine: PhoneticEngine, song: Song) -> None:
    request = AlignmentRequest(
        text=LyricsText(lines=song.lines),
        mixture=blocks(song.mixture[:, :66_150], 44_100),
        vocals=blocks(song.vocals[:, :66_150] + np.float32(0.1), 44_100),
        duration_s=song.duration_s,
    )
    with pytest.raises(LyricsTooLong, match=r"in 1 s|in 2 s"):
        engine.align(request, ignore)


def test_what_has_no_sound_goes_with_its_neighbour(engine: PhoneticEngine) -> None:
    song = sing("hello my friend", "sing it again")
    lines = ("♪ hello – my friend 🎤!", "🎵🎵", "(sing) 'it' again...")
    lyrics = engine.align(song.request(lines=lines), ignore)
    assert [[word.text for word in line.words] for line in lyrics.lines] == [
        ["♪ hello –", "my", "friend 🎤!"],
        ["🎵🎵"],
        ["(sing)", "'it'", "again..."],
    ]
    assert [line.text for line in lyrics.lines] == list(lines)
    assert lyrics.lines[1].words[0].confidence == 0
    spoken = np.delete(starts_s(lyrics), 3)
    np.testing.assert_allclose(spoken, song.starts_s, atol=0.3)


def test_scripts_may_be_mixed(engine: PhoneticEngine) -> None:
    song = sing("I love the sakura", "любовь forever")
    lyrics = engine.align(song.request(lines=("I love the さくら", "любовь 1999 愛 حب forever")), ignore)
    assert "".join(word.text for line in lyrics.lines for word in line.words) == "Ilovetheさくらлюбовь1999愛حبforever"
    assert all(word.end_ms > word.start_ms for line in lyrics.lines for word in line.words)


def test_a_language_that_espeak_does_not_speak_is_read_as_english(engine: PhoneticEngine, song: Song) -> None:
    klingon = replace(song.request(), language="tlh")
    lyrics = engine.align(klingon, ignore)
    assert (np.abs(starts_s(lyrics) - song.starts_s) < 0.3).mean() >= 0.9
    assert lyrics.language == "tlh"


def test_progress_only_rises_and_ends_at_one(engine: PhoneticEngine, song: Song) -> None:
    seen: list[float] = []
    engine.align(song.request(), seen.append)
    assert all(before <= after for before, after in itertools.pairwise(seen))
    assert 0 <= seen[0] < 0.1
    assert seen[-1] == pytest.approx(1.0)
    assert len(seen) > 30


@pytest.mark.parametrize("after", [1, 20, 45])
def test_whoever_is_told_the_progress_can_stop_it(engine: PhoneticEngine, song: Song, after: int) -> None:
    told = itertools.count(1)

    def stop(share: float) -> None:
        if next(told) >= after:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.align(song.request(), stop)


def take_away(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without(name: str, parent: str | None = None) -> ModuleSpec | None:
        return None if name == package else find(name, parent)

    monkeypatch.setattr(importlib.util, "find_spec", without)


def test_without_espeak_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away("espeakng_loader", monkeypatch)
    engine = PhoneticEngine()
    assert engine.missing() is not None
    with pytest.raises(AlignmentUnavailable, match="espeakng-loader"):
        engine.load()


def test_without_the_acoustic_model_words_are_found_by_likeness_to_speech(
    song: Song, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take_away("pocketsphinx", monkeypatch)
    engine = PhoneticEngine()
    assert (engine.missing(), engine.limits()) == (None, WITHOUT_MODEL)
    assert engine.version != "3"
    lyrics = engine.align(song.request(), ignore)
    assert (np.abs(starts_s(lyrics) - song.starts_s) < 0.3).mean() >= 0.8
    assert caplog.messages == [WITHOUT_MODEL]


def test_nothing_is_missing_here(engine: PhoneticEngine) -> None:
    assert engine.missing() is None
