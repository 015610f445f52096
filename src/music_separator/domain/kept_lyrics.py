"""The words of a song as they came in, each version with its number and where it came from; one of them is sung."""

from dataclasses import dataclass
from enum import StrEnum


class LyricsSource(StrEnum):
    """Where words come from. What stands first wins over what stands after it, until a person chooses."""

    EDITED = "edited"
    """Saved by a person after there were words."""
    GIVEN = "given"
    TIMED_TAGS = "timed_tags"
    TAGS = "tags"
    LOOKUP = "lookup"
    TRANSCRIBER = "transcriber"


@dataclass(frozen=True, kw_only=True)
class LyricsOrigin:
    """Where the words in use come from, None while there are none, and how many versions there are."""

    source: LyricsSource | None
    made_by: str | None
    versions: int


@dataclass(frozen=True, kw_only=True)
class KnownTimes:
    """Times that lines had when other words were saved. They are of use with the same stems only."""

    lines: str
    """Timed JSON, each line with ``aligned``: whether the voice gave its times, and not a person."""
    separation: str
    """Digest of the stems that the lines were aligned to."""


@dataclass(frozen=True, kw_only=True)
class KeptLyrics:
    """One version. ``made_by`` names the transcriber or the place of a look-up; ``text`` is of any kind that is read.

    ``known`` are the times to keep for the lines that are the same.
    """

    number: int
    source: LyricsSource
    made_by: str | None
    text: str
    is_timed: bool
    in_use: bool
    known: KnownTimes | None
    created_at: str
