"""Text of any kind to lyrics: timed where at least one line of it has a time, plain else."""

import re
from collections.abc import Sequence

from music_separator.domain.errors import EmptyLyrics, UnreadableLyrics
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.domain.units import Ms
from music_separator.karaoke.readers.lrc import language_of, read_metadata, read_timed
from music_separator.karaoke.readers.lrc_lines import ParsedLine, UntimedLine, parse_line
from music_separator.karaoke.readers.text import clean_text

_SUBTITLE_TIMES = re.compile(r"[0-9]{2}[.,][0-9]{3} --> [0-9]{2}:")


def read_lyrics(text: str, duration_ms: Ms | None = None) -> Lyrics | LyricsText:
    """Read plain text, LRC or enhanced LRC. ``duration_ms`` is the song's, where it is known.

    Headings in square brackets (``[Chorus]``) are left out, backing vocals in round ones stay. Raises EmptyLyrics
    where there is not a word, UnreadableLyrics for what is no text or another format.
    """
    text = clean_text(text)
    if _SUBTITLE_TIMES.search(text):
        raise UnreadableLyrics("these are subtitles (SRT or WebVTT), which are not read yet")
    parsed = [line for line in map(parse_line, text.split("\n")) if line is not None]
    lyrics = read_timed(parsed, duration_ms) or _plain(parsed)
    if lyrics is None or not any(character.isalnum() for character in lyrics.text):
        raise EmptyLyrics
    return lyrics


def _plain(parsed: Sequence[ParsedLine]) -> LyricsText | None:
    lines = tuple(line.text for line in parsed if isinstance(line, UntimedLine))
    if not lines:
        return None
    metadata = read_metadata(parsed)
    return LyricsText(lines=lines, language=language_of(metadata), title=metadata.get("ti"), artist=metadata.get("ar"))
