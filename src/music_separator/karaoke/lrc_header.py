"""The head of an LRC file: ``[ti:] [ar:] [la:] [length:] [by:]``, a line each."""

from music_separator.karaoke.lrc_syntax import one_line
from music_separator.karaoke.song import KaraokeSong

MADE_BY = "AI Music Separator"


def lrc_header(song: KaraokeSong) -> list[str]:
    """Write what is known about the song; what is not known has no line."""
    seconds = round(song.duration_ms / 1000)
    tags = {
        "ti": song.title,
        "ar": song.artist,
        "la": song.language,
        "length": f"{seconds // 60:02d}:{seconds % 60:02d}",
        "by": MADE_BY,
    }
    return [f"[{key}:{one_line(value)}]" for key, value in tags.items() if value and value.strip()]
