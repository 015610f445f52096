"""What the writers write, the readers read back: times to 10 ms, text to the letter."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from music_separator.domain.lyrics import Line, Lyrics
from music_separator.domain.units import Ms
from music_separator.karaoke.lrc_syntax import rounded
from music_separator.karaoke.readers import read_lyrics
from music_separator.karaoke.writers.enhanced_lrc import EnhancedLrcWriter
from music_separator.karaoke.writers.lrc import LrcWriter
from tests.karaoke.factories import make_line, make_song, make_word

TRAPS = (
    "[00:01.00]",
    "<00:02.00>",
    "[ti:x]",
    "[Chorus]",
    "[",
    "]",
    "<",
    ">",
    "<b>",
    "[00:1x]",
    "[00:75.00]",
    "\u2060",
    "[\u206000:01.00]",
)
VISIBLE = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
WORDS = st.builds(
    lambda first, rest: unicodedata.normalize("NFC", first + rest),
    st.sampled_from("aščžđЖяعשก") | st.characters(categories=["Lu", "Ll"]),
    st.text(VISIBLE, max_size=8),
).filter(lambda word: len(word.split()) == 1 and word.splitlines() == [word])
TEXTS = st.lists(WORDS | st.sampled_from(TRAPS), min_size=1, max_size=6).map(" ".join)


@st.composite
def lines_without_words(draw: st.DrawFn) -> list[Line]:
    starts = sorted(draw(st.lists(st.integers(0, 7_200_000), min_size=1, max_size=8)))
    texts = draw(st.lists(TEXTS, min_size=len(starts), max_size=len(starts)))
    lasts = draw(st.lists(st.integers(0, 20_000), min_size=len(starts), max_size=len(starts)))
    lines = [make_line(text, start, start + last) for text, start, last in zip(texts, starts, lasts, strict=True)]
    return [*lines, make_line("riječ", 7_200_000, 7_200_000)]


@st.composite
def lines_with_words(draw: st.DrawFn) -> list[Line]:
    lines: list[Line] = []
    now = draw(st.integers(0, 3_600_000))
    for texts in draw(st.lists(st.lists(WORDS, min_size=1, max_size=8), min_size=1, max_size=5)):
        words = []
        for text in texts:
            end = now + draw(st.integers(10, 3_000))
            words.append(make_word(text, now, end))
            now = end + draw(st.integers(0, 4_000))
        lines.append(make_line(" ".join(texts), words[0].start_ms, words[-1].end_ms, *words))
    return lines


@given(lines_without_words())
def test_lrc_gives_the_same_lines_again(lines: list[Line]) -> None:
    song = make_song(*lines, duration_ms=Ms(7_300_000))

    again = read_lyrics(LrcWriter().render(song).decode())

    assert isinstance(again, Lyrics)
    assert [(line.text, line.start_ms) for line in again.lines] == [
        (line.text, rounded(line.start_ms)) for line in lines
    ]
    assert (again.title, again.artist, again.language) == ("Čežnja", "Đorđe Šuć", "hr")


@given(lines_with_words())
def test_enhanced_lrc_gives_the_same_words_again(lines: list[Line]) -> None:
    again = read_lyrics(EnhancedLrcWriter().render(make_song(*lines)).decode())

    assert isinstance(again, Lyrics)
    assert [line.text for line in again.lines] == [line.text for line in lines]
    for line, original in zip(again.lines, lines, strict=True):
        assert [(word.text, word.start_ms) for word in line.words] == [
            (word.text, rounded(word.start_ms)) for word in original.words
        ]
        assert all(
            0 <= word.end_ms - rounded(before.end_ms) <= 210
            for word, before in zip(line.words, original.words, strict=True)
        )
        assert (line.start_ms, line.end_ms) == (rounded(original.start_ms), rounded(original.end_ms))


@given(lines_with_words())
def test_a_second_round_changes_nothing(lines: list[Line]) -> None:
    once = EnhancedLrcWriter().render(make_song(*lines))
    lyrics = read_lyrics(once.decode())

    assert isinstance(lyrics, Lyrics)
    assert EnhancedLrcWriter().render(make_song(*lyrics.lines)) == once


def test_a_lyric_that_looks_like_a_time_looks_the_same_to_people_and_is_no_time() -> None:
    song = make_song(make_line("[00:09.00]la <00:10.00> lo", 1000, 2000))

    written = LrcWriter().render(song).decode()

    assert "[00:01.00][\u206000:09.00]la <\u206000:10.00> lo\n" in written
    assert read_lyrics(written) == Lyrics(
        lines=(make_line("[00:09.00]la <00:10.00> lo", 1000, 2000),), title="Čežnja", artist="Đorđe Šuć", language="hr"
    )
