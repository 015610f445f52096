"""Text that nobody sang, as recognisers invent it, and text that looks like it and is sung."""

from dataclasses import replace

import pytest

from music_separator.domain.lyrics import Word
from music_separator.domain.transcript import Segment
from music_separator.domain.units import Ms
from music_separator.engines.transcription.guards import (
    Heard,
    believable,
    is_loop,
    is_over_silence,
    plain,
    without_repeats,
)


def segment(text: str, *, seconds: float = 5.0) -> Segment:
    end = Ms(round(seconds * 1000))
    return Segment(text=text, start_ms=Ms(0), end_ms=end, words=(Word(text=text, start_ms=Ms(0), end_ms=end),))


def heard(
    text: str = "Dance with me in the rain tonight",
    *,
    seconds: float = 5.0,
    log_probability: float = -0.3,
    no_speech: float = 0.1,
    compression_ratio: float = 1.2,
) -> Heard:
    return Heard(
        segment=segment(text, seconds=seconds),
        log_probability=log_probability,
        no_speech=no_speech,
        compression_ratio=compression_ratio,
    )


@pytest.mark.parametrize(
    "invented",
    [
        heard(no_speech=0.61, log_probability=-1.01),
        heard(compression_ratio=2.41),
        heard("one two three four five six seven eight nine", seconds=1.0),
        heard("[Music]"),
        heard("(upbeat music)"),
        heard("♪ ♪"),
        heard("..."),
        heard("Thanks for watching!"),
        heard("Untertitel der Amara.org-Community"),
        heard("Sous-titres réalisés par la communauté d'Amara.org"),
        heard("la " * 20),
        heard("I love you so " * 6),
    ],
    ids=lambda item: item.segment.text[:20],
)
def test_invented_text_is_not_believed(invented: Heard) -> None:
    assert not believable(invented)


@pytest.mark.parametrize(
    "sung",
    [
        heard(),
        heard(no_speech=0.9),
        heard(log_probability=-2.0),
        heard("Thank you"),
        heard("na na na na na na na na hey Jude"),
        heard("(ooh) baby (ooh)"),
        heard("夜に駆ける"),
        heard("Hey!", seconds=0.1),
    ],
    ids=lambda item: item.segment.text[:20],
)
def test_sung_text_is_believed(sung: Heard) -> None:
    assert believable(sung)


def test_a_loop_begins_at_twenty_words() -> None:
    assert not is_loop(["la"] * 19)
    assert is_loop(["la"] * 20)
    assert not is_loop(["one", "two", "three", "four", "five", "six", "seven"] * 4)


SUNG = ((Ms(1_000), Ms(5_000)), (Ms(9_000), Ms(12_000)))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "is_over"),
    [(5_500, 8_500, True), (4_500, 8_500, True), (2_000, 4_000, False), (4_000, 7_000, False), (0, 13_000, False)],
    ids=["in a pause", "mostly in a pause", "sung", "a late end", "over the pause"],
)
def test_what_is_written_down_over_silence_is_invented(start_ms: int, end_ms: int, is_over: bool) -> None:
    word = Word(text="La", start_ms=Ms(start_ms), end_ms=Ms(end_ms))
    found = Segment(text="La", start_ms=Ms(start_ms), end_ms=Ms(end_ms), words=(word,))
    assert is_over_silence(found, SUNG) is is_over
    assert not is_over_silence(replace(found, words=()), SUNG)


@pytest.mark.parametrize(("at_ms", "is_over"), [(3_000, False), (7_000, True)])
def test_a_word_of_no_length_counts_where_it_is(at_ms: int, is_over: bool) -> None:
    assert is_over_silence(segment("La", seconds=0).later(Ms(at_ms)), SUNG) is is_over


def test_the_same_line_is_kept_four_times_in_a_row() -> None:
    lines = ["Hello", "hello!", "HELLO", "Hello", "Hello", "Hello", "Goodbye", "Hello"]
    kept = [item.text for item in without_repeats(map(segment, lines))]
    assert kept == ["Hello", "hello!", "HELLO", "Hello", "Goodbye", "Hello"]


def test_plain_words_have_no_case_accents_or_punctuation() -> None:
    assert plain("  Čežnja, d'Amara.org -- 夜! ") == "ceznja d amara org 夜"
