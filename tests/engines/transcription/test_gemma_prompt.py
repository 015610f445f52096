"""What Gemma 3n is asked, and which of its answers are believed: text alone."""

import pytest

from music_separator.domain.units import Ms
from music_separator.engines.transcription.gemma_prompt import (
    LANGUAGE_NAMES,
    believed_lines,
    language_of,
    language_request,
    transcription_request,
)
from music_separator.karaoke.languages import iso_639_1, iso_639_2

WINDOW_MS = Ms(10_000)


def lines(answer: str, duration_ms: int = WINDOW_MS) -> list[str]:
    return [segment.text for segment in believed_lines(answer, Ms(duration_ms))]


def test_the_request_names_the_language_and_wants_nothing_but_the_words() -> None:
    text = transcription_request(10.0, "hr").text
    assert "verbatim" in text
    assert "The song is in Croatian." in text
    assert "only the words that are sung" in text
    assert "nothing at all if nobody sings" in text


@pytest.mark.parametrize("language", [None, "tlh"])
def test_without_a_known_language_the_sung_one_is_kept(language: str | None) -> None:
    assert "Keep the language that is sung." in transcription_request(10.0, language).text


def test_the_answer_is_capped_by_the_length_of_the_window() -> None:
    caps = [transcription_request(seconds, "en").max_tokens for seconds in (0.5, 10.0, 30.0)]
    assert caps == [19, 76, 196]
    assert language_request().max_tokens == 4


def test_the_turn_is_closed_as_the_template_closes_it() -> None:
    request = transcription_request(10.0, "en")
    assert request.rest_of_turn == f"\n\n{request.text}<end_of_turn>\n<start_of_turn>model\n"


def test_every_language_has_a_code_that_the_rest_of_the_program_knows() -> None:
    assert all(iso_639_1(code) == code and iso_639_2(code) != "und" for code in LANGUAGE_NAMES)


@pytest.mark.parametrize(
    ("answer", "language"),
    [
        ("hr", "hr"),
        (" HR.", "hr"),
        ("**en**", "en"),
        ("en\n", "en"),
        ("", None),
        ("English", None),
        ("xx", None),
        ("The language is en", None),
    ],
)
def test_the_language_is_read_from_the_answer_or_left_open(answer: str, language: str | None) -> None:
    assert language_of(answer) == language


def test_every_line_is_a_segment_with_the_times_of_its_window_and_no_words() -> None:
    [first, second] = believed_lines("Dance with me\n\n  in   the rain ", WINDOW_MS)
    assert (first.text, second.text) == ("Dance with me", "in the rain")
    assert {(segment.start_ms, segment.end_ms, segment.words) for segment in (first, second)} == {(0, WINDOW_MS, ())}


@pytest.mark.parametrize(
    "invented",
    [
        "",
        " \n ",
        "[Music]",
        "(instrumental)\n...",
        "Thanks for watching!",
        "la " * 40,
        "I love you so\n" * 12,
        "one two three four five six seven eight nine ten " * 9,
    ],
    ids=["nothing", "blank", "caption", "captions", "stock", "loop", "lines in a loop", "too fast"],
)
def test_answers_that_nobody_sang_are_not_believed(invented: str) -> None:
    assert lines(invented) == []


def test_a_caption_among_sung_lines_is_left_out() -> None:
    assert lines("Dance with me\n[guitar solo]\nin the rain") == ["Dance with me", "in the rain"]


def test_more_words_than_anybody_sings_are_not_believed() -> None:
    said = "never gonna give you up and never let you down"
    assert lines(said, 2_000) == [said]
    assert lines(said, 1_000) == []
