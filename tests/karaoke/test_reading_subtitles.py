"""SRT and WebVTT: a cue is a line, its times stay as they are."""

import pytest

from music_separator.domain.errors import EmptyLyrics, WrongLyricsTimes
from music_separator.domain.lyrics import Lyrics
from music_separator.karaoke.readers import read_lyrics
from tests.karaoke.factories import make_line, make_word

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Živjela</i> {\\an8}pjesma

2
00:01:00,250 --> 00:01:03,000 X1:40
two rows
of one cue

3
01:00:00,000 --> 01:00:01,000
[Applause]
"""
VTT = """WEBVTT - a title

NOTE 99:99 --> never

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start position:0%
<v Ana><c.loud>Sol</c> &amp; luna</v>

01:00:00.000 --> 01:00:02.000
Now <01:00:00.500>I <01:00:01.250>sing
"""


def test_srt() -> None:
    assert read_lyrics(SRT) == Lyrics(
        lines=(make_line("Živjela pjesma", 1000, 2500), make_line("two rows of one cue", 60_250, 63_000))
    )


def test_webvtt_with_words_in_a_cue() -> None:
    at = 3_600_000
    sung = (
        make_word("Now", at, at + 500),
        make_word("I", at + 500, at + 1250),
        make_word("sing", at + 1250, at + 2000),
    )
    assert read_lyrics(VTT) == Lyrics(
        lines=(make_line("Sol & luna", 1000, 2500), make_line("Now I sing", at, at + 2000, *sung))
    )


def test_word_times_outside_their_cue_are_not_believed() -> None:
    found = read_lyrics("WEBVTT\n\n00:01.000 --> 00:02.000\none <00:03.000>two\n")
    assert found == Lyrics(lines=(make_line("one two", 1000, 2000),))


def test_cues_without_blank_lines_between_them() -> None:
    found = read_lyrics("1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\n2\n2\n")
    assert found == Lyrics(lines=(make_line("one", 1000, 2000), make_line("2 2", 3000, 4000)))


def test_cues_in_disorder_are_sung_in_the_order_of_their_times() -> None:
    found = read_lyrics("00:00:03,000 --> 00:00:04,000\ntwo\n\n00:00:01,000 --> 00:00:02,000\none\n")
    assert found == Lyrics(lines=(make_line("one", 1000, 2000), make_line("two", 3000, 4000)))


def test_cue_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(WrongLyricsTimes, match="Line 2 of the lyrics: it cannot last from 3000 to 2000 ms"):
        read_lyrics("00:00:01,000 --> 00:00:02,000\none\n\n00:00:03,000 --> 00:00:02,000\ntwo\n")


@pytest.mark.parametrize("text", ["00:00:01,000 --> 00:00:02,000\n", "00:00:01,000 --> 00:00:02,000\n[Music]\n"])
def test_cues_without_a_word_are_empty(text: str) -> None:
    with pytest.raises(EmptyLyrics):
        read_lyrics(text)


def test_arrow_in_a_sentence_makes_no_subtitles() -> None:
    assert read_lyrics("you --> me\n00:00:01 --> love").text == "you --> me\n00:00:01 --> love"
