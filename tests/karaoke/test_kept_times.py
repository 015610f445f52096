"""Which lines keep their times when words are edited."""

import json
import time
from dataclasses import replace

import pytest

from music_separator.domain.lyrics import GivenLyrics, Line, Lyrics, LyricsText, PartlyTimed, Word
from music_separator.domain.units import Ms
from music_separator.karaoke.kept_times import KnownLine, Merged, keep_times, keep_words, read_known, write_known
from music_separator.karaoke.readers import read_lyrics


def line(text: str, start_ms: int, confidence: float = 0.75) -> Line:
    """Make a line of one word that lasts 900 ms."""
    word = Word(text=text, start_ms=Ms(start_ms), end_ms=Ms(start_ms + 900), confidence=confidence)
    return Line(text=text, start_ms=Ms(start_ms), end_ms=Ms(start_ms + 900), words=(word,))


def known(*texts: str) -> tuple[KnownLine, ...]:
    """Make known lines, one a second."""
    return tuple(KnownLine(line=line(text, 1000 * place), aligned=True) for place, text in enumerate(texts))


def kept(given: GivenLyrics, *texts: str) -> Merged:
    return keep_times(given, known(*texts))


def plain(*texts: str) -> LyricsText:
    return LyricsText(lines=texts)


def test_lines_that_are_the_same_keep_their_times() -> None:
    merged = kept(plain("one", "TWO", "three"), "one", "two", "three")
    assert merged.lyrics == PartlyTimed(lines=(line("one", 0), "TWO", line("three", 2000)))


def test_words_that_are_all_the_same_need_no_aligner() -> None:
    assert kept(plain("one", "two"), "one", "two").lyrics == Lyrics(lines=(line("one", 0), line("two", 1000)))


def test_words_that_are_all_others_are_aligned_as_a_whole() -> None:
    given = plain("un", "deux")
    assert kept(given, "one", "two").lyrics == given


@pytest.mark.parametrize(
    ("texts", "places"),
    [
        (("new", "one", "two", "one", "three"), {1: 0, 2: 1, 3: 2, 4: 3}),
        (("one", "two", "new", "one", "three"), {0: 0, 1: 1, 3: 2, 4: 3}),
        (("one", "one", "three"), {0: 0, 1: 2, 2: 3}),
        (("two", "one", "three"), {0: 1, 1: 2, 2: 3}),
    ],
    ids=["added first", "added inside", "left out", "first left out"],
)
def test_lines_are_found_again_after_others_were_added_or_left_out(
    texts: tuple[str, ...], places: dict[int, int]
) -> None:
    merged = kept(plain(*texts), "one", "two", "one", "three")
    assert {new: each.line.start_ms // 1000 for new, each in merged.kept.items()} == places


def test_a_line_that_a_person_times_is_theirs_also_where_its_words_are_known() -> None:
    moved = line("two", 1234, confidence=1.0)
    merged = kept(PartlyTimed(lines=("one", moved, "three")), "one", "two", "three")
    assert merged.lyrics == Lyrics(lines=(line("one", 0), moved, line("three", 2000)))
    assert [merged.is_aligned(place) for place in range(3)] == [True, False, True]


def test_a_line_that_would_come_before_one_that_was_moved_is_aligned_anew() -> None:
    moved = line("two", 2500, confidence=1.0)
    merged = kept(PartlyTimed(lines=("one", moved, "three", "four")), "one", "two", "three", "four")
    assert merged.lyrics == PartlyTimed(lines=(line("one", 0), moved, "three", line("four", 3000)))


def test_a_line_that_was_not_found_is_looked_for_again_only_beside_one_that_changed() -> None:
    lost = [
        replace(each, line=replace(each.line, found=each.line.text not in ("two", "five")))
        for each in known("one", "two", "three", "four", "five")
    ]
    assert sorted(keep_times(plain("ONE", "two", "three", "four", "five"), lost).kept) == [2, 3, 4]
    assert sorted(keep_times(plain("one", "two", "three", "FOUR", "five"), lost).kept) == [0, 1, 2]


def test_what_is_written_is_read_again_to_the_digit() -> None:
    lines = (
        KnownLine(line=replace(line("izgubljeno", 5), found=False), aligned=True),
        KnownLine(line=line("Čežnja, ljubav", 17, confidence=0.123456789), aligned=True),
        KnownLine(line=Line(text="ručno", start_ms=Ms(2000), end_ms=Ms(2001)), aligned=False),
    )
    assert read_known(write_known(lines)) == lines


def test_what_is_written_is_lyrics_too() -> None:
    written = write_known(known("one"))
    assert read_lyrics(written) == Lyrics(lines=(line("one", 0),))
    assert json.loads(written)["lines"][0]["aligned"] is True


def test_the_longest_texts_are_compared_in_a_moment() -> None:
    texts = [str(number) for number in range(20_000)]
    lines, new, turned = known(*texts), plain("x", *texts[1:-1], "y"), plain(*reversed(texts))
    began = time.monotonic()
    assert (len(keep_times(new, lines).kept), len(keep_times(turned, lines).kept)) == (0, 0)
    assert time.monotonic() - began < 5


def test_lines_of_the_same_text_and_times_keep_their_words() -> None:
    before = KnownLine(line=line("la", 5), aligned=False)
    bare, own = replace(before.line, words=()), line("la", 5, confidence=1.0)
    others = (replace(bare, text="lo"), replace(bare, end_ms=Ms(bare.end_ms + 1)), replace(bare, start_ms=Ms(6)))
    assert keep_words(Lyrics(lines=(bare, own, *others)), [before]).lines == (before.line, own, *others)
    assert keep_words(PartlyTimed(lines=(bare, "le")), [before]).lines == (before.line, "le")
    assert keep_words(plain("la"), [before]) == plain("la")
