"""The lines that changed among those that did not: only they are put on the voice, between the times of the others."""

from dataclasses import dataclass, field

from music_separator.domain.caution import Caution
from music_separator.domain.errors import WrongLyricsTimes
from music_separator.domain.lyrics import Lyrics, LyricsText, PartlyTimed
from music_separator.domain.units import Ms
from music_separator.engines.alignment.watch import Watch
from music_separator.karaoke.kept_times import Merged
from music_separator.pipeline.stages.gaps import AlignPassage, fill_gaps


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Lyrics, and what they were made of: the lines that kept their times are those of ``merged``.

    ``worded`` lines had times and have got words; ``cautions`` say what a person should know of how that went.
    """

    lyrics: Lyrics
    merged: Merged
    worded: int = 0
    cautions: tuple[Caution, ...] = ()

    @property
    def count(self) -> int:
        """How many lines were put on the voice."""
        lines = self.merged.given.lines
        return sum(isinstance(line, str) and place not in self.merged.kept for place, line in enumerate(lines))


def align_changed(merged: Merged, duration_ms: Ms, align: AlignPassage, watch: Watch) -> Aligned:
    """Give every line a time; lines that are kept have the very times that they had.

    Where a changed line has no room between kept ones, the kept ones beside it are aligned with it: one on each side,
    then two, four and so on. Raises WrongLyricsTimes where lines that a person timed leave no room, and what ``align``
    raises for plain words.
    """
    once = _Once(align)
    reach = 1
    while True:
        lyrics = merged.lyrics
        match lyrics:
            case Lyrics():
                return Aligned(lyrics=lyrics, merged=merged)
            case LyricsText():
                return Aligned(lyrics=align(lyrics, Ms(0), duration_ms, watch), merged=merged)
        try:
            return Aligned(lyrics=fill_gaps(lyrics, duration_ms, once.align, watch), merged=merged)
        except WrongLyricsTimes as error:
            beside = _kept_beside(merged, lyrics, error.line - 1, reach)
            if not beside:
                raise
            merged, reach = merged.without(beside), 2 * reach


def _kept_beside(merged: Merged, lyrics: PartlyTimed, place: int, reach: int) -> set[int]:
    """Name up to ``reach`` kept lines on each side of the passage without times that begins at ``place``."""
    end = place
    while end < len(lyrics.lines) and isinstance(lyrics.lines[end], str):
        end += 1
    before = _run(merged, range(place - 1, -1, -1), reach)
    return before | _run(merged, range(end, len(lyrics.lines)), reach)


def _run(merged: Merged, places: range, reach: int) -> set[int]:
    found: set[int] = set()
    for place in places[:reach]:
        if place not in merged.kept:
            break
        found.add(place)
    return found


@dataclass(frozen=True)
class _Once:
    """Aligns no passage twice."""

    align_passage: AlignPassage
    found: dict[tuple[tuple[str, ...], Ms, Ms], Lyrics] = field(default_factory=dict)

    def align(self, text: LyricsText, start_ms: Ms, end_ms: Ms, watch: Watch) -> Lyrics:
        """Align a passage, or give what was found before."""
        key = (text.lines, start_ms, end_ms)
        if key not in self.found:
            self.found[key] = self.align_passage(text, start_ms, end_ms, watch)
        return self.found[key]
