"""The karaoke formats, one file each. A new one is a class with the shape of ``base.Writer`` and a row here."""

from datetime import datetime

from music_separator.karaoke.writers.base import Writer
from music_separator.karaoke.writers.enhanced_lrc import EnhancedLrcWriter
from music_separator.karaoke.writers.lrc import LrcWriter
from music_separator.karaoke.writers.sync_json import SyncJsonWriter

__all__ = ["Writer", "all_writers"]


def all_writers(*, generated_at: datetime) -> tuple[Writer, ...]:
    """List every writer. ``generated_at`` (with a time zone) is what the files say about when they were made."""
    return (LrcWriter(), EnhancedLrcWriter(), SyncJsonWriter(generated_at=generated_at))
