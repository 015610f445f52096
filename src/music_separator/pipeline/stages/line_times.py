"""Words for lines that came with their times only: looked for near those times, and kept within them."""

from dataclasses import replace

from music_separator.domain.lyrics import Line, Lyrics, LyricsText, Word
from music_separator.domain.units import Ms


def lacks_words(given: Lyrics) -> bool:
    """Tell whether only the lines have times, as in LRC and SRT."""
    return not any(line.words for line in given.lines)


def text_of(given: Lyrics) -> LyricsText:
    """Give the lines without their times."""
    lines = tuple(line.text for line in given.lines)
    return LyricsText(lines=lines, language=given.language, title=given.title, artist=given.artist)


def with_words(given: Lyrics, found: Lyrics) -> Lyrics:
    """Give the lines with the times that they had, and the words ``found`` for them, none outside of its line."""
    lines = tuple(_with_words(line, sung) for line, sung in zip(given.lines, found.lines, strict=True))
    return replace(given, lines=lines, language=given.language or found.language)


def _with_words(line: Line, sung: Line) -> Line:
    def within(time_ms: Ms) -> Ms:
        return min(max(time_ms, line.start_ms), line.end_ms)

    def moved(word: Word) -> Word:
        return replace(word, start_ms=within(word.start_ms), end_ms=within(word.end_ms))

    return replace(line, words=tuple(map(moved, sung.words))) if sung.found else line
