"""A song that is ready to be written: who sings what, and when. Times in milliseconds."""

from dataclasses import dataclass

from music_separator.domain.lyrics import Line, Lyrics
from music_separator.domain.units import Ms

LRC_SUFFIX = "_karaoke.lrc"
AUDIO_SUFFIX = "_karaoke.mp3"
TIMED_LYRICS = "timed_lyrics"
"""Name of the result that holds the lines as given, before layout, with their times."""


@dataclass(frozen=True, kw_only=True)
class KaraokeSong:
    """What every writer gets.

    ``file_id`` is the stem of all file names. ``language`` is ISO 639-1 (``hr``), None where nobody knows.
    ``lyrics`` are already laid out: each Line is shown as it is.
    """

    file_id: str
    title: str
    artist: str | None
    language: str | None
    duration_ms: Ms
    lyrics: Lyrics

    @property
    def sung(self) -> tuple[Line, ...]:
        """The lines to be shown in time: those that were found in the singing."""
        return tuple(line for line in self.lyrics.lines if line.found)

    def __post_init__(self) -> None:
        if not self.file_id or not self.title.strip():
            raise ValueError("a karaoke song needs a file id and a title")
        if self.duration_ms < 0:
            raise ValueError(f"a song cannot last {self.duration_ms} ms")
