"""Lines without times among timed ones: where they are looked for, and what is said where they cannot be."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from music_separator.domain.errors import EmptyLyrics, LyricsTooLong, NoVoice, WrongLyricsTimes
from music_separator.domain.lyrics import Line, Lyrics, LyricsText, PartlyTimed, Word
from music_separator.domain.units import Ms
from music_separator.engines.alignment.watch import Watch
from music_separator.pipeline.stages.gaps import LEAST_MS, MAX_GAPS, fill_gaps

DURATION_MS = Ms(60_000)


def timed(text: str, start_ms: int, end_ms: int) -> Line:
    return Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms))


def aligned(text: str, start_ms: int, end_ms: int, confidence: float = 0.9) -> Line:
    word = Word(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), confidence=confidence)
    return Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), words=(word,))


@dataclass
class Ears:
    """An aligner that puts the lines of a passage a second each, from 100 ms on, and remembers what it was asked."""

    asked: list[tuple[tuple[str, ...], int, int, str | None]] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    fails: Callable[[], Exception] | None = None

    def align(self, text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch) -> Lyrics:
        self.asked.append((text.lines, start_ms, end_ms, text.language))
        watch(1.0)
        if self.fails is not None:
            raise self.fails()
        lines = tuple(aligned(line, 100 + 1000 * n, 1100 + 1000 * n) for n, line in enumerate(text.lines))
        return Lyrics(lines=lines)

    def fill(self, *lines: Line | str) -> Lyrics:
        return fill_gaps(PartlyTimed(lines=lines, language="hr"), DURATION_MS, self.align, self.shares.append)


def test_each_run_of_lines_is_looked_for_between_its_neighbours() -> None:
    ears = Ears()
    first, last = timed("first", 5_000, 9_000), timed("last", 20_000, 30_000)
    found = ears.fill("before", first, "one", "two", last, "after")
    assert ears.asked == [
        (("before",), 0, 5_000, "hr"),
        (("one", "two"), 9_000, 20_000, "hr"),
        (("after",), 30_000, 60_000, "hr"),
    ]
    assert found.lines == (
        aligned("before", 100, 1_100),
        first,
        aligned("one", 9_100, 10_100),
        aligned("two", 10_100, 11_100),
        last,
        aligned("after", 30_100, 31_100),
    )
    assert ears.shares == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_passage_begins_when_the_longest_of_two_voices_has_ended() -> None:
    ears = Ears()
    ears.fill(timed("long", 1_000, 9_000), timed("short", 2_000, 3_000), "next")
    assert ears.asked[0][1:3] == (9_000, 60_000)


def test_what_is_found_never_reaches_into_the_next_line() -> None:
    found = Ears().fill("one", timed("two", 800, 2_000))
    assert found.lines[0] == aligned("one", 100, 800)


def test_line_without_a_sound_stands_where_its_passage_begins() -> None:
    found = Ears(fails=EmptyLyrics).fill(timed("one", 1_000, 2_000), "🎤")
    assert found.lines[1] == aligned("🎤", 2_000, 2_000, confidence=0.0)


@pytest.mark.parametrize(
    ("fails", "why"),
    [
        (lambda: LyricsTooLong(9, 1.0), "its neighbours leave too little room for it"),
        (NoVoice, "nobody sings between its neighbours"),
    ],
)
def test_passage_that_cannot_be_sung_is_refused_with_its_line(fails: Callable[[], Exception], why: str) -> None:
    with pytest.raises(WrongLyricsTimes, match=f"Line 2 of the lyrics: it has no times, and {why}"):
        Ears(fails=fails).fill(timed("one", 1_000, 2_000), "two", timed("three", 9_000, 10_000))


def test_line_without_room_is_refused_before_anything_is_listened_to() -> None:
    ears = Ears()
    with pytest.raises(WrongLyricsTimes, match=r"Line 2 .* leave no room for it"):
        ears.fill(timed("one", 1_000, 2_000), "two", timed("three", 2_000 + LEAST_MS - 1, 9_000))
    assert ears.asked == []


def test_number_of_passages_is_bounded() -> None:
    lines: list[Line | str] = []
    for n in range(MAX_GAPS + 1):
        lines += [timed("timed", 500 * n, 500 * n), "plain"]
    with pytest.raises(WrongLyricsTimes, match=rf"Line {2 * MAX_GAPS + 2} .* too many"):
        Ears().fill(*lines)
