"""Which words won, as a finished transcription noted it: their source, who made them, and what its last event says."""

from collections.abc import Mapping
from dataclasses import dataclass

from music_separator.domain.kept_lyrics import LyricsSource

_DETAILS = {
    LyricsSource.EDITED: "lyrics_given",
    LyricsSource.GIVEN: "lyrics_given",
    LyricsSource.TIMED_TAGS: "lyrics_from_tags",
    LyricsSource.TAGS: "lyrics_from_tags",
    LyricsSource.LOOKUP: "lyrics_from_lookup",
    LyricsSource.TRANSCRIBER: "lyrics_from_transcriber",
}


@dataclass(frozen=True, kw_only=True)
class Winner:
    """Where the words come from. ``made_by`` is the transcriber, or the place that was asked."""

    source: LyricsSource
    made_by: str | None = None

    @property
    def detail(self) -> str:
        """What events say machine-readably."""
        return _DETAILS[self.source]


def winner_of(facts: Mapping[str, object]) -> Winner:
    """Read the facts of a transcription: ``source`` is a LyricsSource, or the name of a transcriber."""
    name = str(facts["source"])
    try:
        source = LyricsSource(name)
    except ValueError:
        return Winner(source=LyricsSource.TRANSCRIBER, made_by=name)
    made_by = facts.get("made_by")
    return Winner(source=source, made_by=None if made_by is None else str(made_by))
