"""Enhanced LRC (A2): LRC with ``<mm:ss.xx>`` before each word and one after the last.

Players that know line times only skip the word tags. A line without word times is written as in plain LRC.
"""

from itertools import pairwise
from typing import ClassVar

from music_separator.domain.lyrics import Line
from music_separator.domain.units import Ms
from music_separator.karaoke.cells import cells
from music_separator.karaoke.lrc_gaps import rest_after
from music_separator.karaoke.lrc_header import lrc_header
from music_separator.karaoke.lrc_syntax import format_time, shield
from music_separator.karaoke.song import KaraokeSong

PAUSE_MS = Ms(200)
"""A longer pause between two words gets a tag of its own; a shorter one is not seen, and the file stays readable."""


class EnhancedLrcWriter:
    """LRC with a time for each word that has one."""

    suffix: ClassVar[str] = "_karaoke.enhanced.lrc"
    media_type: ClassVar[str] = "text/plain; charset=utf-8"

    def render(self, song: KaraokeSong) -> bytes:
        """Write header, blank line, lines."""
        rows = [*lrc_header(song), ""]
        for line, rest_ms in zip(song.lyrics.lines, rest_after(song.lyrics.lines), strict=True):
            rows.append(f"[{format_time(line.start_ms)}]{_body(line)}")
            if rest_ms is not None:
                rows.append(f"[{format_time(rest_ms)}]")
        return ("\n".join(rows) + "\n").encode()


def _body(line: Line) -> str:
    if not line.words:
        return shield(line.text)
    pieces = []
    for word, cell in zip(line.words, cells(line), strict=True):
        pieces.append((f"<{format_time(word.start_ms)}>", cell))
    following = [after.start_ms for _, after in pairwise(line.words)]
    text = ""
    for (tag, cell), word, next_start_ms in zip(pieces, line.words, [*following, None], strict=True):
        sung, space = cell.rstrip(), cell[len(cell.rstrip()) :]
        paused = next_start_ms is None or next_start_ms - word.end_ms > PAUSE_MS
        text += tag + shield(sung) + (f"<{format_time(word.end_ms)}>" if paused else "") + (" " if space else "")
    return text.rstrip()
