"""Words for lines that have times of their own."""

from dataclasses import replace

from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms
from music_separator.pipeline.stages.line_times import lacks_words, text_of, with_words


def line(text: str, start_ms: int, end_ms: int, *words: Word) -> Line:
    return Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), words=words)


def word(text: str, start_ms: int, end_ms: int) -> Word:
    return Word(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), confidence=0.7)


GIVEN = Lyrics(lines=(line("la la", 1000, 3000), line("lo", 3000, 4000)), language="hr")
FOUND = Lyrics(
    lines=(
        line("la la", 900, 3200, word("la", 900, 1500), word("la", 2000, 3200)),
        line("lo", 3500, 3900, word("lo", 3500, 3900)),
    )
)


def test_lines_keep_their_times_and_words_stay_within_them() -> None:
    assert with_words(GIVEN, FOUND).lines == (
        line("la la", 1000, 3000, word("la", 1000, 1500), word("la", 2000, 3000)),
        line("lo", 3000, 4000, word("lo", 3500, 3900)),
    )


def test_a_line_that_was_not_found_gets_no_words() -> None:
    lost = Lyrics(lines=(FOUND.lines[0], replace(FOUND.lines[1], found=False)))
    assert with_words(GIVEN, lost).lines[1] == GIVEN.lines[1]


def test_one_line_with_words_is_enough_to_leave_all_alone() -> None:
    assert lacks_words(GIVEN)
    assert not lacks_words(FOUND)
    assert text_of(GIVEN).lines == ("la la", "lo")
