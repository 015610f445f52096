"""Edited words: what the aligner is asked for, and what it is not."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from music_separator.domain.errors import LyricsTooLong, NoVoice, WrongLyricsTimes
from music_separator.domain.lyrics import Line, Lyrics, LyricsText, PartlyTimed, Word
from music_separator.domain.units import Ms
from music_separator.engines.alignment.watch import Watch
from music_separator.karaoke.kept_times import KnownLine, keep_times
from music_separator.pipeline.stages.changed_lines import Aligned, align_changed

DURATION_MS = Ms(60_000)
TEXTS = ("one", "two", "three", "four", "five", "six")


def line(text: str, start_ms: int, confidence: float = 0.75) -> Line:
    """Make a line of one word that lasts a second."""
    word = Word(text=text, start_ms=Ms(start_ms), end_ms=Ms(start_ms + 1000), confidence=confidence)
    return Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(start_ms + 1000), words=(word,))


KNOWN = tuple(KnownLine(line=line(text, 7 + 2000 * n), aligned=True) for n, text in enumerate(TEXTS))


@dataclass
class Ears:
    """An aligner that needs ``least_ms`` a line, and remembers which passages it was asked for."""

    least_ms: int = 300
    asked: list[tuple[tuple[str, ...], int, int]] = field(default_factory=list)

    def align(self, text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch) -> Lyrics:
        self.asked.append((text.lines, start_ms, end_ms))
        watch(1.0)
        step_ms = (end_ms - start_ms) // len(text.lines)
        if step_ms < self.least_ms:
            raise LyricsTooLong(len(text.lines), 1.0)
        lines = []
        for number, each in enumerate(text.lines):
            word = Word(text=each, start_ms=Ms(number * step_ms), end_ms=Ms((number + 1) * step_ms), confidence=0.5)
            lines.append(Line(text=each, start_ms=word.start_ms, end_ms=word.end_ms, words=(word,)))
        return Lyrics(lines=tuple(lines))

    def edit(self, *lines: Line | str) -> Aligned:
        texts = tuple(each for each in lines if isinstance(each, str))
        given = LyricsText(lines=texts) if len(texts) == len(lines) else PartlyTimed(lines=lines)
        return align_changed(keep_times(given, KNOWN), DURATION_MS, self.align, lambda share: None)


def test_one_corrected_line_is_looked_for_between_its_neighbours_and_nothing_else_is() -> None:
    ears = Ears()
    made = ears.edit("one", "two", "THREE", "four", "five", "six")
    assert ears.asked == [(("THREE",), 3007, 6007)]
    assert made.count == 1
    unchanged = [each for place, each in enumerate(made.lyrics.lines) if place != 2]
    assert unchanged == [each.line for place, each in enumerate(KNOWN) if place != 2]


def test_each_place_that_changed_is_a_passage_of_its_own() -> None:
    ears = Ears()
    made = ears.edit("ONE", "two", "three", "new", "four", "six")
    assert ears.asked == [(("ONE",), 0, 2007), (("new",), 5007, 6007)]
    assert made.count == 2


def test_words_sent_again_as_they_were_ask_the_aligner_for_nothing() -> None:
    ears = Ears()
    made = ears.edit(*TEXTS)
    assert (ears.asked, made.count) == ([], 0)
    assert made.lyrics.lines == tuple(each.line for each in KNOWN)


def test_line_timed_by_hand_stays_to_the_millisecond_and_bounds_its_neighbours() -> None:
    ears, by_hand = Ears(), line("two", 2345, confidence=1.0)
    made = ears.edit("ONE", by_hand, "three", "four", "five", "six")
    assert ears.asked == [(("ONE",), 0, 2345)]
    assert made.lyrics.lines[1:] == (by_hand, *(each.line for each in KNOWN[2:]))
    assert [made.merged.is_aligned(place) for place in (0, 1, 2)] == [True, False, True]


def test_other_words_are_aligned_over_the_whole_song() -> None:
    ears = Ears()
    assert ears.edit("un", "deux").count == 2
    assert ears.asked == [(("un", "deux"), 0, DURATION_MS)]


def test_added_line_without_room_takes_its_neighbours_along_and_no_more() -> None:
    ears = Ears(least_ms=1200)
    made = ears.edit("one", "two", "three", "new", "four", "five", "six")
    assert ears.asked == [(("new",), 5007, 6007), (("three", "new", "four"), 3007, 8007)]
    assert made.count == 3
    assert [made.lyrics.lines[n] for n in (0, 1, 5, 6)] == [KNOWN[n].line for n in (0, 1, 4, 5)]


def test_passage_that_was_found_is_not_looked_for_again_when_another_takes_its_neighbours_along() -> None:
    ears = Ears(least_ms=1200)
    ears.edit("ONE", "two", "three", "new", "four", "five", "six")
    assert [asked[0] for asked in ears.asked] == [("ONE",), ("new",), ("three", "new", "four")]


@pytest.mark.parametrize("fails", [lambda: LyricsTooLong(9, 1.0), NoVoice], ids=["too long", "no voice"])
def test_lines_timed_by_hand_are_never_taken_along(fails: Callable[[], Exception]) -> None:
    def align(text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch) -> Lyrics:
        raise fails()

    given = PartlyTimed(lines=(line("one", 7, confidence=1.0), "new", line("two", 9000, confidence=1.0)))
    with pytest.raises(WrongLyricsTimes, match="Line 2 of the lyrics"):
        align_changed(keep_times(given, KNOWN), DURATION_MS, align, lambda share: None)
