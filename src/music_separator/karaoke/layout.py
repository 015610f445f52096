"""Lyrics to displayed lines: a line too long for the screen becomes several. Pure; no time is invented."""

import unicodedata
from itertools import pairwise

from music_separator.domain.lyrics import Line, Lyrics
from music_separator.domain.units import Ms
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
    borders = _borders(pieces)
    rows = []
    for first, end in pairwise(borders):
        words = line.words[first:end]
        start_ms = words[0].start_ms if first else line.start_ms
        end_ms = max(start_ms, *(word.end_ms for word in words), line.end_ms if end == len(pieces) else 0)
        text = "".join(pieces[first:end]).strip()
        rows.append(Line(text=text, start_ms=start_ms, end_ms=Ms(end_ms), words=words, found=line.found))
    return rows


def _borders(pieces: tuple[str, ...]) -> list[int]:
    """Choose where rows begin and end, so that the sum of the squares of the room left over is least.

    A piece wider than a row has a row of its own.
    """
    # At least one column each, so that a row has an end even for pieces of combining marks only.
    widths = [max(1, columns(piece)) for piece in pieces]
    bare_widths = [max(1, columns(piece.rstrip())) for piece in pieces]
    best: list[tuple[int, int]] = [(0, 0)]
    for end in range(1, len(pieces) + 1):
        width = bare_widths[end - 1]
        choices = [(best[end - 1][0] + _spare(width), end - 1)]
        for first in range(end - 2, -1, -1):
            width += widths[first]
            if width > MAX_COLUMNS:
                break
            choices.append((best[first][0] + _spare(width), first))
        best.append(min(choices))
    borders = [len(pieces)]
    while borders[-1]:
        borders.append(best[borders[-1]][1])
    return borders[::-1]


def _spare(width: int) -> int:
    return max(0, MAX_COLUMNS - width) ** 2
