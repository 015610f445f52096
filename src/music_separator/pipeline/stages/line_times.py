"""Words for lines that came with times and without words (LRC, SRT): looked for near those times, kept within them.

The times of the lines are somebody's and stay as they are; so do words that came with times.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import AlignmentUnavailable, EmptyLyrics, LyricsTooLong, NoVoice
from music_separator.domain.lyrics import Line, Lyrics, LyricsText, Word
from music_separator.domain.units import Ms
from music_separator.engines.alignment.anchors import Anchors
from music_separator.engines.alignment.language import guessed
from music_separator.engines.alignment.watch import Watch
from music_separator.pipeline.doubt import are_foreign

MARGIN_MS = 2_000
"""Before the first and after the last line that is looked for: people tap late, and last notes are held."""
LATE_MS = 750
"""A word may be heard so far from its line and still be of it: people who tap along are late."""
MISFIT_MESSAGE = (
    "The words hardly fit the voice at the times of their lines, which are kept as they are: words or times may belong "
    "to another song. Check them and send them again."
)

AlignAnchored = Callable[[LyricsText, Ms, Ms, Watch, Anchors], Lyrics]
"""Puts words on the voice from and to a time, near anchors; all times but these two count from the first."""


@dataclass(frozen=True, kw_only=True)
class Worded:
    """Lyrics, how many lines have got words, and what there is to say about those that have not."""

    lyrics: Lyrics
    count: int = 0
    caution: Caution | None = None


def wordless(lines: tuple[Line | str, ...], duration_ms: Ms) -> tuple[int, ...]:
    """Name the lines that have times within the song and no words."""
    return tuple(
        place
        for place, line in enumerate(lines)
        if isinstance(line, Line) and line.found and not line.words and line.start_ms < duration_ms
    )


def add_words(lyrics: Lyrics, duration_ms: Ms, align: AlignAnchored, watch: Watch) -> Worded:
    """Find the words that are missing, in one passage that has them all. As given, where the voice has none."""
    places = wordless(lyrics.lines, duration_ms)
    if not places:
        return Worded(lyrics=lyrics)
    lines = lyrics.lines[places[0] : places[-1] + 1]
    start_ms = Ms(max(0, lines[0].start_ms - MARGIN_MS))
    end_ms = Ms(min(duration_ms, max(line.end_ms for line in lines) + MARGIN_MS))
    language = lyrics.language or guessed(lyrics.text)
    text = LyricsText(lines=tuple(line.text for line in lines), language=language)
    anchors = tuple(Ms(line.start_ms - start_ms) if line.found else None for line in lines)
    try:
        found = align(text, start_ms, end_ms, watch, anchors)
    except EmptyLyrics:
        return Worded(lyrics=lyrics)
    except (AlignmentUnavailable, LyricsTooLong, NoVoice) as error:
        return Worded(lyrics=lyrics, caution=Caution(code=CautionCode.LINE_TIMES_ONLY, message=_why(error)))
    sung = {place: _later(found.lines[place - places[0]], start_ms) for place in places}
    worded = {place: with_words(lyrics.lines[place], line) for place, line in sung.items()}
    if _misfit(sung.values(), worded.values()):
        return Worded(lyrics=lyrics, caution=Caution(code=CautionCode.FOREIGN_LYRICS, message=MISFIT_MESSAGE))
    made = tuple(worded.get(place, line) for place, line in enumerate(lyrics.lines))
    count = sum(bool(line.words) for line in worded.values())
    return Worded(lyrics=replace(lyrics, lines=made, language=language), count=count)


def with_words(line: Line, sung: Line) -> Line:
    """Give a line the words found for it, none outside of it; none at all where most were heard elsewhere."""
    elsewhere = sum(not line.start_ms - LATE_MS <= word.start_ms <= line.end_ms + LATE_MS for word in sung.words)
    if not sung.found or 2 * elsewhere > len(sung.words):
        return line

    def within(time_ms: Ms) -> Ms:
        return min(max(time_ms, line.start_ms), line.end_ms)

    def moved(word: Word) -> Word:
        return replace(word, start_ms=within(word.start_ms), end_ms=within(word.end_ms))

    return replace(line, words=tuple(map(moved, sung.words)))


def _later(line: Line, by_ms: Ms) -> Line:
    words = tuple(
        replace(word, start_ms=Ms(word.start_ms + by_ms), end_ms=Ms(word.end_ms + by_ms)) for word in line.words
    )
    return replace(line, start_ms=Ms(line.start_ms + by_ms), end_ms=Ms(line.end_ms + by_ms), words=words)


def _misfit(sung: Iterable[Line], worded: Iterable[Line]) -> bool:
    """Tell whether words or times are of another recording; words heard outside of their lines count nothing."""
    words = sum(len(line.words) for line in sung)
    fitting = sum(word.confidence for line in worded for word in line.words)
    return are_foreign(words, fitting)


def _why(error: AlignmentUnavailable | LyricsTooLong | NoVoice) -> str:
    match error:
        case NoVoice():
            reason = "no voice was found in the song"
        case LyricsTooLong():
            reason = "they are more than can be sung in that time"
        case AlignmentUnavailable():
            reason = error.reason
    return f"The lines keep their times, and their words have none: {reason}."
