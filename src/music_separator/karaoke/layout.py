"""Lyrics to displayed lines: a line too long for the screen becomes several. Pure; no time is invented."""

import unicodedata
from itertools import pairwise

from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.karaoke.cells import cells

MAX_COLUMNS = 42
"""Widest displayed line in columns, the limit of subtitle guides; a wide character (kanji, emoji) takes two."""


def lay_out(lyrics: Lyrics) -> Lyrics:
    """Split the lines that are wider than ``MAX_COLUMNS`` at word borders, the rows of a line about equally long.

    A line without word times stays as it is: nobody knows when its second half begins. Nothing is merged.
    """
    rows = [row for line in lyrics.lines for row in _rows(line)]
    # A row of a split line may begin after the next line has begun (two voices).
    rows.sort(key=lambda row: row.start_ms)
    return Lyrics(lines=tuple(rows), language=lyrics.language, title=lyrics.title, artist=lyrics.artist)


def columns(text: str) -> int:
    """Measure text in screen columns: combining marks take none, wide characters two."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _rows(line: Line) -> list[Line]:
    if not line.words or columns(line.text) <= MAX_COLUMNS:
        return [line]
    pieces = cells(line)
    borders = [0, *_breaks([columns(piece) for piece in pieces]), len(pieces)]
    rows = []
    for first, end in pairwise(borders):
        rows.append(_row(line, line.words[first:end], "".join(pieces[first:end]).strip()))
    return [
        Line(
            text=row.text,
            start_ms=line.start_ms if row is rows[0] else row.start_ms,
            end_ms=max(row.end_ms, line.end_ms) if row is rows[-1] else row.end_ms,
            words=row.words,
        )
        for row in rows
    ]


def _row(line: Line, words: tuple[Word, ...], text: str) -> Line:
    return Line(text=text, start_ms=words[0].start_ms, end_ms=max(word.end_ms for word in words), words=words)


def _breaks(widths: list[int]) -> list[int]:
    """Choose where rows begin, so that the sum of the squares of the room left over is least.

    A piece wider than a row has a row of its own. Time grows with the number of pieces times those that fit a row.
    """
    best: list[tuple[int, int]] = [(0, 0)]
    for end in range(1, len(widths) + 1):
        choices = []
        width = 0
        for first in range(end - 1, -1, -1):
            width += widths[first]
            if width > MAX_COLUMNS + 1 and first < end - 1:
                break
            spare = max(0, MAX_COLUMNS - width)
            choices.append((best[first][0] + spare * spare, first))
        best.append(min(choices))
    breaks, position = [], len(widths)
    while position:
        position = best[position][1]
        breaks.append(position)
    return sorted(breaks)[1:]
