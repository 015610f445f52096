"""Line times that came with looked-up words: of this song, perhaps of another recording. A hint, and no more.

The voice is asked first. Where it agrees with most of the times, lines that it puts elsewhere are looked for once more,
between their neighbours that agree; where it does not, the times are those of another recording and are left aside.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from music_separator.domain.errors import WrongLyricsTimes
from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.domain.units import Ms
from music_separator.engines.alignment.watch import Watch, part_of
from music_separator.karaoke.kept_times import KnownLine, Merged
from music_separator.pipeline.stages.changed_lines import Aligned

NEAR_MS = 1_500
"""How far a line may begin from its hint, once both are counted from the same moment; people type times by ear."""
LEAST_SHARE = 0.5
"""Of the lines: with fewer that agree, the hints are of another recording."""
FIRST = 0.7
"""Share of the work that listening to the whole song is."""

AlignMerged = Callable[[Merged, Watch], Aligned]


@dataclass(frozen=True, kw_only=True)
class Hinted:
    """Words to be put on the voice, and when each line begins as somebody else has it."""

    text: LyricsText
    starts: tuple[Ms, ...]

    @classmethod
    def of(cls, timed: Lyrics) -> "Hinted":
        """Take the times of lyrics for hints."""
        text = LyricsText(
            lines=tuple(line.text for line in timed.lines),
            language=timed.language,
            title=timed.title,
            artist=timed.artist,
        )
        return cls(text=text, starts=tuple(line.start_ms for line in timed.lines))


def align_hinted(merged: Merged, starts: Sequence[Ms], align: AlignMerged, watch: Watch) -> Aligned:
    """Give every line a time by the voice, with the help of the hints. Raises what ``align`` does the first time."""
    first = align(merged, part_of(watch, 0, FIRST))
    agreed = agreeing(first.lyrics, starts)
    if len(agreed) == len(starts) or len(agreed) < LEAST_SHARE * len(starts):
        return first
    kept = {place: KnownLine(line=first.lyrics.lines[place], aligned=True) for place in agreed}
    try:
        second = align(Merged(given=merged.given, kept=kept), part_of(watch, FIRST, 1))
    except WrongLyricsTimes:
        return first
    return Aligned(lyrics=second.lyrics, merged=merged)


def agreeing(lyrics: Lyrics, starts: Sequence[Ms]) -> set[int]:
    """Name the lines that begin where their hint says, after what most of them are early or late by is taken off."""
    apart = {
        place: line.start_ms - start
        for place, (line, start) in enumerate(zip(lyrics.lines, starts, strict=True))
        if line.found
    }
    if not apart:
        return set()
    offset_ms = median(apart.values())
    return {place for place, each_ms in apart.items() if abs(each_ms - offset_ms) <= NEAR_MS}
