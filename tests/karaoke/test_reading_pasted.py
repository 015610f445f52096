"""Plain lyrics as people paste them."""

import pytest

from music_separator.domain.lyrics import LyricsText
from music_separator.karaoke.readers import read_lyrics


@pytest.mark.parametrize("mark", ["(2x)", "(x2)", "[x2]", "[2x]", "x2", "2x", "( 2 x )", "×2", "(X2)"])
def test_a_line_marked_as_sung_twice_comes_twice(mark: str) -> None:
    assert read_lyrics(f"La la la {mark}\nlo").text.split("\n") == ["La la la", "La la la", "lo"]


@pytest.mark.parametrize("line", ["Route 66x2y", "la (2 times)", "x2y", "Malcolm X", "the 2x4", "(x12)"])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert read_lyrics(f"{line}\nlo").text.split("\n") == [line, "lo"]


@pytest.mark.parametrize(
    "heading", ["[Chorus]", "[Verse 2: Somebody]", "Chorus:", "Verse 2", "Verse 2:", "Estribillo:"]
)
def test_headings_are_not_sung(heading: str) -> None:
    given = read_lyrics(f"{heading}\nla la\n\n{heading}\nlo")
    assert isinstance(given, LyricsText)
    assert given.lines == ("la la", "lo")


@pytest.mark.parametrize("line", ["Bridge over water", "Solo", "Chorus of angels", "(ooh, ooh)"])
def test_what_could_be_sung_is_no_heading(line: str) -> None:
    assert read_lyrics(f"{line}\nlo").text.split("\n")[0] == line
