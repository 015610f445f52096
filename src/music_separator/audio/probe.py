"""A quick look at a file: what it is, how long, what it says about itself. Nothing is decoded."""

from pathlib import Path

from music_separator.audio import sandbox
from music_separator.audio.media import MediaInfo, MediaLimits, Tags
from music_separator.domain.errors import EmptyFile, FileTooLarge


def probe(path: Path, limits: MediaLimits) -> MediaInfo:
    """Look at ``path`` in a child process.

    Raises EmptyFile, FileTooLarge, NotAudio, NoSound, AudioTooLong; DecodingLimit where the look itself had to be
    stopped; OSError where the file cannot be read.
    """
    size = path.stat().st_size
    if size == 0:
        raise EmptyFile
    if size > limits.max_bytes:
        raise FileTooLarge(limits.max_bytes)
    found = sandbox.run(sandbox.MediaTask(name="probe", source=path, limits=limits))
    try:
        tags = found["tags"]
        return MediaInfo(**{**found, "tags": Tags(**{**tags, "other_lyrics": tuple(tags["other_lyrics"])})})
    except (KeyError, TypeError, ValueError):
        raise sandbox.nonsense() from None
