"""Enhanced LRC (A2): LRC with ``<mm:ss.xx>`` before each word and one after the last.

Players that know line times only skip the word tags. A line without word times is written as in plain LRC.
"""

from typing import ClassVar

from music_separator.domain.lyrics import Line
from music_separator.domain.units import Ms
from music_separator.karaoke.cells import cells
from music_separator.karaoke.lrc_gaps import rest_after
from music_separator.karaoke.lrc_header import lrc_header
from music_separator.karaoke.lrc_syntax import format_time, rounded, shield
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
        for line, rest_ms in zip(song.sung, rest_after(song.sung), strict=True):
            rows.append(f"[{format_time(line.start_ms)}]{_body(line)}")
            if rest_ms is not None:
                rows.append(f"[{format_time(rest_ms)}]")
        return ("\n".join(rows) + "\n").encode()


def _body(line: Line) -> str:
    if not line.words:
        return shield(line.text)
    parts = []
    for word, following, cell in zip(line.words, [*line.words[1:], None], cells(line), strict=True):
        is_paused = following is None or rounded(following.start_ms) - rounded(word.end_ms) > PAUSE_MS
        end_tag = f"<{format_time(word.end_ms)}>" if is_paused else ""
        space = " " if cell != cell.rstrip() else ""
        parts.append(f"<{format_time(word.start_ms)}>{shield(cell)}{end_tag}{space}")
    return "".join(parts).rstrip()
