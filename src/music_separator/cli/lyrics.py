"""Lyrics for a command: the file that was named, ``-`` for what is piped in, or a file beside the song."""

import sys
from pathlib import Path

from music_separator.domain.errors import NoSuchFile, UnreadableLyrics

SIDECARS = (".lrc", ".txt")
PIPED = Path("-")


def lyrics_for(song: Path, given: Path | None) -> str | None:
    """Read the lyrics that were named, or a file beside the song with its name; None where there is neither."""
    if given is not None:
        return read_given(given)
    beside = next((path for suffix in SIDECARS if (path := song.with_suffix(suffix)).is_file()), None)
    return None if beside is None else read_given(beside)


def read_given(given: Path) -> str:
    """Read a lyrics file, or standard input. Raises NoSuchFile, UnreadableLyrics."""
    from music_separator.karaoke.readers import MAX_SIZE, decode_text

    if given == PIPED:
        return decode_text(sys.stdin.buffer.read(MAX_SIZE + 1))
    if not given.is_file():
        raise NoSuchFile(str(given))
    try:
        with given.open("rb") as file:
            return decode_text(file.read(MAX_SIZE + 1))
    except OSError as error:
        raise UnreadableLyrics(f"{given}: {error.strerror}") from error
