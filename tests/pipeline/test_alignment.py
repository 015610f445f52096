"""What is said about times that the aligner is not sure of."""

from dataclasses import replace

import pytest

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms
from music_separator.pipeline.stages.alignment import doubts, lateness


def lyrics(*confidences: float) -> Lyrics:
    """Make lyrics of one-word lines."""
    lines = []
    for number, confidence in enumerate(confidences):
        start_ms, end_ms = Ms(1000 * number), Ms(1000 * number + 500)
        word = Word(text="la", start_ms=start_ms, end_ms=end_ms, confidence=confidence)
        lines.append(Line(text="la", start_ms=start_ms, end_ms=end_ms, words=(word,)))
    return Lyrics(lines=tuple(lines))


def test_few_words_are_nobodys() -> None:
    doubt = doubts(lyrics(0.1, 0.2))
    assert doubt is not None
    assert doubt.code is CautionCode.UNCERTAIN_TIMES


def test_lines_after_the_end_are_counted() -> None:
    sung = lyrics(*[1.0] * 8)  # a line a second
    assert lateness(sung, Ms(2000)) is None
    assert lateness(sung, Ms(500)) == Caution(
        code=CautionCode.LATE_TIMES,
        message="2 lines of 8 would begin after the end of the song. Check that the times are its own.",
    )


def test_sure_lines_need_no_word() -> None:
    assert doubts(lyrics(0.9, 0.8, 0.5)) is None


def test_lines_that_were_not_found_are_counted_apart() -> None:
    sung = lyrics(0.9, 0.4, 0.9)
    lost = Lyrics(lines=(*sung.lines, replace(lyrics(*[0.0] * 4).lines[3], found=False)))
    doubt = doubts(lost)
    assert doubt is not None
    assert doubt.message == (
        "The times of 1 line of 4 are uncertain. 1 line of 4 was not found in the singing. Check them before you sing."
    )


@pytest.mark.parametrize(
    ("confidences", "code", "sentence"),
    [
        ((0.9, 0.4, 0.9), "uncertain_times", "The times of 1 line of 3 are uncertain. Check them before you sing."),
        (
            (0.9, 0.4, 0.3, 0.9),
            "uncertain_times",
            "The times of 2 lines of 4 are uncertain. Check them before you sing.",
        ),
        (
            (0.2, 0.1, 0.3) * 4,
            "foreign_lyrics",
            "The words hardly fit the voice: they may belong to another song. Check them and send them again.",
        ),
    ],
)
def test_doubtful_lines_are_counted_and_foreign_lyrics_said(
    confidences: tuple[float, ...], code: str, sentence: str
) -> None:
    assert doubts(lyrics(*confidences)) == Caution(code=CautionCode(code), message=sentence)
