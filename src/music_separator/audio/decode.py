"""Any audio or video file to the working file: 44.1 kHz stereo float32 (pcm.py), with what was seen on the way."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from music_separator.audio import sandbox
from music_separator.audio.media import DecodedAudio, MediaLimits
from music_separator.audio.pcm import BYTES_PER_SAMPLE
from music_separator.domain.caution import Caution


def decode(
    source: Path,
    target: Path,
    limits: MediaLimits,
    on_progress: Callable[[float, float | None], None] = lambda decoded_s, declared_s: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> DecodedAudio:
    """Decode ``source`` in a child process; ``target`` appears whole or not at all.

    ``on_progress`` gets seconds decoded and seconds declared (None where the file does not say), about ten times a
    second. Raises EmptyFile, FileTooLarge, NotAudio, NoSound, AudioTooLong, AudioTooShort, SilentAudio, DecodingLimit
    for time, memory, output and crashes, Cancelled, OSError for the disk.
    """
    partial = target.with_name(target.name + ".partial")
    partial.touch()  # inside the sandbox only this one file can be written
    try:
        found = sandbox.run(
            sandbox.MediaTask(name="decode", source=source, target=partial, limits=limits),
            on_progress=on_progress,
            should_stop=should_stop,
        )
        audio = _checked(found, partial)
        os.replace(partial, target)  # noqa: PTH105
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
    return audio


def _checked(found: sandbox.Reply, written: Path) -> DecodedAudio:
    """Rebuild the child's answer, and believe it only where the file it wrote agrees."""
    try:
        audio = DecodedAudio(**{**found, "warnings": tuple(map(Caution.stored, found["warnings"]))})
        agrees = written.stat().st_size == audio.samples * BYTES_PER_SAMPLE
    except (KeyError, TypeError, ValueError):
        agrees = False
    if not agrees:
        raise sandbox.nonsense()
    return audio
