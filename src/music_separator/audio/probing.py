"""The quick look itself, as it runs inside the media child: open, read headers and tags, decode nothing."""

from dataclasses import replace
from pathlib import Path

from music_separator.audio.container import open_audio
from music_separator.audio.media import MediaInfo, MediaLimits
from music_separator.audio.tags import read_tags


def look(path: Path, limits: MediaLimits) -> MediaInfo:
    """Describe the audio of ``path``. Raises EmptyFile, FileTooLarge, NotAudio, NoSound, AudioTooLong."""
    with open_audio(path, limits) as audio:
        metadata = {**audio.container.metadata, **audio.stream.metadata}
        tags = read_tags(path, metadata, audio.stream.language)
        return replace(audio.info, tags=tags)
