"""LRC: ``[mm:ss.xx]text``, a line each, with an empty timed line where the singing rests."""

from typing import ClassVar

from music_separator.karaoke.lrc_gaps import rest_after
from music_separator.karaoke.lrc_header import lrc_header
from music_separator.karaoke.lrc_syntax import format_time, shield
from music_separator.karaoke.song import LRC_SUFFIX, KaraokeSong


class LrcWriter:
    """The format every player reads: line times only."""

    suffix: ClassVar[str] = LRC_SUFFIX
    media_type: ClassVar[str] = "text/plain; charset=utf-8"

    def render(self, song: KaraokeSong) -> bytes:
        """Write header, blank line, lines."""
        rows = [*lrc_header(song), ""]
        for line, rest_ms in zip(song.sung, rest_after(song.sung), strict=True):
            rows.append(f"[{format_time(line.start_ms)}]{shield(line.text)}")
            if rest_ms is not None:
                rows.append(f"[{format_time(rest_ms)}]")
        return ("\n".join(rows) + "\n").encode()
