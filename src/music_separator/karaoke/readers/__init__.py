"""Lyrics in: bytes to text (``decode_text``), text to timed or plain lyrics (``read_lyrics``)."""

from music_separator.karaoke.readers.reading import read_lyrics
from music_separator.karaoke.readers.text import MAX_SIZE, decode_text

__all__ = ["MAX_SIZE", "decode_text", "read_lyrics"]
