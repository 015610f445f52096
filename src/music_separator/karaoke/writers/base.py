"""What a writer is: one downloadable text format of a KaraokeSong."""

from typing import ClassVar, Protocol

from music_separator.karaoke.song import KaraokeSong


class Writer(Protocol):
    """Turns a song into the bytes of one file, the same bytes for the same song."""

    suffix: ClassVar[str]
    """What follows the file id in the file's name, e.g. ``_karaoke.lrc``."""

    media_type: ClassVar[str]

    def render(self, song: KaraokeSong) -> bytes:
        """Write the whole file, UTF-8."""
        ...
