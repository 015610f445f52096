"""Words for lines that have times of their own."""

from dataclasses import dataclass, field, replace

import pytest

from music_separator.domain.caution import CautionCode
from music_separator.domain.errors import AlignmentUnavailable, Cancelled, EmptyLyrics, LyricsTooLong, NoVoice
from music_separator.domain.lyrics import Line, Lyrics, LyricsText, Word
from music_separator.domain.units import Ms
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.watch import Watch
from music_separator.pipeline.stages.line_times import MARGIN_MS, add_words, with_words, wordless

SONG_MS = Ms(60_000)


def line(text: str, start_ms: int, end_ms: int, *words: Word) -> Line:
    return Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), words=words)


def word(text: str, start_ms: int, end_ms: int, confidence: float = 0.7) -> Word:
    return Word(text=text, start_ms=Ms(start_ms), end_ms=Ms(end_ms), confidence=confidence)


GIVEN = Lyrics(lines=(line("la la", 11_000, 13_000), line("lo", 13_000, 14_000)), language="hr")
WORDED = replace(GIVEN.lines[1], words=(word("lo", 13_111, 13_222, 1.0),))


@dataclass
class Ears:
    """An aligner that hears each line where it was told to be, ``late_ms`` later; remembers what it was asked."""

    late_ms: int = 300
    confidence: float = 0.7
    fails: Exception | None = None
    asked: list[tuple[tuple[str, ...], int, int, Anchors]] = field(default_factory=list)

    def align(self, text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch, anchors: Anchors) -> Lyrics:
        self.asked.append((text.lines, start_ms, end_ms, anchors))
        watch(1.0)
        if self.fails is not None:
            raise self.fails
        lines = []
        for each, anchor in zip(text.lines, anchors, strict=True):
            at_ms = (anchor or 0) + self.late_ms
            texts = enumerate(each.split())
            words = [word(one, at_ms + 100 * n, at_ms + 100 * n + 90, self.confidence) for n, one in texts]
            lines.append(line(each, at_ms, words[-1].end_ms, *words))
        return Lyrics(lines=tuple(lines), language="en")


def worded(ears: Ears, *lines: Line) -> Lyrics:
    return add_words(Lyrics(lines=lines), SONG_MS, ears.align, lambda share: None).lyrics


def test_words_are_looked_for_near_the_times_of_their_lines_and_counted_from_the_start_of_the_song() -> None:
    ears = Ears()
    found = add_words(GIVEN, SONG_MS, ears.align, lambda share: None)
    assert ears.asked == [(("la la", "lo"), 9_000, 16_000, (2_000, 4_000))]
    assert [each.words[0].start_ms for each in found.lyrics.lines] == [11_300, 13_300]
    assert [(each.start_ms, each.end_ms) for each in found.lyrics.lines] == [(11_000, 13_000), (13_000, 14_000)]
    assert (found.count, found.caution, found.lyrics.language) == (2, None, "hr")


def test_words_that_were_given_stay_and_help_to_find_those_beside_them() -> None:
    ears = Ears()
    last = line("le", 14_000, 15_000)
    lines = (GIVEN.lines[0], WORDED, last)
    assert worded(ears, *lines).lines[1] == WORDED
    assert [asked[0] for asked in ears.asked] == [("la la", "lo", "le")]


def test_a_line_alone_is_looked_for_in_its_passage_alone() -> None:
    ears = Ears()
    worded(ears, replace(GIVEN.lines[0], words=(word("la", 11_000, 12_000),)), GIVEN.lines[1])
    assert ears.asked == [(("lo",), 13_000 - MARGIN_MS, 14_000 + MARGIN_MS, (MARGIN_MS,))]


def test_nothing_is_asked_where_no_words_are_missing() -> None:
    ears = Ears()
    lost, late = replace(GIVEN.lines[0], found=False), line("le", SONG_MS, SONG_MS + 900)
    assert wordless((lost, WORDED, "text", late), SONG_MS) == ()
    assert worded(ears, lost, WORDED, late).lines == (lost, WORDED, late)
    assert ears.asked == []


def test_words_stay_within_their_lines() -> None:
    sung = line("la la", 900, 3200, word("la", 900, 1500), word("la", 2000, 3200))
    made = with_words(line("la la", 1000, 3000), sung)
    assert made == line("la la", 1000, 3000, word("la", 1000, 1500), word("la", 2000, 3000))


def test_a_line_that_was_tapped_late_gets_its_words_at_its_start() -> None:
    sung = line("la la", 500, 900, word("la", 500, 700), word("la", 700, 1100))
    made = with_words(line("la la", 1000, 3000), sung)
    assert made == line("la la", 1000, 3000, word("la", 1000, 1000), word("la", 1000, 1100))


@pytest.mark.parametrize("at_ms", [0, 3800], ids=["before", "after"])
def test_a_line_that_is_heard_elsewhere_gets_no_words(at_ms: int) -> None:
    given, words = line("la la", 1000, 3000), (word("la", at_ms, at_ms + 50), word("la", at_ms + 60, at_ms + 90))
    assert with_words(given, line("la la", at_ms, at_ms + 90, *words)) == given


def test_a_line_that_was_not_found_gets_no_words() -> None:
    sung = line("lo", 13_500, 13_900, word("lo", 13_500, 13_900))
    assert with_words(GIVEN.lines[1], replace(sung, found=False)) == GIVEN.lines[1]


@pytest.mark.parametrize("ears", [Ears(confidence=0.3), Ears(late_ms=5_000)], ids=["other words", "other times"])
def test_words_of_another_recording_are_not_taken_and_that_is_said(ears: Ears) -> None:
    lines = tuple(line("la la la", start_ms, start_ms + 2_000) for start_ms in range(10_000, 30_000, 2_000))
    found = add_words(Lyrics(lines=lines), SONG_MS, ears.align, lambda share: None)
    assert (found.lyrics.lines, found.count) == (lines, 0)
    assert found.caution is not None
    assert found.caution.code is CautionCode.FOREIGN_LYRICS


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (NoVoice(), "no voice was found in the song"),
        (LyricsTooLong(9, 3.0), "they are more than can be sung in that time"),
        (AlignmentUnavailable("espeak-ng is missing"), "espeak-ng is missing"),
    ],
)
def test_lines_keep_their_times_where_no_words_can_be_found_and_that_is_said(error: Exception, why: str) -> None:
    found = add_words(GIVEN, SONG_MS, Ears(fails=error).align, lambda share: None)
    assert (found.lyrics, found.count) == (GIVEN, 0)
    assert found.caution is not None
    assert found.caution.message == f"The lines keep their times, and their words have none: {why}."


def test_lines_of_emoji_have_no_words_to_look_for() -> None:
    found = add_words(GIVEN, SONG_MS, Ears(fails=EmptyLyrics()).align, lambda share: None)
    assert (found.lyrics, found.caution) == (GIVEN, None)


def test_a_cancel_goes_through() -> None:
    with pytest.raises(Cancelled):
        add_words(GIVEN, SONG_MS, Ears(fails=Cancelled()).align, lambda share: None)
