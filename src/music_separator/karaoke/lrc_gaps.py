"""Where an LRC file needs an empty timed line: the only way the format has to say that nothing is sung."""

from music_separator.domain.lyrics import Line
from music_separator.domain.units import Ms
from music_separator.karaoke.lrc_syntax import rounded

GAP_MS = Ms(5_000)
"""A shorter rest leaves the sung line on the screen: clearing it for a moment makes the eye jump."""


def rest_after(lines: tuple[Line, ...]) -> tuple[Ms | None, ...]:
    """Say for each line when its rest begins, None where the next line follows within ``GAP_MS``.

    The last line always has one. Lines that sound together (a duet) rest when the longest of them has ended.
    """
    rests: list[Ms | None] = []
    sung_until = Ms(0)
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        sung_until = max(sung_until, line.end_ms)
        is_rest = following is None or rounded(following.start_ms) - rounded(sung_until) > GAP_MS
        rests.append(sung_until if is_rest else None)
    return tuple(rests)
