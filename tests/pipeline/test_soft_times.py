"""Times of looked-up words: a hint that helps, and is left aside where it is of another recording."""

from dataclasses import dataclass, field

import pytest

from music_separator.domain.errors import WrongLyricsTimes
from music_separator.domain.lyrics import Line, Lyrics, LyricsText
from music_separator.domain.units import Ms
from music_separator.engines.alignment.watch import Watch
from music_separator.karaoke.kept_times import Merged
from music_separator.pipeline.stages.changed_lines import Aligned
from music_separator.pipeline.stages.soft_times import Hinted, agreeing, align_hinted

TEXTS = ("one", "two", "three", "four")


def lyrics(*starts: int, lost: tuple[int, ...] = ()) -> Lyrics:
    """Make lines that begin at these times; ``lost`` ones were not found."""
    lines = (
        Line(text=text, start_ms=Ms(start), end_ms=Ms(start + 100), found=place not in lost)
        for place, (text, start) in enumerate(zip(TEXTS, starts, strict=True))
    )
    return Lyrics(lines=tuple(lines))


@dataclass
class Ears:
    """An aligner that hears what it was told to, the second time something else; remembers what was kept."""

    first: Lyrics
    second: Lyrics | None = None
    kept: list[list[int]] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def align(self, merged: Merged, watch: Watch) -> Aligned:
        self.kept.append(sorted(merged.kept))
        watch(1.0)
        heard = self.first if len(self.kept) == 1 else self.second
        if heard is None:
            raise WrongLyricsTimes(1, "there is no room")
        return Aligned(lyrics=heard, merged=merged)

    def hear(self, *hints: int) -> Aligned:
        starts = tuple(Ms(hint) for hint in hints)
        return align_hinted(Merged(given=LyricsText(lines=TEXTS)), starts, self.align, self.shares.append)


def test_a_voice_that_agrees_is_asked_once_whatever_silence_the_other_recording_begins_with() -> None:
    ears = Ears(lyrics(1000, 3000, 5000, 7000))
    assert ears.hear(4000, 6500, 8000, 9200).lyrics == ears.first
    assert ears.kept == [[]]


def test_a_line_that_lies_elsewhere_is_looked_for_again_between_those_that_agree() -> None:
    ears = Ears(lyrics(1000, 3000, 29_000, 30_000), lyrics(1000, 3000, 5000, 30_000))
    made = ears.hear(1000, 3000, 5000, 30_000)
    assert made.lyrics == ears.second
    assert ears.kept == [[], [0, 1, 3]]
    assert made.count == 4
    assert ears.shares == pytest.approx([0.7, 1.0])


def test_times_of_another_recording_are_left_aside() -> None:
    ears = Ears(lyrics(1000, 3000, 5000, 7000))
    assert ears.hear(500, 9000, 21_000, 40_000).lyrics == ears.first
    assert ears.kept == [[]]


def test_where_the_second_look_finds_no_room_the_first_one_counts() -> None:
    ears = Ears(lyrics(1000, 3000, 29_000, 30_000))
    assert ears.hear(1000, 3000, 5000, 30_000).lyrics == ears.first


def test_a_line_that_was_not_found_agrees_with_nothing() -> None:
    starts = tuple(map(Ms, (0, 1000, 2000, 3000)))
    assert agreeing(lyrics(0, 1000, 2000, 3000, lost=(1,)), starts) == {0, 2, 3}
    assert agreeing(lyrics(0, 1000, 2000, 3000, lost=(0, 1, 2, 3)), starts) == set()


def test_hints_are_taken_from_timed_words() -> None:
    hinted = Hinted.of(lyrics(1000, 3000, 5000, 7000))
    assert (hinted.text.lines, hinted.starts) == (TEXTS, (1000, 3000, 5000, 7000))
