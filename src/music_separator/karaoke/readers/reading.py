"""Text of any kind to lyrics: timed where at least one line of it has a time, plain else."""

from collections.abc import Sequence

from music_separator.domain.errors import EmptyLyrics
from music_separator.domain.lyrics import GivenLyrics, LyricsText
from music_separator.domain.units import Ms
from music_separator.karaoke.readers.lrc import language_of, read_metadata, read_timed
from music_separator.karaoke.readers.lrc_lines import ParsedLine, UntimedLine, parse_line
from music_separator.karaoke.readers.pasted import as_sung
from music_separator.karaoke.readers.subtitles import is_subtitles, read_subtitles
from music_separator.karaoke.readers.text import clean_text
from music_separator.karaoke.readers.timed_json import json_object, read_timed_json


def read_lyrics(text: str, duration_ms: Ms | None = None) -> GivenLyrics:
    """Read plain text, LRC, enhanced LRC, SRT, WebVTT or timed JSON. ``duration_ms`` is the song's, where it is known.

    Headings (``[Chorus]``, ``Verse 2:``) are left out, backing vocals in round brackets stay, and plain lines marked
    ``(2x)`` come twice. Raises EmptyLyrics where there is not a word, UnreadableLyrics for what is no text or another
    format, WrongLyricsTimes.
    """
    lyrics = _read(clean_text(text), duration_ms)
    if lyrics is None or not any(character.isalnum() for character in lyrics.text):
        raise EmptyLyrics
    return lyrics


def _read(text: str, duration_ms: Ms | None) -> GivenLyrics | None:
    found = json_object(text)
    if found is not None:
        return read_timed_json(found, duration_ms)
    if is_subtitles(text):
        return read_subtitles(text)
    parsed = [line for line in map(parse_line, text.split("\n")) if line is not None]
    return read_timed(parsed, duration_ms) or _plain(parsed)


def _plain(parsed: Sequence[ParsedLine]) -> LyricsText | None:
    untimed = (line.text for line in parsed if isinstance(line, UntimedLine))
    lines = tuple(sung for text in untimed for sung in as_sung(text))
    if not lines:
        return None
    metadata = read_metadata(parsed)
    return LyricsText(lines=lines, language=language_of(metadata), title=metadata.get("ti"), artist=metadata.get("ar"))
